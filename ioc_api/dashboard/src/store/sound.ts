import { signal } from "@preact/signals";

/**
 * A sound made here, no file. Browsers let a page sound only after somebody has clicked or pressed a key in it; until
 * then `blocked` says so, and the first click or key makes it well.
 */

let context: AudioContext | null = null;

/** Whether the browser would not let us sound now. */
export const blocked = signal(false);

/** Two tones, a fourth apart, three times: Hz, and seconds from the beginning. */
const TONES: readonly [number, number][] = [0, 0.55, 1.1].flatMap((at): [number, number][] => [
  [880, at],
  [660, at + 0.2],
]);
const LOUD = 0.35;
const LASTS_S = 0.16;

function wasTouched(): boolean {
  return navigator.userActivation?.hasBeenActive ?? true;
}

/** Look whether the browser would let us; a page that nobody has touched is not tried, for browsers complain of that. */
export async function allow(): Promise<boolean> {
  if (!wasTouched() || !("AudioContext" in window)) {
    blocked.value = true;
    return false;
  }
  context ??= new AudioContext();
  // A promise of a browser that will not may stay open for ever.
  if (context.state !== "running")
    await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 500))]).catch(() => {});
  blocked.value = context.state !== "running";
  return !blocked.value;
}

/** Sound once, in one window of this browser. */
export async function chime(): Promise<void> {
  if (!(await allow()) || context === null) return;
  const { locks } = navigator;
  if (!locks) play(context);
  else
    await locks.request("ioc.sound", { ifAvailable: true }, async (lock) => {
      if (lock === null || context === null) return;
      play(context);
      await new Promise((done) => setTimeout(done, 2_000));
    });
}

function play(on: AudioContext): void {
  for (const [pitch, from] of TONES) {
    const start = on.currentTime + from;
    const tone = on.createOscillator();
    const volume = on.createGain();
    tone.type = "triangle";
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(LOUD, start + 0.015);
    volume.gain.exponentialRampToValueAtTime(0.001, start + LASTS_S);
    tone.connect(volume).connect(on.destination);
    tone.start(start);
    tone.stop(start + LASTS_S + 0.02);
  }
}

/** From now on the first click or key lets us sound. */
export function followTouch(): () => void {
  const touched = (): void => {
    allow();
  };
  blocked.value = !wasTouched();
  const names = ["pointerdown", "pointerup", "keydown"] as const;
  for (const name of names) window.addEventListener(name, touched, { once: true });
  return () => {
    for (const name of names) window.removeEventListener(name, touched);
  };
}
