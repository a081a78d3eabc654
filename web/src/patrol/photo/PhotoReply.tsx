// A picture from the job: one button, one look, one tap. It is on its way or kept on the phone; either is said.

import "./photo.css";
import { Button, Checkbox, TextInput } from "@mantine/core";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { MyAssignment, ReportPosition } from "../../app/api/types";
import { useHere } from "../position";
import { SentPhotos } from "./SentPhotos";
import { shrink, type Unfit, UnfitError } from "./shrink";
import { type Photos, type Said, usePhotos } from "./usePhotoQueue";

const CAPTION_MAX = 200;

type Stop = Unfit | "full" | "no_storage";

function placed(here: ReportPosition | null): Said {
  if (!here) return {};
  const { lon, lat } = here.position;
  return { lon, lat, ...(here.accuracy_m != null ? { accuracy_m: here.accuracy_m } : {}) };
}

interface LookProps {
  picture: Blob;
  here: ReportPosition | null;
  isBusy: boolean;
  onSend: (said: Said) => void;
  onAgain: () => void;
  onDrop: () => void;
}

/** What was taken, before it is sent. */
function Look({ picture, here, isBusy, onSend, onAgain, onDrop }: LookProps) {
  const { t } = useTranslation();
  const [caption, setCaption] = useState("");
  const [hasPlace, setPlace] = useState(false);
  const [url, setUrl] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(picture);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [picture]);
  return (
    <div className="photo-look" data-testid="photo-look">
      {url && (
        <img
          src={url}
          alt={t("photo.preview")}
          onLoad={(event) => event.currentTarget.scrollIntoView({ block: "start" })}
        />
      )}
      <TextInput
        label={t("photo.caption")}
        size="md"
        maxLength={CAPTION_MAX}
        value={caption}
        onChange={(event) => setCaption(event.currentTarget.value)}
        data-testid="photo-caption"
      />
      <Checkbox
        size="md"
        label={here ? t("photo.with_place") : t("photo.no_place")}
        disabled={!here}
        checked={hasPlace && here !== null}
        onChange={(event) => setPlace(event.currentTarget.checked)}
      />
      <div className="steps">
        <Button
          className="step-next"
          fullWidth
          loading={isBusy}
          onClick={() => onSend({ caption: caption.trim(), ...(hasPlace ? placed(here) : {}) })}
          data-testid="photo-send"
        >
          {t("photo.send")}
        </Button>
        <div className="two">
          <Button size="lg" variant="default" onClick={onDrop} data-testid="photo-drop">
            {t("photo.drop")}
          </Button>
          <Button size="lg" variant="default" onClick={onAgain} data-testid="photo-again">
            {t("photo.again")}
          </Button>
        </div>
      </div>
    </div>
  );
}

/** What of this job is not with the server yet. */
function OnTheirWay({ mine, photos }: { mine: MyAssignment; photos: Photos }) {
  const { t } = useTranslation();
  const waiting = photos.items.filter((one) => one.assignment === mine.assignment.id && one.refused === null);
  if (waiting.length === 0) return null;
  return (
    <ul className="photo-waiting" aria-live="polite">
      {waiting.map((one) => {
        const part = photos.share?.key === one.key ? photos.share.share : null;
        return (
          <li key={one.key} data-testid="photo-waiting">
            <span>{one.said.caption || t("photo.one")}</span>
            {part === null ? (
              <span className="dim">{t("photo.waits")}</span>
            ) : (
              <progress value={part} max={1} aria-label={t("photo.sending")} />
            )}
          </li>
        );
      })}
    </ul>
  );
}

export interface PhotoReply {
  /** For the row under the thumb. */
  button: ReactNode;
  /** The picture before it is sent, what is on its way, and what was sent. */
  below: ReactNode;
  /** A picture is looked at: nothing else is asked meanwhile. */
  isLooking: boolean;
}

export function usePhotoReply(mine: MyAssignment): PhotoReply {
  const { t } = useTranslation();
  const photos = usePhotos();
  const here = useHere();
  const input = useRef<HTMLInputElement>(null);
  const [picture, setPicture] = useState<Blob | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [stop, setStop] = useState<Stop | null>(null);

  const look = async (file: File | undefined) => {
    if (!file) return;
    setStop(null);
    setBusy(true);
    try {
      setPicture(await shrink(file));
    } catch (error) {
      setPicture(null);
      setStop(error instanceof UnfitError ? error.why : "unreadable");
    } finally {
      setBusy(false);
    }
  };

  const send = async (said: Said) => {
    if (!picture) return;
    setBusy(true);
    try {
      const isKept = await photos.take(mine, picture, said);
      if (isKept) setPicture(null);
      setStop(isKept ? null : "full");
    } catch {
      setStop("no_storage");
    } finally {
      setBusy(false);
    }
  };

  const open = () => input.current?.click();
  const button = (
    <Button size="lg" variant="default" loading={isBusy} onClick={open} data-testid="photo-take">
      {t("photo.take")}
    </Button>
  );
  const below = (
    <section className="photo-reply">
      <input
        ref={input}
        type="file"
        accept="image/*"
        capture="environment"
        hidden
        aria-label={t("photo.take")}
        onChange={(event) => {
          void look(event.currentTarget.files?.[0]);
          // The same file again must be a change.
          event.currentTarget.value = "";
        }}
        data-testid="photo-input"
      />
      {stop && (
        <p className="note-warn" role="alert" data-testid="photo-stop">
          {t(`photo.stop_${stop}`)}
        </p>
      )}
      <OnTheirWay mine={mine} photos={photos} />
      <SentPhotos mine={mine} />
      {picture && (
        <Look
          picture={picture}
          here={here}
          isBusy={isBusy}
          onSend={(said) => void send(said)}
          onAgain={open}
          onDrop={() => setPicture(null)}
        />
      )}
    </section>
  );
  return { button, below, isLooking: picture !== null };
}
