import { wallToken } from "../store/wall";
import type { Page } from "./types";

/** The API refused; `status` 0 means that it could not be reached at all. `problem` is what it said, if it did. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly problem: Readonly<Record<string, unknown>> = {},
    /** nothing was to be changed by what was asked */
    readonly reading = false,
  ) {
    super(message);
  }

  /** Nobody knows what became of it: the answer may have been lost after it was done. */
  get unanswered(): boolean {
    return this.status === 0 || this.status >= 500;
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

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

const WAIT_MS = 30_000;
/** What the server itself works at for longer: trials, checks, imports, files. */
const LONG_WAIT_MS = 60_000;
const LONG = /^(?:rules\/(?:replay|check)|silences\/check|quarantine\/|registry\/import|channels)/;

interface Asking {
  method?: Method;
  body?: unknown;
  /** A 401 is an answer to what was sent (a password), and says nothing of the session. */
  proving?: boolean;
  /** It is to arrive even if the page is left at this moment. */
  lasting?: boolean;
  /** Ends the question when nobody waits for its answer any more. */
  signal?: AbortSignal | undefined;
  /** How long it may take until the answer is whole. */
  waitMs?: number;
}

async function request(
  path: string,
  {
    method = "GET",
    body,
    proving = false,
    lasting = false,
    signal,
    waitMs = method !== "GET" && LONG.test(path) ? LONG_WAIT_MS : WAIT_MS,
  }: Asking = {},
): Promise<Response> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  const token = wallToken();
  if (token !== null) headers.authorization = `Bearer ${token}`;
  const reading = method === "GET";
  const patience = AbortSignal.timeout(waitMs);
  let answer: Response;
  try {
    answer = await fetch(`/api/v1/${path}`, {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      keepalive: lasting,
      signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new ApiError(0, String(cause), {}, reading);
  }
  if (answer.ok) return answer;
  const problem = await said(answer);
  const seconds = Number(answer.headers.get("retry-after"));
  if (seconds > 0) problem.retry_after = seconds;
  // Of what is asked of oneself a 401 may be the door's all the same: locked since.
  const shut = !proving || (problem.locked === true && path.startsWith("me/"));
  if (answer.status === 401 && shut) whenShut(problem.locked === true);
  throw new ApiError(answer.status, `${path}: ${answer.status}`, problem, reading);
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
  const answer = await request(path, { proving });
  return whole(() => answer.json() as Promise<T>, true);
}

/** A file of the API, whole. */
export async function getFile(path: string): Promise<Blob> {
  const answer = await request(path, { waitMs: LONG_WAIT_MS });
  return whole(() => answer.blob(), true);
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
export async function send<T>(
  method: Method,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T | null> {
  return read<T>(await request(path, { method, body, signal }));
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
  return answer.status === 204 ? null : whole(() => answer.json() as Promise<T>, false);
}

/** What follows the head of an answer; it may break off, or not come within the time that there is. */
async function whole<T>(read: () => Promise<T>, reading: boolean): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof SyntaxError || (cause as Error).name === "AbortError") throw cause;
    throw new ApiError(0, String(cause), {}, reading);
  }
}
