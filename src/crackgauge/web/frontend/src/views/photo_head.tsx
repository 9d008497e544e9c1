/** What is known of the photo that is open. */
import { useEffect, useState } from "preact/hooks";
import type { Photo } from "../api/types";
import { changePhoto, step } from "../state/photos";
import { dialog } from "./dialogs";
import { Icon } from "./icons";
import { scaleOf } from "./words";

export function PhotoHead({ photo }: { photo: Photo }) {
  return (
    <div class="photo-head">
      <div class="photo-title">
        <h2 title={photo.name}>{photo.name}</h2>
        <button
          type="button"
          class="bare"
          aria-label="Previous photo"
          title="Previous photo ([)"
          onClick={() => step(-1)}
        >
          <Icon name="back" />
        </button>
        <button
          type="button"
          class="bare"
          aria-label="Next photo"
          title="Next photo (])"
          onClick={() => step(1)}
        >
          <Icon name="next" />
        </button>
      </div>
      <div class="photo-facts">
        {photo.width_px !== null && (
          <span>
            {photo.width_px} × {photo.height_px}
          </span>
        )}
        <button type="button" class="link" onClick={() => (dialog.value = "scale")}>
          <Icon name="ruler" />
          {scaleOf(photo)}
        </button>
        {photo.outdated && <span class="badge warn">searched with another model</span>}
      </div>
      <PhotoComment photo={photo} key={photo.id} />
    </div>
  );
}

function PhotoComment({ photo }: { photo: Photo }) {
  const [text, setText] = useState(photo.comment);
  useEffect(() => setText(photo.comment), [photo.comment]);
  return (
    <input
      class="photo-comment"
      type="text"
      maxLength={4000}
      placeholder="Comment on the photo"
      aria-label="Comment on the photo"
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
      onBlur={() => text !== photo.comment && void changePhoto(photo.id, { comment: text })}
      onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
    />
  );
}
