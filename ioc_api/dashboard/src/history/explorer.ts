import { signal } from "@preact/signals";
import type { Item, Observations } from "../api/history";
import { ApiError, get, getPage } from "../api/http";
import type { Sensor } from "../api/types";
import type { Span } from "../charts/model";
import { type Trace, tracesOf } from "./answers";
import { type Fact, pathOf, type Question, questionsOf, single } from "./questions";
import type { View } from "./view";
import { why } from "./words";

/** So many questions are under way at once; the server has others to serve. */
const ABREAST = 3;
/** Pages of readings as they came: 10,000 each. */
const PAGES = 6;

/** What was read for a view. */
export interface Found {
  span: Span;
  points: number;
  traces: Trace[];
  answers: { question: Question; answer: Observations }[];
}

/** Reads what a view asks for. An answer to an older question is not shown. */
export class Explorer {
  readonly facts = signal<ReadonlyMap<string, Fact>>(new Map());
  /** sensors that do not exist, or not for this person */
  readonly missing = signal<readonly string[]>([]);
  readonly found = signal<Found | null>(null);
  readonly busy = signal(false);
  /** why some of it could not be read */
  readonly trouble = signal<readonly string[]>([]);
  private asked = 0;

  /** Take what is known of sensors already. */
  know(sensors: readonly Fact[]): void {
    const facts = new Map(this.facts.peek());
    for (const one of sensors) facts.set(one.sensor_id, one);
    this.facts.value = facts;
  }

  /** Read a view; what was read before stays until it is there. */
  async read(view: View, span: Span, points: number): Promise<void> {
    this.asked += 1;
    const mine = this.asked;
    this.busy.value = true;
    const troubles: string[] = [];
    try {
      await this.learn(view.sensors);
      if (mine !== this.asked) return;
      const questions = questionsOf(view, span, this.facts.peek());
      const answers: (Observations | null)[] = questions.map(() => null);
      let next = 0;
      const work = async (): Promise<void> => {
        while (next < questions.length && mine === this.asked) {
          const place = next++;
          const question = questions[place] as Question;
          try {
            answers[place] = await ask(question, span, points);
          } catch (cause) {
            troubles.push(why(cause));
          }
        }
      };
      await Promise.all(Array.from({ length: ABREAST }, work));
      if (mine !== this.asked) return;
      const read = questions.flatMap((question, i) => {
        const answer = answers[i];
        return answer ? [{ question, answer }] : [];
      });
      // With nothing new, what was there is better than nothing.
      if (read.length > 0 || questions.length === 0 || this.found.peek() === null)
        this.found.value = {
          span,
          points,
          answers: read,
          traces: read.flatMap(({ question, answer }) => tracesOf(answer, question)),
        };
    } catch (cause) {
      troubles.push(why(cause));
    } finally {
      if (mine === this.asked) {
        this.trouble.value = [...new Set(troubles)];
        this.busy.value = false;
      }
    }
  }

  /** Know the sensors of a view. Throws ApiError. */
  async learn(ids: readonly string[]): Promise<void> {
    const unknown = ids.filter((id) => !this.facts.peek().has(id));
    const found: Sensor[] = [];
    const missing: string[] = [];
    for (const id of unknown) {
      try {
        found.push(await get<Sensor>(`sensors/${encodeURIComponent(id)}`));
      } catch (cause) {
        if (!(cause instanceof ApiError) || (cause.status !== 404 && cause.status !== 422)) throw cause;
        missing.push(id);
      }
    }
    if (found.length > 0) this.know(found);
    this.missing.value = missing;
  }
}

/** An answer, by steps where there are some, else every reading. */
async function ask(question: Question, span: Span, points: number): Promise<Observations> {
  if (!single(question, span, points)) {
    try {
      return await get<Observations>(pathOf(question, span, points, false));
    } catch (cause) {
      // The server chooses the step; it may know another interval of these sensors by now.
      const where = cause instanceof ApiError ? JSON.stringify(cause.problem.errors ?? "") : "";
      if (!where.includes("query.layout")) throw cause;
    }
  }
  const path = pathOf(question, span, points, true);
  const first = await get<Observations>(path);
  const items: Item[] = [...first.items];
  // What a series is, is said on each page of those that are on it.
  const series = new Map(first.series.map((one) => [`${one.sensor_id}/${one.metric}/${one.channel}`, one]));
  let next = first.next;
  for (let page = 1; next !== null && page < PAGES; page++) {
    const more = (await getPage<Item>(path, next)) as unknown as Observations;
    items.push(...more.items);
    for (const one of more.series) series.set(`${one.sensor_id}/${one.metric}/${one.channel}`, one);
    next = more.next;
  }
  return { ...first, items, series: [...series.values()] };
}
