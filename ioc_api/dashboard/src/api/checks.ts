/**
 * What this screen takes for answers of the API, held against what the API says of itself (schema.d.ts, written by
 * `make types`): a field that is not there, or holds something else, is an error of the compiler that names it.
 * Nothing here is ever run.
 */
import type * as access from "./access";
import type * as alerts from "./alerts";
import type * as boards from "./boards";
import type * as desk from "./desk";
import type * as history from "./history";
import type * as quality from "./quality";
import type * as rules from "./rules";
import type { components } from "./schema";
import type * as sensors from "./sensors";
import type * as city from "./types";

type Told = components["schemas"];

/** The fields of ours that the API does not have, or has with other values. A text of ours may be one of a few. */
export type Wrong<Ours, Theirs> = {
  [K in keyof Ours]-?: K extends keyof Theirs
    ? Exclude<Theirs[K], undefined> extends Ours[K]
      ? never
      : Exclude<Ours[K], undefined> extends Theirs[K]
        ? never
        : K
    : K;
}[keyof Ours];

export type Right<None extends never> = None;

export type Checks = [
  Right<Wrong<city.Area, Told["AreaOut"]>>,
  Right<Wrong<city.Zone, Told["ZoneOut"]>>,
  Right<Wrong<city.Metric, Told["MetricOut"]>>,
  Right<Wrong<Omit<city.Domain, "metrics">, Told["DomainOut"]>>,
  Right<Wrong<city.Sensor, Told["SensorOut"]>>,
  Right<Wrong<Omit<city.Aggregate, "key">, Told["AggregateOut"]>>,
  Right<Wrong<Omit<alerts.Alert, "key">, Told["AlertOut"]>>,
  Right<Wrong<alerts.Flip, Told["FlipOut"]>>,
  Right<Wrong<alerts.Told, Told["AboutNotification"]>>,
  Right<Wrong<Omit<alerts.WholeAlert, "key" | "flips">, Told["WholeAlert"]>>,
  Right<Wrong<alerts.Muting, Told["MutingOut"]>>,
  Right<Wrong<Omit<alerts.WhyAlert, "rule">, Told["WhyAlert"]>>,
  Right<Wrong<Omit<alerts.WhyAlert["rule"], "condition">, Told["RuleThen"]>>,
  Right<Wrong<access.Grant, Told["GrantOut"]>>,
  Right<Wrong<access.Ways, Told["Ways"]>>,
  Right<Wrong<access.SignedIn, Told["SignedIn"]>>,
  Right<Wrong<access.Session, Told["SessionOut"]>>,
  Right<Wrong<access.Me, Told["MeOut"]>>,
  Right<Wrong<access.OwnSession, Told["SessionItem"]>>,
  Right<Wrong<Omit<access.Token, "token">, Told["TokenOut"]>>,
  Right<Wrong<access.Person, Told["PersonOut"]>>,
  Right<Wrong<access.Entry, Told["AuditOut"]>>,
  Right<Wrong<boards.IndexItem, Told["IndexItem"]>>,
  Right<Wrong<Omit<desk.Silence, "reach">, Told["SilenceOut"]>>,
  Right<Wrong<rules.Silence, Told["SilenceOut"]>>,
  Right<Wrong<rules.ListedRule, Told["ListedRule"]>>,
  Right<Wrong<rules.Finding, Told["FindingOut"]>>,
  Right<Wrong<rules.Department, Told["DepartmentOut"]>>,
  Right<Wrong<rules.Route, Told["RouteOut"]>>,
  Right<Wrong<rules.Channel, Told["ChannelOut"]>>,
  Right<Wrong<rules.Message, Told["NotificationOut"]>>,
  Right<Wrong<rules.Try, Told["TryOut"]>>,
  Right<Wrong<history.Series, Told["Series"]>>,
  Right<Wrong<quality.Sheet, Told["Sheet"]>>,
  Right<Wrong<quality.Minute, Told["Minute"]>>,
  Right<Wrong<quality.Quality, Told["QualityOut"]>>,
  Right<Wrong<quality.ZoneQuality, Told["ZoneQualityOut"]>>,
  Right<Wrong<sensors.Registered, Told["SensorOut"]>>,
  Right<Wrong<sensors.LastReading, Told["LastReading"]>>,
  Right<Wrong<sensors.LastOfSensor, Told["LastOfSensor"]>>,
  Right<Wrong<sensors.Credential, Told["CredentialOut"]>>,
  Right<Wrong<sensors.Credentials, Told["CredentialsOut"]>>,
  Right<Wrong<sensors.Issued, Told["IssuedOut"]>>,
  Right<Wrong<sensors.Imported, Told["Imported"]>>,
];
