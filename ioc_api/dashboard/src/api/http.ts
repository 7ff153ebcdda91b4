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
}

async function request(path: string, init?: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(`/api/v1/${path}`, { credentials: "same-origin", cache: "no-store", ...init });
  } catch (cause) {
    throw new ApiError(0, String(cause));
  }
  if (!answer.ok) throw new ApiError(answer.status, `${path}: ${answer.status}`, await said(answer));
  return answer;
}

async function said(answer: Response): Promise<Record<string, unknown>> {
  try {
    return (await answer.json()) as Record<string, unknown>;
  } catch {
    return {};
  }
}

export async function get<T>(path: string): Promise<T> {
  return (await request(path)).json() as Promise<T>;
}

/** Every item of a list, page after page. */
export async function getAll<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  let next: string | null = null;
  do {
    const mark: string = path.includes("?") ? "&" : "?";
    const cursor: string = next === null ? "" : `${mark}cursor=${encodeURIComponent(next)}`;
    const page: Page<T> = await get<Page<T>>(path + cursor);
    items.push(...page.items);
    next = page.next ?? null;
  } while (next !== null);
  return items;
}

/** What the API answers to what was sent; null where it answers nothing. */
export async function post<T>(path: string, body: unknown): Promise<T | null> {
  const answer = await request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return answer.status === 204 ? null : ((await answer.json()) as T);
}
