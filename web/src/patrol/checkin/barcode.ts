// Reads QR codes in the picture of this moment: the browser's own reader where it has one; elsewhere (iOS, Firefox, desks) a small one
// of plain JavaScript, which travels to the phone only then.

/** Wider pictures cost the phone more time than a code held before it needs. */
export const PICTURE_MAX_PX = 960;
/** A second thought on each picture may take so long; the next picture comes in a moment anyway. */
const READ_MAX_MS = 60;

export type ReadCodes = (video: HTMLVideoElement) => Promise<string[]>;

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}

const detectorClass = (): DetectorClass | undefined =>
  (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;

/** Some browsers name the class and read nothing. */
async function hasOwnReader(): Promise<boolean> {
  try {
    return (await detectorClass()?.getSupportedFormats())?.includes("qr_code") ?? false;
  } catch {
    return false;
  }
}

/** False where there is no camera to ask for: an address without https has none. */
export const canScan = (): boolean => Boolean(navigator.mediaDevices?.getUserMedia);

/** The size at which a picture is looked at: its own shape, no side longer than the limit. */
export function readSize(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, PICTURE_MAX_PX / Math.max(width, height, 1));
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

type Decode = typeof import("qr/decode.js").default;

/** The text of the code in a picture; none where there is none, which the decoder says by throwing. */
export function decoded(decode: Decode, picture: ImageData): string[] {
  try {
    return [decode(picture, { timeLimit: READ_MAX_MS })];
  } catch {
    return [];
  }
}

function throughCanvas(decode: Decode): ReadCodes {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    const { width, height } = readSize(video.videoWidth, video.videoHeight);
    if (!pen || width === 0 || height === 0) return [];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    pen.drawImage(video, 0, 0, width, height);
    return decoded(decode, pen.getImageData(0, 0, width, height));
  };
}

const fetchDecoder = () => import("qr/decode.js").then((module) => module.default);

/** What it reads in the picture of this moment. Fails where the phone's part of the app never came. */
export async function qrReader(): Promise<ReadCodes> {
  const Class = detectorClass();
  if (!Class || !(await hasOwnReader())) return throughCanvas(await fetchDecoder());
  const detector = new Class({ formats: ["qr_code"] });
  return async (video) => (await detector.detect(video)).map((one) => one.rawValue);
}

/** Fetched ahead: the box may stand where there is no line. */
export async function prepareReader(): Promise<void> {
  if (!(await hasOwnReader())) await fetchDecoder();
}
