/** Begin the page anew after a fault. */

interface Page {
  after(ms: number, work: () => void): void;
  /** whether the server would give the page now */
  there(): Promise<boolean>;
  reload(): void;
}

export const AGAIN_MS = 10_000;

/** Reload in a while; while the server is away, the words on the screen are better than the browser's own. */
export function reloadSoon(page: Page = browserPage): void {
  page.after(AGAIN_MS, async () => {
    if (await page.there()) page.reload();
    else reloadSoon(page);
  });
}

const browserPage: Page = {
  after: (ms, work) => {
    setTimeout(work, ms);
  },
  there: () =>
    fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(AGAIN_MS) }).then(
      (answer) => answer.ok,
      () => false,
    ),
  reload: () => location.reload(),
};
