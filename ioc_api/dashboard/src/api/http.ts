import { wallToken } from "../store/wall";
import type { Page } from "./types";

/** The API refused; `status` 0 means that it could not be reached at all. `problem` is what it said, if it did. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly problem: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }

  /** What the API said of it, in both languages around a stroke. */
  get detail(): string {
    return String(this.problem.detail ?? this.message);
  }
}

/** Told of every 401 that is not the answer to a sign-in: the session is locked, or over. */
let whenShut: (locked: boolean) => void = () => {};

export function onShut(listener: (locked: boolean) => void): void {
  whenShut = listener;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

interface Asking {
  method?: Method;
  body?: unknown;
  /** A 401 is an answer to what was sent (a password), and says nothing of the session. */
  proving?: boolean;
  /** It is to arrive even if the page is left at this moment. */
  lasting?: boolean;
}

async function request(
  path: string,
  { method = "GET", body, proving = false, lasting = false }: Asking = {},
): Promise<Response> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  const token = wallToken();
  if (token !== null) headers.authorization = `Bearer ${token}`;
  let answer: Response;
  try {
    answer = await fetch(`/api/v1/${path}`, {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      keepalive: lasting,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new ApiError(0, String(cause));
  }
  if (answer.ok) return answer;
  const problem = await said(answer);
  const seconds = Number(answer.headers.get("retry-after"));
  if (seconds > 0) problem.retry_after = seconds;
  if (answer.status === 401 && !proving) whenShut(problem.locked === true);
  throw new ApiError(answer.status, `${path}: ${answer.status}`, problem);
}

async function said(answer: Response): Promise<Record<string, unknown>> {
  try {
    return (await answer.json()) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** `proving`: a 401 is an answer, and no news of the session. */
export async function get<T>(path: string, proving = false): Promise<T> {
  return (await request(path, { proving })).json() as Promise<T>;
}

/** Every item of a list, page after page. */
export async function getAll<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  let next: string | null = null;
  do {
    const page: Page<T> = await getPage<T>(path, next);
    items.push(...page.items);
    next = page.next ?? null;
  } while (next !== null);
  return items;
}

/** One page of a list: the first, or the one after `cursor`. */
export function getPage<T>(path: string, cursor: string | null): Promise<Page<T>> {
  const mark = path.includes("?") ? "&" : "?";
  return get<Page<T>>(cursor === null ? path : `${path}${mark}cursor=${encodeURIComponent(cursor)}`);
}

/** What the API answers to what was sent; null where it answers nothing. */
export async function send<T>(method: Method, path: string, body?: unknown): Promise<T | null> {
  return read<T>(await request(path, { method, body }));
}

/** The same for a password or a code that may be wrong: a 401 then is no news of the session. */
export async function prove<T>(path: string, body: unknown): Promise<T | null> {
  return read<T>(await request(path, { method: "POST", body, proving: true }));
}

/** Tell it what may not be lost by leaving the page. */
export async function tellLasting(path: string): Promise<void> {
  await request(path, { method: "POST", lasting: true });
}

export function post<T>(path: string, body: unknown): Promise<T | null> {
  return send<T>("POST", path, body);
}

async function read<T>(answer: Response): Promise<T | null> {
  return answer.status === 204 ? null : ((await answer.json()) as T);
}
