/** What is known of the photo that is open. */
import type { Photo } from "../api/types";
import { measureStrokes } from "../state/annotation";
import { changePhoto, step } from "../state/photos";
import { tracing } from "../state/place";
import { project } from "../state/project";
import { dialog } from "./dialogs";
import { Icon } from "./icons";
import { useKeptText } from "./kept_text";
import { scaleOf, scaleTrouble, sourceOfScale } from "./words";

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
        <button
          type="button"
          class="link"
          title={`The scale of this photo: ${sourceOfScale(photo) || "none"}`}
          onClick={() => (dialog.value = "scale")}
        >
          <Icon name="ruler" />
          {scaleOf(photo)}
        </button>
        <button
          type="button"
          class="link"
          title="What cracks are graded by"
          onClick={() => (dialog.value = "settings")}
        >
          {project.value?.standard ?? "no standard"}
        </button>
        {scaleTrouble(photo) && (
          <span class="badge warn">
            <Icon name="warning" />
            {scaleTrouble(photo)}
          </span>
        )}
        {photo.corrected && <span class="badge">corrected by hand</span>}
        {photo.stale && !photo.job && !tracing.value && (
          <button type="button" class="link" onClick={() => void measureStrokes(photo.id)}>
            measure the new strokes
          </button>
        )}
        {photo.outdated && <span class="badge warn">searched with another model</span>}
      </div>
      <div class="row">
        <PhotoComment photo={photo} key={photo.id} />
        <button
          type="button"
          class="quiet"
          aria-pressed={tracing.value}
          title="Correct the cracks by hand (T)"
          disabled={photo.state === "missing" || photo.state === "set-aside"}
          onClick={() => (tracing.value = !tracing.value)}
        >
          <Icon name="trace" />
          Trace
        </button>
      </div>
    </div>
  );
}

function PhotoComment({ photo }: { photo: Photo }) {
  const what = `the comment on ${photo.name}`;
  const { text, type, keep } = useKeptText(photo.comment, what, (comment) =>
    changePhoto(photo.id, { comment }),
  );
  return (
    <input
      class="photo-comment"
      type="text"
      maxLength={4000}
      placeholder="Comment on the photo"
      aria-label="Comment on the photo"
      value={text}
      onInput={(event) => type(event.currentTarget.value)}
      onBlur={keep}
      onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
    />
  );
}
