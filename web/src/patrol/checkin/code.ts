// What stands on a box, as a camera, a tag or a wet thumb gives it.

/** How the phone reads a code; the server alone decides whether it is genuine. */
export type CodeKind = "printed" | "rotating" | "tag" | "uid";

const OURS = /^SH1:([A-Z]):[0-9A-Z:]+$/;
/** Seven bytes: a tag's serial number, which anyone can copy. */
const UID = /^(?:[0-9A-F]{2}:?){6}[0-9A-F]{2}$/;
const LONGEST = 512;

/** Blanks of every width, line breaks, and marks that cannot be seen: pasted text is full of them. */
const UNSEEN = /[\s\u200B-\u200F\u2060\uFEFF]+/g;

/** Full-width, lower case, blanks and a sheet's groups of letters make no difference. */
export function cleanCode(raw: string): string {
  const text = raw.normalize("NFKC").replace(UNSEEN, "");
  return text.toUpperCase().slice(0, LONGEST);
}

/** Of a cleaned code; null where it is none of ours. */
export function kindOf(code: string): CodeKind | null {
  const letter = OURS.exec(code)?.[1];
  // A later kind of display is no reason to send an officer back to the station.
  if (letter) return letter === "P" ? "printed" : "rotating";
  // Base32 and hexadecimal: a tag's address has one case too.
  if (/^SHOUHU:T\?\S+$/.test(code)) return "tag";
  return UID.test(code) ? "uid" : null;
}

/** Only a printed code stays the same from day to day; it needs a nonce that the phone held before. */
export function needsNonce(code: string): boolean {
  return kindOf(code) === "printed";
}

/** The last letters: enough to tell two waiting codes apart. */
export function shortCode(code: string): string {
  return code.replace(/[^0-9A-Za-z]/g, "").slice(-4);
}
