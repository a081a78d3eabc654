// How words are compared: full-width and half-width, large and small, with and without blanks are the same, and what was typed
// while the Zhuyin keyboard was on is what its keys say without it.

/** The standard (Dachen) Zhuyin keyboard: what each key writes. */
const ZHUYIN: Record<string, string> = Object.fromEntries(
  [
    ..."ㄅ1ㄆqㄇaㄈzㄉ2ㄊwㄋsㄌxˇ3ㄍeㄎdㄏcˋ4ㄐrㄑfㄒvㄓ5ㄔtㄕgㄖbˊ6ㄗyㄘhㄙn˙7ㄧuㄨjㄩmㄚ8ㄛiㄜkㄝ,ㄞ9ㄟoㄠlㄡ.ㄢ0ㄣpㄤ;ㄥ/ㄦ-",
  ]
    .join("")
    .match(/../gu)
    ?.map((pair) => [pair[0] ?? "", pair[1] ?? ""]) ?? [],
);

/** The keys behind Zhuyin signs; other characters as they are. */
export function offZhuyin(text: string): string {
  return [...text].map((sign) => ZHUYIN[sign] ?? sign).join("");
}

/** Half-width; the ideographic blank is a blank. */
export function narrow(text: string): string {
  return text.normalize("NFKC").replace(/\s+/g, " ").trim();
}

/** As words are compared. */
export function squeezed(text: string): string {
  return narrow(text)
    .toLowerCase()
    .replace(/台/g, "臺")
    .replace(/[\s\-_·・.]/g, "");
}

/** Whether the letters of `short` stand in `long` in this order, the first at the beginning: 永21 in 永康21. */
export function isWithin(short: string, long: string): boolean {
  const [first, ...rest] = [...short];
  if (first === undefined || !long.startsWith(first)) return false;
  let from = first.length;
  for (const sign of rest) {
    const at = long.indexOf(sign, from);
    if (at < 0) return false;
    from = at + sign.length;
  }
  return true;
}
