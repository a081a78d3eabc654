// Photos that are on the phone and not with the server, also those of jobs that are over: nothing is dropped in silence.

import "./photo.css";
import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { ApiError } from "../../app/api/client";
import { explain } from "../../app/states";
import { usePhotoFlushing, usePhotos } from "./usePhotoQueue";

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
      {refused.map((one) => (
        <div key={one.key} className="refused" role="alert" data-testid="photo-refused">
          <div>
            <strong>{t("photo.refused", { caption: one.said.caption || t("photo.one") })}</strong>
            <p>{one.refused && explain(new ApiError(one.refused), t)}</p>
          </div>
          <Button size="md" variant="default" onClick={() => photos.giveUp(one.key)}>
            {t("patrol.seen")}
          </Button>
        </div>
      ))}
    </section>
  );
}
