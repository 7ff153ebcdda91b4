import { access } from "./en/access";
import { alerts } from "./en/alerts";
import { audit } from "./en/audit";
import { balance } from "./en/balance";
import { boards } from "./en/boards";
import { charts } from "./en/charts";
import { city } from "./en/city";
import { desk } from "./en/desk";
import { directory } from "./en/directory";
import { handling } from "./en/handling";
import { handover } from "./en/handover";
import { history } from "./en/history";
import { people } from "./en/people";
import { quality } from "./en/quality";
import { quarantine } from "./en/quarantine";
import { quiet } from "./en/quiet";
import { replay } from "./en/replay";
import { rule } from "./en/rule";
import { rules } from "./en/rules";
import { sensors } from "./en/sensors";
import { services } from "./en/services";
import { shell } from "./en/shell";
import { trust } from "./en/trust";
import { wall } from "./en/wall";
import type { Key } from "./vi";

/** English; the types make a missing or a surplus text an error. */
export const en: Readonly<Record<Key, string>> = {
  ...shell,
  ...city,
  ...alerts,
  ...handling,
  ...access,
  ...people,
  ...audit,
  ...boards,
  ...desk,
  ...charts,
  ...history,
  ...replay,
  ...rules,
  ...quiet,
  ...directory,
  ...rule,
  ...sensors,
  ...quality,
  ...quarantine,
  ...balance,
  ...trust,
  ...services,
  ...handover,
  ...wall,
};
