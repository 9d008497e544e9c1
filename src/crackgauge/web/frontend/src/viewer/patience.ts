/** Asking for a picture that the server may still be making. */

const MOST_TRIES = 40;

export interface Picture {
  blob: Blob;
  /** Drawn from a part of a large photo: a better one will come. */
  isRough: boolean;
}

/** Fetch a picture; one that is not ready (503) is asked for again. Null where there is none. */
export async function fetchPicture(path: string, signal: AbortSignal): Promise<Picture | null> {
  for (let tried = 0; tried < MOST_TRIES; tried++) {
    const response = await fetch(path, { signal, credentials: "same-origin" });
    if (response.ok) {
      return { blob: await response.blob(), isRough: response.headers.has("Crackgauge-Rough") };
    }
    if (response.status !== 503) return null;
    const seconds = Number(response.headers.get("Retry-After") ?? "1");
    await new Promise((resolve) => window.setTimeout(resolve, 1000 * Math.min(seconds || 1, 10)));
    if (signal.aborted) return null;
  }
  return null;
}
