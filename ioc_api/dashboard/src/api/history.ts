/** What the API answers about history (`GET observations`), as far as this screen reads it. */

export interface Note {
  code: string;
  vi: string;
  en: string;
}

export interface Quality {
  measuring: number | null;
  calibrating: number | null;
  fault: number | null;
}

export interface Series {
  metric: string;
  unit: string;
  vi: string;
  en: string;
  aggregate: string;
  readings: number | null;
  expected_readings: number | null;
  complete: number | null;
  quality?: Quality | null;
  trusted?: boolean | null;
  left_out?: number | null;
  sensor_id?: string | null;
  channel?: string | null;
  area?: string | null;
  zone?: string | null;
  domain?: string | null;
  start?: string | null;
  step_s?: number | null;
  value?: (number | null)[] | null;
  min?: (number | null)[] | null;
  max?: (number | null)[] | null;
}

/** A reading, or a step of one series; steps have no quality. */
export interface Item {
  time: string;
  sensor_id?: string;
  area?: string;
  zone?: string | null;
  domain?: string;
  metric: string;
  channel?: string;
  value: number | null;
  quality?: string;
}

export interface Observations {
  items: Item[];
  next: string | null;
  series: Series[];
  from: string;
  to: string;
  /** null: readings as they came */
  step_s: number | null;
  source: string;
  made_from: string[];
  rolled_up_to: string | null;
  late: number;
  left_out: { from: string; to: string }[];
  notes: Note[];
}
