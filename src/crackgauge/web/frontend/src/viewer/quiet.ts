/** What OpenSeadragon would warn of, and is nothing wrong: a tile that comes after its photo was left. */
import OpenSeadragon from "openseadragon";

const warn = (text: unknown, ...rest: unknown[]) => {
  if (!String(text).startsWith("Ignoring tile")) window.console.warn(text, ...rest);
};

Object.assign(OpenSeadragon, {
  console: Object.assign(Object.create(window.console), { warn }),
});
