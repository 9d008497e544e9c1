/** Small pictures, a few at a time and after the photo that is being looked at. */
import { signal } from "@preact/signals";

const AT_ONCE = 2;
const LATEST_START_MS = 2500;

const waiting: (() => void)[] = [];
let running = 0;
/** The open photo has been drawn, or takes too long to be waited for. */
export const mayBegin = signal(false);

export function begin(): void {
  if (mayBegin.value) return;
  mayBegin.value = true;
  next();
}

export function beginLater(): void {
  window.setTimeout(begin, LATEST_START_MS);
}

function next(): void {
  while (mayBegin.value && running < AT_ONCE && waiting.length) {
    running += 1;
    waiting.shift()!();
  }
}

/** Wait for one's turn; the answer gives it up. */
export function turn(start: () => void): () => void {
  let state: "waiting" | "running" | "over" = "waiting";
  const mine = () => {
    state = "running";
    start();
  };
  waiting.push(mine);
  next();
  return () => {
    if (state === "running") {
      running -= 1;
      next();
    } else {
      const at = waiting.indexOf(mine);
      if (at >= 0) waiting.splice(at, 1);
    }
    state = "over";
  };
}
