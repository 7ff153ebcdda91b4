import { signal } from "@preact/signals";

/** Counts the changes that were made on this page, so that the list is read again. */
export const registryChanged = signal(0);

export function tellChanged(): void {
  registryChanged.value += 1;
}
