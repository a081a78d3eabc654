// fetch cannot say how much has gone up; for a country's roads on a slow line a person wants to know.

import { ApiError, againWhenStale, freshProof, OfflineError } from "../app/api/client";
import { PROOF_HEADER } from "../app/api/proof";
import type { Problem } from "../app/api/types";

export function upload<T>(path: string, file: Blob, onProgress: (share: number) => void): Promise<T> {
  return againWhenStale(() => send<T>(path, file, onProgress));
}

async function send<T>(path: string, file: Blob, onProgress: (share: number) => void): Promise<T> {
  const proof = await freshProof("POST", path, file).catch(() => {
    throw new OfflineError();
  });
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    if (proof) request.setRequestHeader(PROOF_HEADER, proof);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.responseType = "text";
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onerror = () => reject(new OfflineError());
    request.onload = () => {
      let body: unknown = null;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        // Told apart by the status below.
      }
      if (request.status >= 200 && request.status < 300) return resolve(body as T);
      const known = (body ?? {}) as Partial<Problem>;
      const key = request.status === 413 ? "http.body.too_large" : `http.status_${request.status}`;
      reject(
        new ApiError({
          type: "about:blank",
          title: request.statusText,
          status: request.status,
          key,
          ...known,
        }),
      );
    };
    request.send(file);
  });
}
