/** The stream of what happens on the server, opened again whenever it ends. */

const AGAIN_MS = 2000;

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
  let stream: EventSource;
  const open = () => {
    stream = new EventSource("/api/events");
    stream.onopen = () => listener.opened();
    stream.onerror = () => {
      listener.lost();
      // The browser tries again by itself only where the connection broke, not after a refusal.
      if (stream.readyState !== EventSource.CLOSED) return;
      listener.refused();
      window.setTimeout(open, AGAIN_MS);
    };
    for (const kind of KINDS) {
      stream.addEventListener(kind, (event) => listener.news(kind, JSON.parse(event.data)));
    }
  };
  open();
  // A page that is left must not keep one of the browser's few connections.
  window.addEventListener("pagehide", () => stream.close());
  window.addEventListener("pageshow", (event) => event.persisted && open());
}
