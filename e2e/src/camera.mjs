// A camera that looks at one picture: a file of frames that Chromium takes for its camera.

import { writeFileSync } from "node:fs";

export const FRAME = { width: 640, height: 480 };
const FRAMES = 2;

/** The page draws the element's picture into the middle of a frame and says how bright each pixel is. */
async function brightness(page, element) {
  const png = (await element.screenshot()).toString("base64");
  return page.evaluate(
    async ({ png, width, height }) => {
      const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
      const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const canvas = new OffscreenCanvas(width, height);
      const pen = canvas.getContext("2d");
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, width, height);
      const side = (0.8 * height) / Math.max(picture.width, picture.height);
      const [w, h] = [picture.width * side, picture.height * side];
      pen.drawImage(picture, (width - w) / 2, (height - h) / 2, w, h);
      const { data } = pen.getImageData(0, 0, width, height);
      return Array.from({ length: width * height }, (_, at) => (data[4 * at] * 2 + data[4 * at + 1] * 5 + data[4 * at + 2]) >> 3);
    },
    { png, ...FRAME },
  );
}

/** YUV4MPEG2 of one still picture, grey: all luma, chroma in the middle. */
export async function film(page, element, path) {
  const luma = Buffer.from(await brightness(page, element));
  const chroma = Buffer.alloc(luma.length / 2, 128);
  const frame = Buffer.concat([Buffer.from("FRAME\n"), luma, chroma]);
  const head = Buffer.from(`YUV4MPEG2 W${FRAME.width} H${FRAME.height} F10:1 Ip A1:1 C420jpeg\n`);
  writeFileSync(path, Buffer.concat([head, ...Array.from({ length: FRAMES }, () => frame)]));
}

/** What Chromium is started with, so that its camera is that film. */
export const seeing = (path) => ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-video-capture=${path}`];
