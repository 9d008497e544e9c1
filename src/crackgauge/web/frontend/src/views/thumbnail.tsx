import { useEffect, useRef, useState } from "preact/hooks";
import type { Photo } from "../api/types";
import { prepared } from "../state/jobs";
import { turn } from "./thumbnails";

const seen = new Set<string>();

/** A photo, small; an empty frame until it has come. */
export function Thumbnail({ photo }: { photo: Photo }) {
  // Drawn roughly before its small copy was made: another address, as the browser has this one.
  const again = prepared.value.has(photo.id) ? "?prepared" : "";
  const path = `/api/images/${photo.id}/thumbnail${again}`;
  const there = photo.state !== "missing" && photo.height_px !== null;
  const [shown, setShown] = useState(seen.has(path));
  const over = useRef<() => void>(() => undefined);

  useEffect(() => {
    if (!there || shown) return;
    over.current = turn(() => setShown(true));
    return () => over.current();
  }, [path, there]);

  const ended = (good: boolean) => {
    if (good) seen.add(path);
    else setShown(false);
    over.current();
    over.current = () => undefined;
  };
  return (
    <span class="thumbnail">
      {there && shown && (
        <img src={path} alt="" onLoad={() => ended(true)} onError={() => ended(false)} />
      )}
    </span>
  );
}
