import { useTranslation } from "react-i18next";
import type { Wgs84 } from "../app/api/types";
import { bearing_deg, distance_m, sayDistance, sayWind } from "../app/say";

interface Props {
  name: string;
  /** Null where nobody knows. */
  there: Wgs84 | null;
  here: Wgs84 | null;
  /** Said while the phone does not know where it is. */
  else?: string;
  testId?: string;
  /** The page leads there itself. */
  isLed?: boolean;
}

/** A place to go to: its name, how far and which way, and the phone's own navigation. */
export function Where({ name, there, here, else: otherwise, testId, isLed = false }: Props) {
  const { t } = useTranslation();
  const way =
    there && here
      ? `${sayDistance(distance_m(here, there), t)} · ${t(`wind.${sayWind(bearing_deg(here, there))}`)}`
      : otherwise;
  return (
    <div className="where">
      <div>
        <strong>{name}</strong>
        {way && <p className="number">{way}</p>}
      </div>
      {there && !isLed && (
        <a
          className="big-link"
          href={`geo:${there.lat},${there.lon}?q=${there.lat},${there.lon}`}
          data-testid={testId}
        >
          {t("patrol.navigate")}
        </a>
      )}
    </div>
  );
}
