import { computed, effect, signal } from "@preact/signals";
import { ApiError, send } from "../../api/http";
import type { Replayed } from "../../api/rules";
import { t } from "../../i18n";
import { language } from "../../store/prefs";
import type { Editing } from "../form/editing";

const TRY_MS = 700;
export const SPANS = [1, 7, 30] as const;
export const SHARES = [0.02, 0.05, 0.1] as const;

/** A rule put to history as it is written: asked anew when the typing pauses, and the former question is given up. */
export class Trying {
  readonly days = signal<number>(1);
  readonly share = signal<number>(0.05);
  /** All readings one by one, even where that takes long. */
  readonly thorough = signal(false);
  readonly found = signal<Replayed | null>(null);
  readonly busy = signal(false);
  readonly trouble = signal<string | null>(null);
  /** What is shown is of another question than the form asks now, which may not even be readable. */
  readonly old = computed(() => this.found.value !== null && this.question() !== this.shown.value);
  /** the question that the shown result is of */
  private readonly shown = signal("");
  private asked: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private last = "";

  constructor(private readonly ed: Editing) {}

  /** Begin; what is returned ends it. */
  follow(): () => void {
    const end = effect(() => {
      const body = this.question();
      clearTimeout(this.timer);
      if (body === null || body === this.last) return;
      this.timer = setTimeout(() => this.ask(body), TRY_MS);
    });
    return () => {
      end();
      clearTimeout(this.timer);
      this.asked?.abort();
    };
  }

  again(): void {
    const body = this.question();
    if (body !== null) this.ask(body);
  }

  /** What would be asked, as text; null: the form cannot be read, or nothing has been chosen to look at. */
  private question(): string | null {
    const { body, unread } = this.ed.read.value;
    const { type, metric, index } = body.condition;
    const looks = metric !== undefined || index !== undefined || !NEEDING.has(type);
    if (unread.size > 0 || !looks) return null;
    // Names and advice make no difference to when it fires.
    const { code, vi, en, advice_vi, advice_en, kind, legal_basis, department, ...rest } = body;
    const rule = { ...rest, code: code || "x", vi: "x", en: "x", kind: kind || "noise" };
    return JSON.stringify({
      rule,
      days: this.days.value,
      hysteresis: this.share.value,
      quick: !this.thorough.value,
    });
  }

  private async ask(text: string): Promise<void> {
    this.asked?.abort();
    const mine = new AbortController();
    this.asked = mine;
    this.last = text;
    this.busy.value = true;
    const { days, ...rest } = JSON.parse(text) as { days: number };
    const to = Date.now();
    const span = { from: new Date(to - days * 86_400_000).toISOString(), to: new Date(to).toISOString() };
    try {
      const found = await send<Replayed>("POST", "rules/replay", { ...rest, ...span }, mine.signal);
      if (mine !== this.asked) return;
      this.found.value = found;
      this.shown.value = text;
      this.trouble.value = null;
    } catch (cause) {
      if (mine !== this.asked || mine.signal.aborted) return;
      this.trouble.value =
        cause instanceof ApiError && cause.status > 0 ? plain(cause.detail) : t("trial.away");
    } finally {
      if (mine === this.asked) this.busy.value = false;
    }
  }
}

/** Kinds of conditions that say nothing without a metric or an index. */
const NEEDING = new Set(["threshold", "rate", "stuck", "aggregate", "schedule", "index"]);

/** What the server says, in the language that is read here. Rules' codes stay as they are written. */
function plain(detail: string): string {
  const [vi = "", en = vi] = detail.replace(/^(?:body|query)(?:\.[\w]+)*: /, "").split(" / ");
  return language.value === "vi" ? vi : en;
}
