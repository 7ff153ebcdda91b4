/** A hint while a password is typed, by what anybody sees. The server decides, by words that are often used. */

/** infra/access/passwords.py has the same. */
export const LEAST = 12;
const MOST = 128;

type Strength = "short" | "long" | "own" | "plain" | "good";

const KEYS = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
/** Letters and digits that say something beside names, runs and repetitions. */
const OWN = 6;

/** Small letters without marks, blanks and signs. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll("đ", "d")
    .normalize("NFKD")
    .replace(/[^\p{L}\p{N}]/gu, "");
}

/** How it looks; `about`: the names of whose it is to be. */
export function strengthOf(password: string, about: readonly string[]): Strength {
  const letters = [...password.normalize("NFKC")];
  if (letters.length < LEAST) return "short";
  if (letters.length > MOST) return "long";
  let rest = plain(password);
  const bare = rest.length;
  const words = about
    .flatMap((text) => [text, ...text.split(/[\s@._-]+/)])
    .map(plain)
    .filter((word) => word.length >= 3)
    .sort((a, b) => b.length - a.length);
  for (const word of words) rest = rest.replaceAll(word, "");
  if (rest.length < Math.min(OWN, bare)) return "own";
  return telling(rest) < OWN ? "plain" : "good";
}

/** How many of its letters do not just follow from the one before, on the keyboard or in the alphabet. */
function telling(text: string): number {
  const seen = new Set<string>();
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const pair = text.slice(Math.max(0, i - 1), i + 1);
    const back = [...pair].reverse().join("");
    const run = i > 0 && KEYS.some((keys) => keys.includes(pair) || keys.includes(back));
    if (run || seen.has(pair) || pair[0] === pair[1]) continue;
    seen.add(pair);
    count += 1;
  }
  return count;
}
