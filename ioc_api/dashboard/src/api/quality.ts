/** The balance sheet, trust in sensors and the services, as the API says them. */

export interface Sheet {
  messages: number;
  decoded: number;
  stored: number;
  duplicate: number;
  quarantined: number;
  replayed: number;
  limited: number;
  adds_up: boolean;
}

export interface Minute extends Sheet {
  minute: string;
}

export interface Balance {
  since: string | null;
  total: Sheet;
  adds_up: boolean;
  items: Minute[];
  next: string | null;
}

export type Verdict = "trusted" | "untrusted" | "unknown";

export interface Reason {
  code: string;
  vi: string;
  en: string;
  points: number;
  advice_vi: string;
  advice_en: string;
}

export interface Quality {
  sensor_id: string;
  name: string;
  area: string;
  zone: string | null;
  domain: string;
  place: string;
  verdict: Verdict;
  score: number | null;
  trusted: boolean;
  at: string;
  figures: { reports: number | null; due: number | null; completeness: number | null; lag_s: number | null };
  reasons: Reason[];
}

export interface ZoneQuality {
  area: string;
  zone: string | null;
  domain: string | null;
  sensors: number;
  trusted: number;
  untrusted: number;
  unknown: number;
  share_trusted: number | null;
  completeness: number | null;
  score: number | null;
  reasons: Record<string, number> | null;
  at: string | null;
  day: string | null;
}

export interface Service {
  key: string;
  state: string;
  [fact: string]: unknown;
}

export interface System {
  items: Service[];
  ingest_lag_s: number | null;
  source: string;
  sensors: Record<string, number>;
  server_time: string;
}
