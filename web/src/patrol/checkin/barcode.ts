// The browser's own reader of QR codes, where it has one; no decoder travels to the phone.

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}

const detectorClass = (): DetectorClass | undefined =>
  (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;

/** False also where there is no camera to ask for: an address without https has none. */
export async function canScan(): Promise<boolean> {
  const Class = detectorClass();
  if (!Class || !navigator.mediaDevices?.getUserMedia) return false;
  try {
    return (await Class.getSupportedFormats()).includes("qr_code");
  } catch {
    return false;
  }
}

/** What it reads in the picture of this moment. */
export function qrReader(): (video: HTMLVideoElement) => Promise<string[]> {
  const Class = detectorClass();
  if (!Class) return async () => [];
  const detector = new Class({ formats: ["qr_code"] });
  return async (video) => (await detector.detect(video)).map((one) => one.rawValue);
}
