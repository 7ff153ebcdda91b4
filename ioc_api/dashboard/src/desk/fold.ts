/** A text as it is searched: without capitals and marks, so that "nga tu" finds "Ngã tư". */
export function folded(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .replace(/đ/g, "d")
    .replace(/Đ/g, "D")
    .toLowerCase()
    .trim();
}

/** Whether all words of what was typed are in a folded text. */
export function finds(text: string, words: readonly string[]): boolean {
  return words.every((one) => text.includes(one));
}

export function wordsOf(typed: string): string[] {
  return folded(typed).split(/\s+/).filter(Boolean);
}
