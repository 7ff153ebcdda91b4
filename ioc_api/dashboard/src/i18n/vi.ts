/** Vietnamese, the first language of this screen, by pages. Flat keys, one line each; tests/unit/test_translations.py reads them. */
import { access } from "./vi/access";
import { alerts } from "./vi/alerts";
import { audit } from "./vi/audit";
import { city } from "./vi/city";
import { handling } from "./vi/handling";
import { people } from "./vi/people";
import { shell } from "./vi/shell";

export const vi = { ...shell, ...city, ...alerts, ...handling, ...access, ...people, ...audit } as const;

export type Key = keyof typeof vi;
