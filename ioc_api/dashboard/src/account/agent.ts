/** Browsers by what they call themselves; the first that fits, since most name others too. */
const BROWSERS: readonly [RegExp, string][] = [
  [/CocCoc|coc_coc_browser/i, "Cốc Cốc"],
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/HeadlessChrome\/|Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux|X11/, "Linux"],
];

/** The browser and system of a User-Agent, as far as it can be told; empty: it cannot. */
export function browserOf(agent: string): string {
  const first = (known: readonly [RegExp, string][]): string =>
    known.find(([sign]) => sign.test(agent))?.[1] ?? "";
  return [first(BROWSERS), first(SYSTEMS)].filter((part) => part !== "").join(" · ");
}
