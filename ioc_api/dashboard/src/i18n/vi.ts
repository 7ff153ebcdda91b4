/** Vietnamese, the first language of this screen, by pages. Flat keys, one line each; tests/unit/test_translations.py reads them. */
import { alerts } from "./vi/alerts";
import { city } from "./vi/city";
import { handling } from "./vi/handling";
import { shell } from "./vi/shell";

export const vi = { ...shell, ...city, ...alerts, ...handling } as const;

export type Key = keyof typeof vi;
