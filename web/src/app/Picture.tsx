import "./picture.css";
import { Modal, SegmentedControl, Slider } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "./icons";
import { ProvedImage } from "./ProvedImage";

/** The crop, large; a click opens it larger, with the full frame beside it where there is one. */
interface Props {
  crop: string | null;
  frame: string | null;
  alt: string;
  /** Small enough for a row; fetched when it comes into view. */
  isThumb?: boolean;
}

export function Picture({ crop, frame, alt, isThumb = false }: Props) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const [which, setWhich] = useState<"crop" | "frame">(crop ? "crop" : "frame");
  const [zoom, setZoom] = useState(1);
  const [isBroken, setBroken] = useState(false);
  const first = crop ?? frame;
  if (!first || isBroken) {
    return (
      <div
        className={`picture picture-none ${isThumb ? "thumb" : ""}`}
        role="img"
        aria-label={t("hit.no_picture")}
      >
        <Icon name="alert" size={24} />
        {!isThumb && t("hit.no_picture")}
      </div>
    );
  }
  const shown = which === "frame" && frame ? frame : first;
  return (
    <>
      <button
        type="button"
        className={`picture ${isThumb ? "thumb" : ""}`}
        onClick={() => setOpen(true)}
        data-testid={isThumb ? "thumb" : "hit-crop"}
      >
        <ProvedImage
          src={first}
          alt={alt}
          loading={isThumb ? "lazy" : "eager"}
          onError={() => setBroken(true)}
        />
        {!isThumb && (
          <span className="picture-hint">
            <Icon name="expand" size={16} /> {frame ? t("hit.zoom_frame") : t("hit.zoom")}
          </span>
        )}
      </button>
      <Modal
        opened={isOpen}
        onClose={() => setOpen(false)}
        title={alt}
        size="90vw"
        closeButtonProps={{ "aria-label": t("app.close") }}
      >
        <div className="picture-bar">
          {crop && frame && (
            <SegmentedControl
              value={which}
              onChange={(value) => setWhich(value === "frame" ? "frame" : "crop")}
              data={[
                { value: "crop", label: t("hit.crop") },
                { value: "frame", label: t("hit.frame") },
              ]}
            />
          )}
          <Slider
            className="grow"
            min={1}
            max={5}
            step={0.25}
            value={zoom}
            onChange={setZoom}
            label={(value) => `${value}×`}
            aria-label={t("hit.zoom")}
          />
        </div>
        <div className="picture-large">
          <ProvedImage src={shown} alt={alt} style={{ width: `${zoom * 100}%` }} />
        </div>
      </Modal>
    </>
  );
}
