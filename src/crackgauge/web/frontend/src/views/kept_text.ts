/** Text that keeps itself: when its field is left, a while after the last letter, with the page. */
import { useEffect, useRef, useState } from "preact/hooks";
import { tell } from "../state/notices";

const PAUSE_MS = 1500;

/** A field's text, what is typed into it, and a way to have it kept now. */
export interface KeptText {
  text: string;
  type(text: string): void;
  keep(): void;
}

/**
 * Keep what is typed. What somebody else writes meanwhile is shown where nothing is being typed;
 * otherwise the writer is told, and neither is lost.
 *
 * @param kept as the server has it
 * @param what it is, for the sentence: "the comment on crack 3"
 * @param send have it kept
 */
export function useKeptText(
  kept: string,
  what: string,
  send: (text: string) => Promise<unknown>,
): KeptText {
  const [text, setText] = useState(kept);
  const now = useRef({ text, kept, seen: kept, sent: kept, send, late: 0 });
  const state = now.current;
  Object.assign(state, { kept, send });

  const type = (next: string) => {
    state.text = next;
    setText(next);
    window.clearTimeout(state.late);
    state.late = window.setTimeout(keep, PAUSE_MS);
  };
  const keep = () => {
    window.clearTimeout(state.late);
    const mine = state.text;
    if (mine === state.sent) return;
    if (state.kept !== state.seen && state.kept !== mine) {
      show(state.kept);
      tell(
        "error",
        `${what} was changed elsewhere meanwhile; you see it now. Yours was not kept: “${mine}”.`,
        { label: "Use mine", run: () => void state.send(mine) },
      );
      return;
    }
    state.sent = mine;
    void state.send(mine).then(() => {
      // Refused: leaving the field tries again.
      if (state.sent === mine && state.kept !== mine) state.sent = state.seen;
    });
  };
  const show = (next: string) => {
    Object.assign(state, { text: next, seen: next, sent: next });
    setText(next);
  };

  useEffect(() => {
    const isTyped = state.text !== state.seen && state.text !== kept;
    if (!isTyped) show(kept);
    else if (kept === state.sent) state.seen = kept;
  }, [kept]);
  useEffect(() => {
    window.addEventListener("pagehide", keep);
    return () => {
      window.removeEventListener("pagehide", keep);
      keep();
    };
  }, []);
  return { text, type, keep };
}
