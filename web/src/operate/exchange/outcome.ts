// How a delivery went, from the server's English (platform/outgoing, OutgoingError) to words that the screen has.

export interface Outcome {
  /** Names the text under `webhook.outcome_*`. */
  name: string;
  /** What the text is about: a status or the network's own words. */
  what: string;
}

const KNOWN: [RegExp, string][] = [
  [/^sent$/, "sent"],
  [/^answered (3\d\d)\b/, "redirect"],
  [/^answered (4\d\d)\b/, "refused"],
  [/^answered (\d{3})\b/, "failed"],
  [/^the name cannot be resolved: (.*)$/s, "name"],
  [/^(.*) lies in no public network/s, "private"],
  [/^no connection: (.*)$/s, "connection"],
  [/^no TLS: (.*)$/s, "tls"],
  [/^no answer within (\d+) s$/, "late"],
  [/^no answer: (.*)$/s, "answer"],
];

/** What nobody foresaw is shown as the server said it. */
export function outcomeOf(text: string): Outcome {
  for (const [pattern, name] of KNOWN) {
    const found = pattern.exec(text);
    if (found) return { name, what: found[1] ?? "" };
  }
  return { name: "other", what: text };
}

/** As the server has it (platform/outgoing, Address); the server decides. */
export function isAddress(text: string): boolean {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return false;
  }
  if (url.username || url.password || url.hash) return false;
  const isHere = url.hostname === "localhost" || url.hostname === "127.0.0.1" || url.hostname === "[::1]";
  return url.protocol === "https:" || (url.protocol === "http:" && isHere);
}

const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

/** A domain name of two labels or more (domains/dispatch, ops/partners). */
export function isDomain(text: string): boolean {
  const name = text.trim().toLowerCase();
  const labels = name.split(".");
  return name.length <= 200 && labels.length >= 2 && labels.every((label) => LABEL.test(label));
}
