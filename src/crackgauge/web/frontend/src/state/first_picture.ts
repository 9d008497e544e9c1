/** The photo that is looked at comes before everything else that the server could be asked for. */
const LATEST_MS = 2500;

let tell: () => void;

/** The first photo is drawn, or takes too long to be waited for. */
export const firstPicture = new Promise<void>((resolve) => {
  tell = resolve;
});

export function pictureIsShown(): void {
  tell();
}

/** Wait no longer than this from now on. */
export function waitForPicture(): void {
  window.setTimeout(tell, LATEST_MS);
}
