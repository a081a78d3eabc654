// Photos that are on the phone and not with the server, also those of jobs that are over: nothing is dropped in silence.

import "./photo.css";
import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../../app/api/client";
import { explain } from "../../app/states";
import { isTooSlow, nextSide, type QueuedPhoto } from "./photoQueue";
import { type Photos, usePhotoFlushing, usePhotos } from "./usePhotoQueue";

/** The line does not take this picture: the officer says what becomes of it, and until then it stays on the phone. */
function TooSlow({ photo, photos }: { photo: QueuedPhoto; photos: Photos }) {
  const { t } = useTranslation();
  const [isBusy, setBusy] = useState(false);
  const [cannotShrink, setCannotShrink] = useState(false);
  const smaller = async () => {
    setBusy(true);
    const isSmaller = await photos.sendSmaller(photo.key).catch(() => false);
    setCannotShrink(!isSmaller);
    setBusy(false);
  };
  return (
    <div className="photo-slow" role="alert" data-testid="photo-slow">
      <strong>{t("photo.slow", { caption: photo.said.caption || t("photo.one") })}</strong>
      <p>
        {photo.refused && explain(new ApiError(photo.refused), t)}{" "}
        {t("photo.slow_size", { kb: Math.ceil(photo.bytes / 1000) })}
      </p>
      {cannotShrink && <p className="ink-warn">▲ {t("photo.cannot_shrink")}</p>}
      <div className="photo-slow-acts">
        {nextSide(photo) !== null && !cannotShrink && (
          <Button
            size="lg"
            className="wide"
            loading={isBusy}
            onClick={() => void smaller()}
            data-testid="photo-smaller"
          >
            {t("photo.send_smaller")}
          </Button>
        )}
        <Button
          size="lg"
          variant="default"
          disabled={isBusy}
          onClick={() => photos.sendAgain(photo.key)}
          data-testid="photo-send-again"
        >
          {t("photo.send_again")}
        </Button>
        <Button
          size="lg"
          variant="default"
          disabled={isBusy}
          onClick={() => photos.giveUp(photo.key)}
          data-testid="photo-give-up"
        >
          {t("photo.drop")}
        </Button>
      </div>
    </div>
  );
}

export function PhotoNotice() {
  const { t } = useTranslation();
  const photos = usePhotos();
  usePhotoFlushing(photos);
  const waiting = photos.items.filter((one) => one.refused === null);
  const refused = photos.items.filter((one) => one.refused !== null);
  // The first try is under way: that is said at the button.
  const isStuck = waiting.some((one) => one.attempts > 0);
  if (!isStuck && refused.length === 0) return null;
  return (
    <section className="queue-notice" aria-live="polite" data-testid="photo-queue">
      {isStuck && (
        <div className="queue-notice-head">
          <strong>{t("photo.queued", { count: waiting.length })}</strong>
          <Button size="compact-md" variant="default" onClick={photos.retry}>
            {t("patrol.send_now")}
          </Button>
        </div>
      )}
      {refused.map((one) =>
        isTooSlow(one) ? (
          <TooSlow key={one.key} photo={one} photos={photos} />
        ) : (
          <div key={one.key} className="refused" role="alert" data-testid="photo-refused">
            <div>
              <strong>{t("photo.refused", { caption: one.said.caption || t("photo.one") })}</strong>
              <p>{one.refused && explain(new ApiError(one.refused), t)}</p>
            </div>
            <Button size="md" variant="default" onClick={() => photos.giveUp(one.key)}>
              {t("patrol.seen")}
            </Button>
          </div>
        ),
      )}
    </section>
  );
}
