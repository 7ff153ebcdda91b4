import type { Person } from "../api/access";
import { ApiError } from "../api/http";

/** What a form that changes an account is given. `onChanged`: read it anew. */
export interface Changing {
  person: Person;
  onChanged: () => Promise<void>;
}

/** The account as it stands now, where something else was changed since it was read; null: it was refused otherwise. */
export function faster(cause: unknown): Person | null {
  if (!(cause instanceof ApiError) || cause.status !== 409) return null;
  return (cause.problem.current as Person | null | undefined) ?? null;
}
