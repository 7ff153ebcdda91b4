/** What a rule's form asks for: each field by its place in the JSON of a rule (docs/alerts/rules.md). */

type FieldKind =
  | "text"
  | "number"
  | "duration"
  | "choice"
  | "codes"
  | "flag"
  | "metric"
  | "index"
  | "pairs"
  | "day";

export interface FieldSpec {
  path: string;
  kind: FieldKind;
  /** what may be chosen; "" is: none of them */
  choices?: readonly string[];
  /** what stands there when nothing is given, as it is read */
  usual?: string | number;
  /** a number that JSON wants as a number though it is chosen from a list */
  numeric?: boolean;
}

const c = (name: string, kind: FieldKind, more: Omit<FieldSpec, "path" | "kind"> = {}): FieldSpec => ({
  path: `condition.${name}`,
  kind,
  ...more,
});

const LEVELS: readonly FieldSpec[] = [
  c("levels.above", "number"),
  c("levels.clear_above", "number"),
  c("levels.below", "number"),
  c("levels.clear_below", "number"),
  c("levels.inclusive", "flag"),
];

/** Every kind of condition that the engine knows, with its fields. */
export const CONDITIONS: Readonly<Record<string, readonly FieldSpec[]>> = {
  threshold: [c("metric", "metric"), ...LEVELS, c("channel", "text")],
  rate: [c("metric", "metric"), c("over_s", "duration"), ...LEVELS],
  absence: [
    c("state", "choice", { choices: ["offline", "late"], usual: "offline" }),
    c("at_least_s", "duration", { usual: 0 }),
  ],
  stuck: [c("metric", "metric"), c("span_s", "duration"), c("within", "number", { usual: 0 })],
  aggregate: [
    c("metric", "metric"),
    c("of", "choice", { choices: ["zone", "area"] }),
    c("window_s", "choice", { choices: ["60", "300", "900"], numeric: true }),
    c("figure", "choice", { choices: ["value", "mean", "min", "max", "sum"], usual: "value" }),
    ...LEVELS,
    c("quorum", "number", { usual: 0.5 }),
    c("sensors", "number", { usual: 1 }),
  ],
  index: [
    c("index", "index"),
    c("of", "choice", { choices: ["", "sensor", "zone", "area"] }),
    c("detail", "text"),
    c("only", "pairs"),
    ...LEVELS,
  ],
  schedule: [c("metric", "metric"), c("during", "text"), c("margin_s", "duration", { usual: 0 }), ...LEVELS],
  children: [c("rules", "codes"), ...LEVELS, c("at_least", "number", { usual: 5 })],
  composite: [
    c("of", "choice", { choices: ["sensor", "zone", "area"], usual: "sensor" }),
    c("all", "codes"),
    c("any", "codes"),
    c("none", "codes"),
    c("within_s", "duration", { usual: 0 }),
  ],
};

export const TYPES = Object.keys(CONDITIONS);
export const KINDS = [
  "congestion",
  "detector_fault",
  "air_quality",
  "industrial_emission",
  "noise",
  "lamp_fault",
  "power",
  "water_supply",
  "water_quality",
  "street_flooding",
  "river_flood",
  "sensor_offline",
  "security",
] as const;
/** Indices that rules may be about; the server knows of others as well, as those of attacks. */
export const INDICES = [
  "vn_aqi_hourly",
  "vn_aqi_daily",
  "air_exceedance",
  "noise_laeq",
  "los",
  "tti",
  "lamps_on",
  "lamps_faulty",
  "lamps_unreachable",
  "river_alarm",
] as const;

export const SCOPE: readonly FieldSpec[] = [
  "domain",
  "area",
  "zone",
  "sensor",
  "site",
  "site_kind",
  "tag",
].map((name) => ({ path: `scope.${name}`, kind: "codes" as const }));

export const HEAD: readonly FieldSpec[] = [
  { path: "code", kind: "text" },
  { path: "vi", kind: "text" },
  { path: "en", kind: "text" },
  { path: "kind", kind: "choice", choices: KINDS },
  { path: "severity", kind: "choice", choices: ["info", "warning", "major", "critical"] },
];

export const HOLDS: readonly FieldSpec[] = [
  { path: "for_s", kind: "duration", usual: 0 },
  { path: "clear_for_s", kind: "duration", usual: 0 },
  { path: "reopen_s", kind: "duration", usual: 1800 },
  { path: "late_s", kind: "duration", usual: 0 },
  { path: "retro_s", kind: "duration", usual: 900 },
  { path: "flapping.raises", kind: "number", usual: 4 },
  { path: "flapping.within_s", kind: "duration", usual: 1800 },
  { path: "flapping.steady_s", kind: "duration", usual: 900 },
  { path: "quality", kind: "codes", usual: "measuring" },
];

export const TELLING: readonly FieldSpec[] = [
  { path: "department", kind: "text" },
  { path: "legal_basis", kind: "text" },
  { path: "advice_vi", kind: "text" },
  { path: "advice_en", kind: "text" },
  { path: "valid_from", kind: "day" },
  { path: "valid_to", kind: "day" },
];

const COMMON = [...HEAD, ...SCOPE, ...HOLDS, ...TELLING, { path: "enabled", kind: "flag" } as FieldSpec];

/** All fields of a rule whose condition is of that kind. */
export function specsOf(type: string): readonly FieldSpec[] {
  return [...COMMON, ...(CONDITIONS[type] ?? [])];
}

/** Places of findings that stand beside a field. */
export const PLACED = [
  "code",
  "vi",
  "en",
  "kind",
  "severity",
  "condition",
  "scope",
  "for_s",
  "clear_for_s",
  "reopen_s",
  "late_s",
  "retro_s",
  "flapping",
  "quality",
  "department",
  "legal_basis",
  "advice_vi",
  "advice_en",
  "valid_from",
  "valid_to",
];
