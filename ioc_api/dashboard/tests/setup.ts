/** What the stores look at when they are loaded; tests run without a browser. */
const kept = new Map<string, string>();
Object.assign(globalThis, {
  location: { hash: "", pathname: "/", search: "" },
  document: { documentElement: { lang: "", dataset: {} } },
  localStorage: {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
  },
});
