/** Small pictures, a few at a time and after the photo that is being looked at. */
import { firstPicture } from "../state/first_picture";

const AT_ONCE = 2;

const waiting: (() => void)[] = [];
let running = 0;
let mayBegin = false;

void firstPicture.then(() => {
  mayBegin = true;
  next();
});

function next(): void {
  while (mayBegin && running < AT_ONCE && waiting.length) {
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
