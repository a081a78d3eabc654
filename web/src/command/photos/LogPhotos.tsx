// Photos in the log of an incident: small in their line, large on a click, with who, when and where.

import "./photos.css";
import { Button, Modal } from "@mantine/core";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { taipei, taipeiTime } from "../../app/age";
import { photos as photoCalls } from "../../app/api/calls.photos";
import type { Photo } from "../../app/api/types.photos";
import { Icon } from "../../app/icons";
import { ProvedImage } from "../../app/ProvedImage";
import { useFocusBack } from "../../app/useFocusBack";
import { neighbour, toLookAt } from "./usePhotosOf";

function useAlt(): (photo: Photo) => string {
  const { t } = useTranslation();
  return (photo) =>
    t("photo.alt", {
      call_sign: photo.call_sign,
      time: taipeiTime(photo.received_at_us),
      caption: photo.caption || t("photo.no_caption"),
    });
}

/** The small picture in a line, or why there is none any more. */
export function PhotoThumb({ photo, onOpen }: { photo: Photo; onOpen: (photo: Photo) => void }) {
  const { t } = useTranslation();
  const altOf = useAlt();
  const [isBroken, setBroken] = useState(false);
  if (photo.state !== "kept") {
    return (
      <span className="tag photo-gone" data-testid="photo-gone">
        {t(`photo.state_${photo.state}`)}
      </span>
    );
  }
  return (
    <button
      type="button"
      className="photo-thumb"
      aria-label={t("photo.open", { photo: altOf(photo) })}
      onClick={() => onOpen(photo)}
      data-testid="photo-thumb"
    >
      {isBroken ? (
        <span className="photo-broken">
          <Icon name="alert" size={20} /> {t("photo.broken")}
        </span>
      ) : (
        <ProvedImage
          src={photoCalls.picture(photo.id, "small")}
          alt={altOf(photo)}
          loading="lazy"
          onError={() => setBroken(true)}
        />
      )}
    </button>
  );
}

function Facts({ photo }: { photo: Photo }) {
  const { t } = useTranslation();
  const { position, accuracy_m, taken_at_us } = photo;
  const rows: [string, string][] = [
    [t("photo.who"), `${photo.call_sign} · ${photo.by_name}`],
    [t("photo.received"), taipei(photo.received_at_us)],
    [t("photo.taken"), taken_at_us === null ? t("photo.not_said") : taipei(taken_at_us)],
    [
      t("photo.where"),
      position
        ? `${position.lat.toFixed(5)}, ${position.lon.toFixed(5)}${accuracy_m === null ? "" : ` ±${Math.round(accuracy_m)} m`}`
        : t("photo.not_said"),
    ],
    [t("photo.incident"), photo.incident_number],
    ["SHA-256", photo.sha256],
  ];
  return (
    <dl className="photo-facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface LeafProps {
  isEnd: boolean;
  onGo: () => void;
  testId?: string;
  children: ReactNode;
}

/** At an end it looks and is called disabled but keeps the focus: a button that loses it takes the arrow keys away with it. */
function Leaf({ isEnd, onGo, testId, children }: LeafProps) {
  return (
    <Button
      variant="default"
      aria-disabled={isEnd}
      data-disabled={isEnd || undefined}
      onClick={() => !isEnd && onGo()}
      data-testid={testId}
    >
      {children}
    </Button>
  );
}

interface ViewerProps {
  photos: Photo[];
  shown: Photo;
  onShow: (id: string) => void;
  onClose: () => void;
}

function Viewer({ photos, shown, onShow, onClose }: ViewerProps) {
  const { t } = useTranslation();
  const altOf = useAlt();
  useFocusBack();
  const at = photos.findIndex((photo) => photo.id === shown.id);
  const go = (step: 1 | -1) => onShow(neighbour(photos, shown.id, step));
  const press = (event: KeyboardEvent) => {
    if (event.key === "ArrowRight") go(1);
    else if (event.key === "ArrowLeft") go(-1);
    else return;
    event.preventDefault();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      size="90vw"
      title={shown.caption || t("photo.no_caption")}
      closeButtonProps={{ "aria-label": t("app.close") }}
      className="photo-viewer"
      onKeyDown={press}
      data-testid="photo-viewer"
    >
      <ProvedImage
        key={shown.id}
        className="photo-large"
        src={photoCalls.picture(shown.id, "large")}
        alt={altOf(shown)}
      />
      <div className="photo-bar not-printed">
        <Leaf isEnd={at <= 0} onGo={() => go(-1)}>
          {t("photo.before")}
        </Leaf>
        <span className="number dim" aria-live="polite">
          {t("photo.of", { n: at + 1, count: photos.length })}
        </span>
        <Leaf isEnd={at >= photos.length - 1} onGo={() => go(1)} testId="photo-next">
          {t("photo.next")}
        </Leaf>
        <Button
          variant="default"
          onClick={() => window.print()}
          leftSection={<Icon name="print" size={16} />}
        >
          {t("photo.print")}
        </Button>
      </div>
      <Facts photo={shown} />
    </Modal>
  );
}

/** The large view of the photos of one card; whoever opens one may leaf through all. */
export function usePhotoViewer(all: Photo[]) {
  const [open, setOpen] = useState<string | null>(null);
  const photos = toLookAt(all);
  const shown = photos.find((photo) => photo.id === open);
  const viewer = shown ? (
    <Viewer photos={photos} shown={shown} onShow={setOpen} onClose={() => setOpen(null)} />
  ) : null;
  return { viewer, show: (photo: Photo) => setOpen(photo.id) };
}

/** Those whose line is in another log. */
export function OtherPhotos({ photos, onOpen }: { photos: Photo[]; onOpen: (photo: Photo) => void }) {
  const { t } = useTranslation();
  if (photos.length === 0) return null;
  return (
    <div className="photo-others">
      <p className="dim">{t("photo.others")}</p>
      <ul>
        {photos.map((photo) => (
          <li key={photo.id}>
            <PhotoThumb photo={photo} onOpen={onOpen} />
            <span className="dim">
              {photo.incident_number} · {photo.call_sign} · {taipeiTime(photo.received_at_us)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
