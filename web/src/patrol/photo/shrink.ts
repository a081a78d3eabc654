// Makes a camera's picture small enough for a weak line, before it leaves the phone. The server does the same again: it
// believes no phone.

/** As the server keeps it. */
export const SIDE_MAX_PX = 2048;
/** The most that the server takes. */
export const BYTES_MAX = 12 * 1024 * 1024;
const QUALITY = 0.85;
/** For a line that takes no more: plates and faces near the camera stay readable, little else. */
const QUALITY_SMALLER = 0.65;
/** What the server reads without the phone's help. */
const KNOWN = ["image/jpeg", "image/png"];

/** Width and height with the longer side at most so long; never larger than it was, never nothing. */
export function fitted(width: number, height: number, side_max: number): { width: number; height: number } {
  const share = Math.min(1, side_max / Math.max(width, height, 1));
  return {
    width: Math.max(1, Math.round(width * share)),
    height: Math.max(1, Math.round(height * share)),
  };
}

export type Unfit = "empty" | "unreadable" | "too_large";

export class UnfitError extends Error {
  constructor(readonly why: Unfit) {
    super(why);
    this.name = "UnfitError";
  }
}

/** When the phone cannot decode a picture: what the server can is sent as it is. */
export function asItIs(file: { size: number; type: string }): Unfit | null {
  if (file.size === 0) return "empty";
  if (!KNOWN.includes(file.type)) return "unreadable";
  return file.size > BYTES_MAX ? "too_large" : null;
}

function drawn(bitmap: ImageBitmap, side_max: number, quality: number): Promise<Blob | null> {
  const size = fitted(bitmap.width, bitmap.height, side_max);
  const canvas = document.createElement("canvas");
  canvas.width = size.width;
  canvas.height = size.height;
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, size.width, size.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
}

/** Upright, small, JPEG, and without what the camera wrote beside the pixels. */
export async function shrink(file: File): Promise<Blob> {
  if (file.size === 0) throw new UnfitError("empty");
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    const small = await drawn(bitmap, SIDE_MAX_PX, QUALITY);
    bitmap.close();
    if (small && small.size > 0) return small;
  } catch {
    // A kind that this browser does not decode, or too little memory: below.
  }
  const unfit = asItIs(file);
  if (unfit) throw new UnfitError(unfit);
  return file;
}

/** A picture that waits, smaller still; null where the phone cannot decode it. */
export async function shrinkTo(picture: Blob, side_max: number): Promise<Blob | null> {
  try {
    const bitmap = await createImageBitmap(picture);
    const small = await drawn(bitmap, side_max, QUALITY_SMALLER);
    bitmap.close();
    return small && small.size > 0 ? small : null;
  } catch {
    return null;
  }
}
