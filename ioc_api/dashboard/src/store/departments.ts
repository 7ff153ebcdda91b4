import { computed, effect, signal } from "@preact/signals";
import { getAll } from "../api/http";
import { nameOf } from "../i18n";
import { alerts } from "./alerts";

interface Department {
  code: string;
  vi: string;
  en: string;
}

const names = signal<ReadonlyMap<string, Department>>(new Map());

/** All that are known, by name. */
export const allDepartments = computed(() =>
  [...names.value.values()].sort((a, b) => nameOf(a).localeCompare(nameOf(b), "vi")),
);

/** Read them all, for those who choose among them. */
export async function loadDepartments(): Promise<void> {
  const list = await getAll<Department>("departments");
  learn(list.map((d) => ({ department: d.code, vi: d.vi, en: d.en })));
}

/** What a department is called; its code while nobody has told. */
export function departmentName(code: string): string {
  const known = names.value.get(code);
  return known ? nameOf(known) : code;
}

/** Names that came with something else. */
export function learn(list: readonly { department: string; vi: string; en: string }[]): void {
  const known = names.peek();
  const news = list.filter(
    (d) => known.get(d.department)?.vi !== d.vi || known.get(d.department)?.en !== d.en,
  );
  if (news.length === 0) return;
  names.value = new Map([
    ...known,
    ...news.map((d) => [d.department, { code: d.department, vi: d.vi, en: d.en }] as const),
  ]);
}

const AGAIN_MS = 60_000;

/** Read the names when an alert names a department that is not known; not for each one. */
export function followDepartments(): () => void {
  let asked = Number.NEGATIVE_INFINITY;
  return effect(() => {
    const strange = [...alerts.value.values()].some(
      (a) => a.department !== null && !names.peek().has(a.department),
    );
    if (!strange || performance.now() - asked < AGAIN_MS) return;
    asked = performance.now();
    loadDepartments().catch((cause) => console.info(cause));
  });
}
