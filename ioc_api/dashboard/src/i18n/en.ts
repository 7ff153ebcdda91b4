import { alerts } from "./en/alerts";
import { city } from "./en/city";
import { handling } from "./en/handling";
import { shell } from "./en/shell";
import type { Key } from "./vi";

/** English; the types make a missing or a surplus text an error. */
export const en: Readonly<Record<Key, string>> = { ...shell, ...city, ...alerts, ...handling };
