import { signal } from "@preact/signals";
import type { Me, Permission, Session } from "../api/access";
import { get } from "../api/http";
import { wallToken } from "./wall";

/** Who works at this screen, and what they may do; null before anybody does. */
export const me = signal<Me | null>(null);

/** The session of this screen; null: there is none, or this is a wall. */
export const session = signal<Session | null>(null);

/** Whether this screen hangs on a wall: it shows, and can do nothing else. */
export const wall = signal(false);

const OF_A_WALL: readonly Permission[] = ["read", "alerts.read"];

/** Whether it may be done somewhere; what may not is not offered. The server decides in any case. */
export function may(permission: Permission): boolean {
  return (me.value?.permissions ?? (wall.value ? OF_A_WALL : [])).includes(permission);
}

/** Read who it is, and what they may do now. Throws ApiError. */
export async function loadMe(): Promise<void> {
  wall.value = wallToken() !== null;
  me.value = wall.value ? null : await get<Me>("me");
}
