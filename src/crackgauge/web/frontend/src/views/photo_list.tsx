/** The photos on the left: searched, filtered, the worst first. */
import type { Photo } from "../api/types";
import {
  crackCount,
  type Filter,
  filter,
  loaded,
  loadPhotos,
  order,
  photos,
  search,
  shown,
  step,
} from "../state/photos";
import { openPhoto, photoId } from "../state/place";
import { classes } from "../state/project";
import { tellUnloaded } from "../state/notices";
import { AddPhotos } from "./add_photos";
import { Icon } from "./icons";
import { Severity } from "./severity";
import { Thumbnail } from "./thumbnail";
import { VirtualRows } from "./virtual_rows";
import { PHOTO_STATE, plural } from "./words";

const ROW_PX = 72;
const FILTERS: Record<Filter, string> = {
  all: "All photos",
  open: "With cracks to judge",
  cracks: "With cracks",
  new: "Not searched",
  aside: "Set aside",
};

export function PhotoList() {
  const list = shown.value;
  const at = list.findIndex((each) => each.id === photoId.value);
  const keys = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    step(event.key === "ArrowDown" ? 1 : -1);
  };
  return (
    <aside class="photos" aria-label="Photos">
      <div class="photos-head">
        <label class="search">
          <Icon name="search" />
          <input
            id="search"
            type="search"
            placeholder="Search photos"
            aria-label="Search photos by name"
            value={search.value}
            onInput={(event) => (search.value = event.currentTarget.value)}
          />
        </label>
        <div class="row">
          <select
            aria-label="Which photos"
            value={filter.value}
            onChange={(event) => (filter.value = event.currentTarget.value as Filter)}
          >
            {Object.entries(FILTERS).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
          <select
            aria-label="Order of the photos"
            value={order.value}
            onChange={(event) => {
              order.value = event.currentTarget.value as "worst" | "name";
              void loadPhotos().catch(tellUnloaded);
            }}
          >
            <option value="worst">Worst first</option>
            <option value="name">By name</option>
          </select>
        </div>
      </div>
      {list.length ? (
        <VirtualRows
          class="photo-rows"
          role="listbox"
          tabIndex={0}
          aria-label={`${plural(list.length, "photo")}, arrow keys go through them`}
          aria-activedescendant={at >= 0 ? `photo-${list[at]!.id}` : undefined}
          onKeyDown={keys}
          count={list.length}
          rowPx={ROW_PX}
          current={at}
          currentKey={photoId.value ?? ""}
          row={(index) => (
            <Row key={list[index]!.id} photo={list[index]!} at={index} of={list.length} />
          )}
        />
      ) : (
        <p class="empty">{emptyWords()}</p>
      )}
      <div class="photos-foot">
        <span class="muted">
          {list.length === photos.value.length
            ? plural(list.length, "photo")
            : `${list.length} of ${plural(photos.value.length, "photo")}`}
        </span>
        <AddPhotos />
      </div>
    </aside>
  );
}

function emptyWords(): string {
  if (!loaded.value) return "Loading …";
  if (photos.value.length) return "No photo fits. Change the search or the filter.";
  return "No photos yet. Drop some here, or add them below.";
}

function Row({ photo, at, of }: { photo: Photo; at: number; of: number }) {
  const current = photo.id === photoId.value;
  const rank = photo.worst_rank ?? -1;
  const worst = classes.value[rank];
  return (
    <div
      id={`photo-${photo.id}`}
      class={`photo-row${current ? " current" : ""}`}
      role="option"
      aria-selected={current}
      aria-setsize={of}
      aria-posinset={at + 1}
      onClick={() => openPhoto(photo.id)}
    >
      <Thumbnail photo={photo} />
      <span class="photo-words">
        <span class="name" title={photo.name}>
          {photo.name}
        </span>
        <span class="line">{stateOf(photo)}</span>
        <span class="line">
          {worst && crackCount(photo) > 0 && <Severity rank={rank} name={worst} />}
        </span>
      </span>
    </div>
  );
}

function stateOf(photo: Photo) {
  if (photo.job === "running") return <span class="badge busy">working …</span>;
  if (photo.job === "queued") return <span class="badge">waiting</span>;
  if (photo.state === "set-aside" || photo.state === "missing") {
    return (
      <span class="badge warn" title={photo.sentence}>
        <Icon name="warning" />
        {PHOTO_STATE[photo.state]}
      </span>
    );
  }
  if (photo.state === "new") return <span class="muted">not searched</span>;
  const open = photo.counts["open"] ?? 0;
  const count = crackCount(photo);
  if (!count && !photo.counts["rejected"]) return <span class="muted">no crack</span>;
  return (
    <span>
      {plural(count, "crack")}
      {open > 0 ? (
        <span class="muted">, {open} to judge</span>
      ) : (
        <span class="judged">
          <Icon name="check" />
          judged
        </span>
      )}
    </span>
  );
}
