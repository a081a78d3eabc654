// Web NFC, where the browser has it (Chrome on Android): a tag's address carries what proves that it is the tag.

interface NdefRecord {
  recordType: string;
  data?: DataView;
}
interface NdefReading extends Event {
  message: { records: NdefRecord[] };
}
interface NdefReader extends EventTarget {
  scan(options: { signal: AbortSignal }): Promise<void>;
}
type NdefReaderClass = new () => NdefReader;

const readerClass = (): NdefReaderClass | undefined =>
  (globalThis as { NDEFReader?: NdefReaderClass }).NDEFReader;

export const hasNfc = (): boolean => readerClass() !== undefined;

/** The first address on the tag. */
function urlOf(records: NdefRecord[]): string | null {
  for (const { recordType, data } of records) {
    if ((recordType === "url" || recordType === "absolute-url") && data) {
      return new TextDecoder().decode(data);
    }
  }
  return null;
}

/** Reads until the signal ends it. `null`: a tag without an address, which proves nothing. */
export async function readTags(onTag: (url: string | null) => void, signal: AbortSignal): Promise<void> {
  const Reader = readerClass();
  if (!Reader) return;
  const reader = new Reader();
  reader.addEventListener("reading", (event) => onTag(urlOf((event as NdefReading).message.records)), {
    signal,
  });
  reader.addEventListener("readingerror", () => onTag(null), { signal });
  await reader.scan({ signal });
}
