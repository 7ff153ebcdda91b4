/** Vietnamese, the first language of this screen, by pages. Flat keys, one line each; tests/unit/test_translations.py reads them. */
import { access } from "./vi/access";
import { alerts } from "./vi/alerts";
import { audit } from "./vi/audit";
import { balance } from "./vi/balance";
import { boards } from "./vi/boards";
import { charts } from "./vi/charts";
import { city } from "./vi/city";
import { desk } from "./vi/desk";
import { directory } from "./vi/directory";
import { handling } from "./vi/handling";
import { handover } from "./vi/handover";
import { history } from "./vi/history";
import { people } from "./vi/people";
import { quality } from "./vi/quality";
import { quarantine } from "./vi/quarantine";
import { quiet } from "./vi/quiet";
import { replay } from "./vi/replay";
import { rule } from "./vi/rule";
import { rules } from "./vi/rules";
import { sensors } from "./vi/sensors";
import { services } from "./vi/services";
import { shell } from "./vi/shell";
import { trust } from "./vi/trust";
import { wall } from "./vi/wall";

export const vi = {
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
} as const;

export type Key = keyof typeof vi;
