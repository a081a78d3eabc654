import { useTranslation } from "react-i18next";
import type { Doubt } from "../../app/api/types.patrol";

/** It counts, and somebody will look at it: said in words, so that the officer can say why. */
export function Doubts({ doubts }: { doubts: Doubt[] }) {
  const { t } = useTranslation();
  return (
    <div className="note-warn" data-testid="check-in-doubts">
      <strong>▲ {t("checkin.doubtful")}</strong>
      <ul className="doubts">
        {doubts.map((doubt) => (
          <li key={doubt}>{t(`checkin.doubt_${doubt}`, { defaultValue: doubt })}</li>
        ))}
      </ul>
    </div>
  );
}
