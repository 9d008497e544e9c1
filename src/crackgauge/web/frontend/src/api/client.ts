/** Asking the server. Whatever it does not do is thrown as a `Refusal` with its sentence. */
import type { Photo, Problem, Session } from "./types";

export class Refusal extends Error {
  constructor(
    /** Of HTTP; 0 where the server did not answer at all. */
    readonly status: number,
    readonly reason: string,
    sentence: string,
    readonly current: Problem["current"] = null,
  ) {
    super(sentence);
  }
}

let csrf = "";

const NO_ANSWER =
  "the server does not answer; what it answered before is kept. Try again once it is back.";

/** Begin: find out whether a token is needed, and what changes must carry. */
export async function openSession(): Promise<Session> {
  const session = await get<Session>("/api/session");
  csrf = session.csrf;
  return session;
}

/** Show the token once; a cookie stands for it afterwards. */
export async function logIn(token: string): Promise<void> {
  await send("POST", "/api/session", { token });
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await ask(path, signal ? { signal } : {});
  return (await response.json()) as T;
}

export async function send<T>(
  method: "POST" | "PATCH" | "DELETE",
  path: string,
  body?: object,
  signal?: AbortSignal,
): Promise<T> {
  const response = await ask(path, {
    method,
    headers: {
      "X-Crackgauge-CSRF": csrf,
      ...(body ? { "Content-Type": "application/json" } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
    // What is said of a crack or a photo is small, and arrives also where the page is left.
    keepalive: method === "PATCH",
    ...(signal ? { signal } : {}),
  });
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Refusal(0, "no-answer", NO_ANSWER);
  }
  if (!response.ok) throw refusalOf(response.status, await response.text());
  return response;
}

function refusalOf(status: number, text: string): Refusal {
  try {
    const problem = JSON.parse(text) as Problem;
    return new Refusal(status, problem.reason, problem.sentence, problem.current);
  } catch {
    return new Refusal(status, "unknown", `the server answered ${status} without a reason`);
  }
}

/** Upload a photo. `fetch` cannot tell how far an upload is, so this is the older interface. */
export function upload(file: File, tell: (share: number) => void): Promise<Photo> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/images?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-Crackgauge-CSRF", csrf);
    request.upload.onprogress = (event) => tell(event.total ? event.loaded / event.total : 0);
    request.onerror = () => reject(new Refusal(0, "no-answer", NO_ANSWER));
    request.onload = () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText) as Photo);
      else reject(refusalOf(request.status, request.responseText));
    };
    request.send(file);
  });
}
