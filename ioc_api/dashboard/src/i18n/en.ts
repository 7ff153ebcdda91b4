import { access } from "./en/access";
import { alerts } from "./en/alerts";
import { audit } from "./en/audit";
import { city } from "./en/city";
import { handling } from "./en/handling";
import { people } from "./en/people";
import { shell } from "./en/shell";
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
};
