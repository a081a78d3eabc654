// Photos of incidents. Sending is a request of its own kind: only XMLHttpRequest says how much of a body has left.

import { ApiError, againWhenStale, ask, freshProof, newKey, OfflineError, pathWithQuery } from "./client";
import { PROOF_HEADER } from "./proof";
import type { Id, Problem } from "./types";
import type { Photo, PhotoSize, SendPhoto } from "./types.photos";

/** A line so slow that a shrunk picture takes longer is no line; it waits for a better one. */
const SEND_MS = 90_000;

const SLOW: Problem = { type: "about:blank", title: "too slow", status: 408, key: "http.body.slow" };

export type OnShare = (share: number) => void;

/** What the server said no with, or that nothing was said. */
function failureOf(request: XMLHttpRequest): ApiError | OfflineError {
  let problem: Partial<Problem> = {};
  try {
    problem = JSON.parse(request.responseText) as Partial<Problem>;
  } catch {
    // A gateway without a server behind it speaks for the network, not for Shouhu.
    if (request.status === 0 || [502, 504].includes(request.status)) return new OfflineError();
  }
  const status = request.status;
  return new ApiError({
    type: "about:blank",
    title: request.statusText || String(status),
    key: `http.status_${status}`,
    ...problem,
    status,
  });
}

export function sendPhoto(assignment: Id, query: SendPhoto, picture: Blob, onShare: OnShare): Promise<Photo> {
  const path = pathWithQuery(`/v1/assignments/${assignment}/photos`, { ...query });
  return againWhenStale(() => send(path, picture, onShare));
}

async function send(path: string, picture: Blob, onShare: OnShare): Promise<Photo> {
  const proof = await freshProof("POST", path, picture).catch(() => {
    throw new OfflineError();
  });
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    if (proof) request.setRequestHeader(PROOF_HEADER, proof);
    request.setRequestHeader("content-type", picture.type || "application/octet-stream");
    request.setRequestHeader("accept", "application/json");
    request.timeout = SEND_MS;
    let hasLeft = false;
    request.upload.onprogress = (event) => {
      hasLeft ||= event.loaded > 0;
      if (event.lengthComputable && event.total > 0) onShare(event.loaded / event.total);
    };
    const offline = () => reject(new OfflineError());
    request.onerror = offline;
    // Something went out, only too slowly: the same as when the server gives up waiting, whose word such a line may swallow.
    request.ontimeout = () => (hasLeft ? reject(new ApiError(SLOW)) : offline());
    request.onabort = offline;
    request.onload = () => {
      if (request.status < 200 || request.status >= 300) return reject(failureOf(request));
      try {
        resolve(JSON.parse(request.responseText) as Photo);
      } catch {
        offline();
      }
    };
    request.send(picture);
  });
}

export const photos = {
  of: (incident: Id) => ask<{ items: Photo[] }>(`/v1/incidents/${incident}/photos`),
  picture: (id: Id, size: PhotoSize) =>
    pathWithQuery(`/v1/photos/${id}`, size === "small" ? { size } : undefined),
  withdraw: (id: Id, reason: string) =>
    ask<Photo>(`/v1/photos/${id}/withdraw`, { method: "POST", json: { reason }, idempotencyKey: newKey() }),
};
