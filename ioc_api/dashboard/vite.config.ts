import { defineConfig, loadEnv } from "vite";

/** Where `npm run dev` finds a running API; the built screen is served by the API itself. */
const api = loadEnv("development", ".", "IOC_").IOC_API ?? "http://127.0.0.1:8080";

export default defineConfig({
  // The automatic JSX runtime of preact; no plugin is needed for it.
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    // Nothing is inlined: the content security policy allows neither inline scripts nor data: fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // The map's worker is published as .mjs; some servers do not know that name as JavaScript.
        assetFileNames: (asset) =>
          (asset.names[0] ?? "").endsWith(".mjs")
            ? "assets/[name]-[hash].js"
            : "assets/[name]-[hash][extname]",
      },
    },
    // The map is one lazily loaded chunk of about a megabyte and that is known.
    chunkSizeWarningLimit: 1300,
  },
  server: { proxy: { "/api": { target: api, ws: true, changeOrigin: true } } },
});
