/** What holds for every photo: scale, standard, threshold; and the model that finds the cracks. */
import { useState } from "preact/hooks";
import { findCracks, photos } from "../state/photos";
import {
  changeProject,
  project,
  type Settings,
  standards,
  thresholdInForce,
} from "../state/project";
import { Dialog, dialog } from "./dialogs";
import { number } from "./words";

export function SettingsDialog() {
  const now = project.value;
  const [scale, setScale] = useState(now?.mm_per_px ? String(now.mm_per_px) : "");
  const [standard, setStandard] = useState(now?.standard ?? "");
  const [threshold, setThreshold] = useState(String(Number(thresholdInForce.value.toFixed(4))));
  if (!now) return null;
  const mm = scale.trim() ? Number(scale.replace(",", ".")) : null;
  const limit = Number(threshold.replace(",", "."));
  const wrong =
    (mm !== null && !(mm > 0)) || !(limit > 0 && limit <= 1)
      ? "A scale is a positive number, or nothing; a threshold lies between 0 and 1."
      : "";
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const changes: Settings = {};
    if (mm !== now.mm_per_px) changes.mm_per_px = mm;
    if ((standard || null) !== now.standard) changes.standard = standard || null;
    if (limit !== Number(thresholdInForce.value.toFixed(4))) {
      changes.threshold = limit === now.model.threshold ? null : limit;
    }
    if (!Object.keys(changes).length || (await changeProject(changes))) dialog.value = null;
  };
  return (
    <Dialog title="Settings of the project">
      <form class="form" onSubmit={(event) => void submit(event)}>
        <label class="field">
          <span>mm per pixel</span>
          <input
            id="project-scale"
            type="text"
            inputMode="decimal"
            placeholder="none: measured in pixels"
            value={scale}
            onInput={(event) => setScale(event.currentTarget.value)}
          />
          <small class="muted">For photos without a scale of their own.</small>
        </label>
        <Standard value={standard} set={setStandard} />
        <label class="field">
          <span>Threshold</span>
          <input
            type="text"
            inputMode="decimal"
            value={threshold}
            onInput={(event) => setThreshold(event.currentTarget.value)}
          />
          <small class="muted">
            What is at least so probable is crack. The model's own is{" "}
            {number(now.model.threshold, 3)} ({now.model.threshold_source}).
          </small>
        </label>
        <p class="refused" role="alert">
          {wrong}
        </p>
        <div class="actions">
          <button type="submit" class="main" disabled={wrong !== ""}>
            Keep
          </button>
        </div>
      </form>
      <Model />
    </Dialog>
  );
}

function Standard({ value, set }: { value: string; set: (name: string) => void }) {
  const chosen = standards.value.find((each) => each.name === value);
  return (
    <div class="field">
      <label for="standard">Standard</label>
      <select id="standard" value={value} onChange={(event) => set(event.currentTarget.value)}>
        <option value="">none</option>
        {standards.value.map((each) => (
          <option key={each.name} value={each.name}>
            {each.title}
          </option>
        ))}
      </select>
      {chosen && (
        <small class="muted">
          {chosen.classes.length > 0 && <b>{chosen.classes.join(" · ")}. </b>}
          {chosen.note} {chosen.verified ? "" : "Not compared with its source."}
        </small>
      )}
    </div>
  );
}

function Model() {
  const model = project.value!.model;
  const outdated = photos.value.filter((each) => each.outdated).map((each) => each.id);
  return (
    <section class="about">
      <h3>Model</h3>
      <p>
        {model.name}, {model.licence}. Trained on {model.training_data}.
      </p>
      {outdated.length > 0 && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            void findCracks(outdated);
            dialog.value = null;
          }}
        >
          Search {outdated.length} photos of another model again
        </button>
      )}
    </section>
  );
}
