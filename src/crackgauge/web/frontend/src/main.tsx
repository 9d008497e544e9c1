/** The page where an inspector works. */
import { render } from "preact";
import { openSession, Refusal } from "./api/client";
import { listen } from "./api/events";
import type { JobNews, Training } from "./api/types";
import { takeAnnotationNews } from "./state/annotation";
import { cracksOf, loadCracks, refreshCrack } from "./state/cracks";
import { loadJobs, takeNews } from "./state/jobs";
import { tellError } from "./state/notices";
import { loadPhotos, photo, refreshSoon } from "./state/photos";
import { keepPlace, photoId } from "./state/place";
import { connection, loadProject, project, session } from "./state/project";
import "./state/theme";
import { takeTrainingNews } from "./state/training";
import "./style/index.css";
import { App } from "./views/app";
import { listenToKeys } from "./views/keys";
import { beginLater } from "./views/thumbnails";

async function load(): Promise<void> {
  await Promise.all([loadPhotos(), loadProject(), loadJobs()]);
}

/** The server is there (again): what may have been missed is loaded. */
async function reload(): Promise<void> {
  session.value = await openSession();
  await load();
  const id = photoId.value;
  if (id && cracksOf.value === id) await loadCracks(id, photo.value?.measured != null);
}

function news(kind: string, values: Record<string, unknown>): void {
  if (kind === "job") {
    takeNews(values as unknown as JobNews);
    refreshSoon();
  } else if (kind === "crack") {
    if (values["image"] === photoId.value) void refreshCrack(String(values["id"])).catch(tellError);
    refreshSoon();
  } else if (kind === "project") {
    if (values["version"] !== project.value?.version) void loadProject().catch(tellError);
  } else if (kind === "training") {
    takeTrainingNews(values as unknown as Training);
  } else if (kind === "annotation") {
    takeAnnotationNews(String(values["image"]), Number(values["version"]));
    refreshSoon();
  } else refreshSoon();
}

let listening = false;

async function enter(): Promise<void> {
  try {
    session.value = await openSession();
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 401) throw error;
    connection.value = "token";
    return;
  }
  connection.value = "there";
  beginLater();
  if (!listening) {
    listening = true;
    let first = true;
    listen({
      opened: () => {
        if (!first) void reload().then(() => (connection.value = "there"), tellError);
        first = false;
      },
      lost: () => (connection.value = "lost"),
      news,
    });
  }
  await load();
}

keepPlace();
listenToKeys();
render(<App enter={enter} />, document.getElementById("page")!);
enter().catch((error: unknown) => {
  connection.value = "lost";
  tellError(error);
});
