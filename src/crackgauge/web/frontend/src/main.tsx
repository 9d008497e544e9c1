/** The page where an inspector works. */
import { effect } from "@preact/signals";
import { render } from "preact";
import { openSession, Refusal } from "./api/client";
import { listen } from "./api/events";
import type { JobNews, Training } from "./api/types";
import { loadAnnotation, takeAnnotationNews } from "./state/annotation";
import { loadCracks, refreshCrack } from "./state/cracks";
import { waitForPicture } from "./state/first_picture";
import { isOver, loadJobs, takeNews } from "./state/jobs";
import { tellError, tellUnloaded } from "./state/notices";
import { loadPhotos, photo, refreshOrder, refreshPhotoSoon } from "./state/photos";
import { keepPlace, photoId, tracing } from "./state/place";
import { connection, loadProject, project, session } from "./state/project";
import "./state/theme";
import { takeTrainingNews } from "./state/training";
import "./style/index.css";
import { App } from "./views/app";
import { listenToKeys } from "./views/keys";

async function load(): Promise<void> {
  await Promise.all([loadPhotos(), loadProject(), loadJobs()]);
}

/** The server is there (again): what may have been missed is loaded. */
async function reload(): Promise<void> {
  session.value = await openSession();
  await load();
  const id = photoId.value;
  if (id) await loadCracks(id, photo.value?.measured != null);
  if (id && tracing.value) await loadAnnotation(id);
}

function news(kind: string, values: Record<string, unknown>): void {
  const id = String(values["id"] ?? values["image"]);
  switch (kind) {
    case "job":
      takeJobNews(values as unknown as JobNews);
      break;
    case "image":
      refreshPhotoSoon(id);
      break;
    case "crack":
      if (values["image"] === photoId.value) void refreshCrack(id).catch(tellUnloaded);
      refreshPhotoSoon(String(values["image"]));
      break;
    case "annotation":
      takeAnnotationNews(String(values["image"]), Number(values["version"]));
      refreshPhotoSoon(String(values["image"]));
      break;
    case "training":
      takeTrainingNews(values as unknown as Training);
      break;
    case "project":
      if (values["version"] !== project.value?.version) void loadProject().catch(tellUnloaded);
  }
}

function takeJobNews(job: JobNews): void {
  const isOther = takeNews(job);
  if (!isOther || !job.image) return;
  refreshPhotoSoon(job.image);
  if (isOver(job)) refreshOrder();
}

const AGAIN_MS = 2000;
let listening = false;

function askForToken(error: unknown): void {
  if (error instanceof Refusal && error.status === 401) connection.value = "token";
}

async function enter(): Promise<void> {
  // Asked for at once: only changes need what the session says.
  const loading = load();
  loading.catch(() => undefined);
  try {
    session.value = await openSession();
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 401) throw error;
    connection.value = "token";
    return;
  }
  connection.value = "there";
  waitForPicture();
  if (!listening) {
    listening = true;
    let first = true;
    listen({
      opened: () => {
        if (!first) void reload().then(() => (connection.value = "there"), tellUnloaded);
        first = false;
      },
      lost: () => {
        if (connection.value !== "token") connection.value = "lost";
      },
      refused: () => void openSession().catch(askForToken),
      news,
    });
  }
  await loading;
}

keepPlace();
effect(() => {
  document.title = photo.value ? `${photo.value.name} · crackgauge` : "crackgauge";
});
listenToKeys();
render(<App enter={enter} />, document.getElementById("page")!);

/** Begin; where the server is not there, until it is. */
async function begin(): Promise<void> {
  try {
    await enter();
  } catch (error) {
    connection.value = "lost";
    if (!(error instanceof Refusal) || error.status !== 0) tellError(error);
    window.setTimeout(() => void begin(), AGAIN_MS);
  }
}

void begin();
