/** Waiting times between attempts to connect, in milliseconds. */

const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/**
 * The wait before attempt `attempt` (0 is the first): doubles from 0.5 s to 15 s, with the upper half left to
 * chance so that a wall of screens does not return in one instant. `random` is in [0, 1).
 */
export function backoff(attempt: number, random: number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(ceiling * (0.5 + 0.5 * random));
}
