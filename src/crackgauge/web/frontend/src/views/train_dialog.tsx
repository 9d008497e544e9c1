/** What was corrected becomes a dataset, and the model learns from it. */
import { useEffect, useState } from "preact/hooks";
import type { Dataset, Training } from "../api/types";
import { tellUnloaded } from "../state/notices";
import { project } from "../state/project";
import {
  datasets,
  learnable,
  loadTraining,
  makeDataset,
  removeDataset,
  resumeTraining,
  stopTraining,
  train,
  trainings,
} from "../state/training";
import { Dialog } from "./dialogs";
import { Icon } from "./icons";
import { plural } from "./words";

export function TrainDialog() {
  useEffect(() => void loadTraining().catch(tellUnloaded), []);
  return (
    <Dialog title="Train from what was corrected" wide>
      <NewDataset />
      {datasets.value.length > 0 && (
        <section>
          <h3>Datasets</h3>
          <ul class="things">
            {datasets.value.map((each) => (
              <DatasetRow key={each.id} dataset={each} />
            ))}
          </ul>
        </section>
      )}
      {trainings.value.length > 0 && (
        <section>
          <h3>Trainings</h3>
          <ul class="things">
            {trainings.value.map((each) => (
              <TrainingRow key={each.id} training={each} />
            ))}
          </ul>
        </section>
      )}
    </Dialog>
  );
}

function NewDataset() {
  const [name, setName] = useState("");
  const [percent, setPercent] = useState(20);
  const count = learnable.value;
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void makeDataset(name.trim() || (project.value?.title ?? "photos"), percent / 100);
      }}
    >
      <p>
        {plural(count, "photo")} can be learned from: those that were corrected by hand, and those
        whose cracks are all judged.{count < 2 && " A dataset needs two or more."}
      </p>
      <div class="fields">
        <label class="field">
          <span>Name of the dataset</span>
          <input
            type="text"
            maxLength={100}
            placeholder={project.value?.title}
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>To validate on, %</span>
          <input
            type="number"
            min="1"
            max="90"
            value={percent}
            onInput={(event) => setPercent(event.currentTarget.valueAsNumber || 20)}
          />
        </label>
        <button type="submit" class="main" disabled={count < 2}>
          Make a dataset
        </button>
      </div>
    </form>
  );
}

function DatasetRow({ dataset }: { dataset: Dataset }) {
  const [epochs, setEpochs] = useState("");
  const count = Number.parseInt(epochs, 10);
  const splits = Object.entries(dataset.splits).map(([name, size]) => `${size} ${name}`);
  return (
    <li>
      <span class="thing">
        <b>{dataset.name}</b>
        <span class="muted">
          {plural(dataset.images, "photo")} ({splits.join(", ")}), {plural(dataset.cracks, "crack")}
        </span>
      </span>
      <input
        class="short"
        type="number"
        min="1"
        max="10000"
        placeholder="epochs"
        aria-label={`Epochs to train on ${dataset.name}; empty: as the recipe says`}
        value={epochs}
        onInput={(event) => setEpochs(event.currentTarget.value)}
      />
      <button
        type="button"
        class="main"
        title="Starts from the model of now"
        onClick={() => void train(dataset.id, count > 0 ? count : null)}
      >
        <Icon name="train" />
        Train
      </button>
      <a
        class="icon-link"
        href={`/api/datasets/${dataset.id}/archive`}
        aria-label={`Download ${dataset.name} as ZIP`}
        title="Download as ZIP"
        download
      >
        <Icon name="download" />
      </a>
      <button
        type="button"
        class="bare"
        aria-label={`Remove ${dataset.name}`}
        title="Remove"
        onClick={() => {
          if (window.confirm(`Remove the dataset ${dataset.name}?`)) void removeDataset(dataset.id);
        }}
      >
        <Icon name="bin" />
      </button>
    </li>
  );
}

const STATE: Record<Training["state"], string> = {
  queued: "waits",
  running: "trains",
  done: "done",
  failed: "failed",
  cancelled: "stopped",
};

function TrainingRow({ training }: { training: Training }) {
  const { id, name, state, epoch, epochs, error, command } = training;
  const f1 = training.scores["f1"];
  const isOpen = state === "queued" || state === "running";
  return (
    <li>
      <span class="thing">
        <b>{name}</b>
        <span class="muted">
          {STATE[state]}, epoch {epoch} of {epochs}
          {typeof f1 === "number" && `, F1 ${f1.toFixed(3)}`}
        </span>
        {isOpen && <progress value={training.share} aria-label={`Training ${name}`} />}
        {error && <span class="refused">{error}</span>}
        {command && state === "done" && (
          <span class="muted">
            To find cracks with it: <code>{command}</code>
          </span>
        )}
      </span>
      {isOpen && (
        <button type="button" class="quiet" onClick={() => void stopTraining(id)}>
          Stop
        </button>
      )}
      {(state === "cancelled" || state === "failed") && (
        <button type="button" class="quiet" onClick={() => void resumeTraining(id)}>
          Go on
        </button>
      )}
      {training.model_path_name && (
        <a
          class="icon-link"
          href={`/api/trainings/${id}/model`}
          aria-label={`Download the model of ${name}`}
          title="Download the model"
          download
        >
          <Icon name="download" />
        </a>
      )}
    </li>
  );
}
