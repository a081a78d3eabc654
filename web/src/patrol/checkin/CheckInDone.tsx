// What the server answered: that it counts, what is odd about it, and what an officer at this box should know.

import { ActionIcon } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Age } from "../../app/Age";
import { taipeiTime } from "../../app/age";
import type { CheckIn } from "../../app/api/types.patrol";
import { Icon } from "../../app/icons";
import { BriefingView } from "./BriefingView";
import { Doubts } from "./Doubts";

interface Props {
  checkIn: CheckIn;
  /** Folded where something else comes first: an order, or a newer check-in. */
  isOpen: boolean;
  onClose: () => void;
}

export function CheckInDone({ checkIn, isOpen, onClose }: Props) {
  const { t } = useTranslation();
  const { briefing, doubts, distance_m, measured_at_us } = checkIn;
  return (
    <article className="check-in-done" data-testid="check-in-done" data-box={checkIn.number}>
      <header>
        <span className="check-in-tick" aria-hidden="true">
          <Icon name="check" size={26} />
        </span>
        <div>
          <strong>{t("checkin.done_title")}</strong>
          <p className="check-in-name">
            <span className="plate">{checkIn.number}</span> {checkIn.name}
          </p>
          <p className="dim">
            {taipeiTime(measured_at_us).slice(0, 5)} · {t(`box.carries_${checkIn.method}`)}
            {distance_m !== null && ` · ${t("checkin.from_box", { metres: Math.round(distance_m) })}`}
          </p>
        </div>
        <ActionIcon variant="subtle" color="gray" size={48} aria-label={t("app.close")} onClick={onClose}>
          <Icon name="close" size={22} />
        </ActionIcon>
      </header>
      {doubts.length > 0 && <Doubts doubts={doubts} />}
      {briefing && (
        <details open={isOpen} className="check-in-more">
          <summary>{t("checkin.briefing")}</summary>
          <BriefingView box={checkIn.box} briefing={briefing} />
        </details>
      )}
      {!briefing && (
        <p className="dim">
          <Age at={checkIn.received_at_us} />
        </p>
      )}
    </article>
  );
}
