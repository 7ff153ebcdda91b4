/** Do it from time to time while the window is seen; at once when it is seen again. Answers how to stop. */
export function followShown(work: () => void, everyMs: number): () => void {
  const look = (): void => {
    if (document.visibilityState === "visible") work();
  };
  const timer = setInterval(look, everyMs);
  document.addEventListener("visibilitychange", look);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
  };
}
