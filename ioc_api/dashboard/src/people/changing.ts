import type { Person } from "../api/access";

/** What a form that changes an account is given. `onChanged`: read it anew. */
export interface Changing {
  person: Person;
  onChanged: () => Promise<void>;
}
