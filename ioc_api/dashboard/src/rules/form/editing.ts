import { computed, signal } from "@preact/signals";
import { ApiError, send } from "../../api/http";
import type { Checked, Finding, RuleBody, RuleVersion } from "../../api/rules";
import { may } from "../../store/me";
import { bodyOf, changedPlaces, type Draft, draftOf, NEW, rebased, type Value } from "./draft";
import { CONDITIONS } from "./fields";

const CHECK_MS = 400;

/** A rule that is being written: what stands in the form, what it was made from, and what the server finds about it. */
export class Editing {
  readonly draft = signal<Draft>(NEW);
  /** The version that the form was filled from; null: a rule that is not there yet. */
  readonly seen = signal<RuleVersion | null>(null);
  readonly checked = signal<Checked | null>(null);
  /** The check did not come through: its findings say nothing of what stands here now. */
  readonly unchecked = signal(false);
  readonly accepted = signal(false);
  /** Whether fields that nobody has come to yet are told to be empty. */
  readonly revealed = signal(false);
  private before: Draft = NEW;
  private asked: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly kept: RuleVersion | null,
    copy: RuleBody | null = null,
  ) {
    if (kept !== null) this.fill(kept);
    else if (copy !== null) this.draft.value = { ...draftOf(copy), code: `${copy.code}-2`.slice(0, 64) };
  }

  readonly read = computed(() => bodyOf(this.draft.value));
  readonly changed = computed(() => {
    const now = this.draft.value;
    return this.seen.value === null || changedPlaces(this.before, now).length > 0;
  });
  readonly findings = computed<readonly Finding[]>(() => this.checked.value?.findings ?? []);
  /** Something that accepting does not let pass. */
  readonly barred = computed(
    () =>
      this.read.value.unread.size > 0 || this.findings.value.some((f) => f.level === "error" && !f.may_pass),
  );
  readonly doubtful = computed(() => this.findings.value.length > 0 && !this.barred.value);

  set(path: string, value: Value): void {
    this.draft.value = { ...this.draft.peek(), [path]: value };
    this.later();
  }

  /** Another kind of condition: what it has in common with the one before stays. */
  setType(type: string): void {
    const next: Record<string, Value> = { ...this.draft.peek(), "condition.type": type };
    for (const spec of CONDITIONS[type] ?? []) {
      const given = next[spec.path];
      const first = spec.choices?.[0];
      if (first !== undefined && !spec.choices?.includes(typeof given === "string" ? given : "-"))
        next[spec.path] = first;
    }
    this.draft.value = next;
    this.later();
  }

  /** Begin from that version. */
  fill(version: RuleVersion): void {
    this.seen.value = version;
    this.before = draftOf(version.rule);
    this.draft.value = this.before;
    this.accepted.value = false;
    this.later();
  }

  /** What the form says counts as a change of that version. */
  from(version: RuleVersion | null): void {
    this.before = version === null ? NEW : draftOf(version.rule);
    this.draft.value = { ...this.draft.peek() };
  }

  /** Somebody was faster: what I have changed goes on top of what is kept now. */
  rebase(now: RuleVersion): void {
    const theirs = draftOf(now.rule);
    this.draft.value = rebased(this.before, this.draft.peek(), theirs);
    this.seen.value = now;
    this.before = theirs;
    this.later();
  }

  /** What is found about that field, with what lies within it. */
  about(path: string): readonly Finding[] {
    const value = this.draft.value[path];
    if (this.seen.value === null && !this.revealed.value && (value === undefined || value === "")) return [];
    return this.findings.value.filter((f) => f.where === path || f.where.startsWith(`${path}.`));
  }

  /** Ask anew when the typing pauses. */
  later(): void {
    this.accepted.value = false;
    clearTimeout(this.timer);
    if (may("rules.write")) this.timer = setTimeout(() => this.check(), CHECK_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.asked?.abort();
  }

  private async check(): Promise<void> {
    this.asked?.abort();
    const mine = new AbortController();
    this.asked = mine;
    try {
      const body = { rule: this.read.peek().body };
      const found = await send<Checked>("POST", "rules/check", body, mine.signal);
      if (mine !== this.asked) return;
      this.checked.value = found;
      this.unchecked.value = false;
    } catch (cause) {
      if (mine !== this.asked || mine.signal.aborted) return;
      if (!(cause instanceof ApiError)) throw cause;
      this.unchecked.value = true;
    }
  }
}
