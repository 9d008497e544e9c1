/** The stream of what happens on the server, opened again whenever it ends. */

const AGAIN_MS = 2000;
const UNSEEN_MS = 30_000;

export interface Listener {
  /** The stream is open: what was missed meanwhile must be loaded. */
  opened(): void;
  lost(): void;
  /** The server is there and does not let us listen: too many do, or the token has run out. */
  refused(): void;
  news(kind: string, values: Record<string, unknown>): void;
}

const KINDS = ["job", "image", "crack", "project", "annotation", "training"];

/** Listen until the page is left. */
export function listen(listener: Listener): void {
  let stream: EventSource | undefined;
  let again = 0;
  const close = () => {
    window.clearTimeout(again);
    stream?.close();
  };
  const open = () => {
    close();
    const mine = new EventSource("/api/events");
    stream = mine;
    mine.onopen = () => listener.opened();
    mine.onerror = () => {
      listener.lost();
      // The browser tries again by itself only where the connection broke, not after a refusal.
      if (mine.readyState !== EventSource.CLOSED) return;
      listener.refused();
      again = window.setTimeout(open, AGAIN_MS);
    };
    for (const kind of KINDS) {
      mine.addEventListener(kind, (event) => listener.news(kind, JSON.parse(event.data)));
    }
  };
  open();
  let leaving = 0;
  // A browser has six connections to a server for all of its tabs: one that is not looked at lets go.
  document.addEventListener("visibilitychange", () => {
    window.clearTimeout(leaving);
    if (document.hidden) leaving = window.setTimeout(close, UNSEEN_MS);
    else if (stream?.readyState === EventSource.CLOSED) open();
  });
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => event.persisted && open());
}
