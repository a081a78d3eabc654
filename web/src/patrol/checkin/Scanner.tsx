// The back camera, looked at a few times a second until a QR code is in the picture.

import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { qrReader, type ReadCodes } from "./barcode";

const LOOK_MS = 160;

interface Props {
  onText: (text: string) => void;
  /** No leave, or no camera. */
  onFail: () => void;
}

/** Only phones have it; the standard type does not know it. */
type WithTorch = MediaTrackCapabilities & { torch?: boolean };

export default function Scanner({ onText, onFail }: Props) {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  const track = useRef<MediaStreamTrack | null>(null);
  const ways = useRef({ onText, onFail });
  ways.current = { onText, onFail };
  const [hasTorch, setHasTorch] = useState(false);
  const [isLit, setLit] = useState(false);

  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stream: MediaStream | null = null;
    const look = async (read: ReadCodes) => {
      const picture = video.current;
      if (isOver || !picture) return;
      const found = picture.readyState >= 2 ? await read(picture).catch(() => []) : [];
      if (isOver) return;
      for (const text of found) ways.current.onText(text);
      timer = setTimeout(look, LOOK_MS, read);
    };
    const begin = async () => {
      const read = await qrReader();
      if (isOver) return;
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 } },
      });
      const picture = video.current;
      if (isOver || !picture) {
        for (const one of stream.getTracks()) one.stop();
        return;
      }
      track.current = stream.getVideoTracks()[0] ?? null;
      setHasTorch((track.current?.getCapabilities?.() as WithTorch | undefined)?.torch === true);
      picture.srcObject = stream;
      await picture.play();
      void look(read);
    };
    begin().catch(() => {
      if (!isOver) ways.current.onFail();
    });
    return () => {
      isOver = true;
      clearTimeout(timer);
      for (const one of stream?.getTracks() ?? []) one.stop();
    };
  }, []);

  const light = async () => {
    const wanted = { advanced: [{ torch: !isLit } as MediaTrackConstraintSet] };
    await track.current?.applyConstraints(wanted).catch(() => undefined);
    setLit(!isLit);
  };

  return (
    <div className="scanner">
      <video ref={video} playsInline muted aria-label={t("checkin.camera")} data-testid="check-in-camera" />
      <div className="scanner-frame" aria-hidden="true" />
      {hasTorch && (
        <Button className="scanner-torch" size="md" variant="default" aria-pressed={isLit} onClick={light}>
          {t(isLit ? "checkin.torch_off" : "checkin.torch_on")}
        </Button>
      )}
    </div>
  );
}
