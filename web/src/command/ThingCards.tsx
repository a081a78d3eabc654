import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { isStale, useNow } from "../app/age";
import type { Camera, Unit } from "../app/api/types";
import { positions } from "../app/positions";
import { useSession } from "../app/session";
import { Empty } from "../app/states";
import { CrewLines } from "../shifts/CrewSigns";
import { CardHead } from "./CardHead";
import { UnitSays } from "./desk/UnitSays";

export function UnitCard({ unit: fetched, onClose }: { unit: Unit | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const now = useNow();
  if (!fetched) return <Empty title={t("unit.gone")} />;
  const unit = positions.freshest(fetched);
  return (
    <article className="card-body" data-testid="unit-card">
      <CardHead title={unit.call_sign} sub={t(`unit_kind.${unit.kind}`)} onClose={onClose} />
      <dl className="facts">
        <div>
          <dt>{t("unit.state")}</dt>
          <dd>{t(`unit_state.${unit.state}`)}</dd>
        </div>
        <div>
          <dt>{t("unit.position")}</dt>
          <dd>
            {unit.position_at_us === null ? t("unit.no_position") : <Age at={unit.position_at_us} />}
            {isStale(unit.position_at_us, now) && <strong className="ink-warn"> · {t("unit.stale")}</strong>}
          </dd>
        </div>
        {unit.accuracy_m !== null && (
          <div>
            <dt>{t("unit.accuracy")}</dt>
            <dd>± {Math.round(unit.accuracy_m)} m</dd>
          </div>
        )}
        {unit.position && (
          <div>
            <dt>{t("unit.coordinates")}</dt>
            <dd className="number">
              {unit.position.lat.toFixed(5)}, {unit.position.lon.toFixed(5)}
            </dd>
          </div>
        )}
      </dl>
      {may("dispatch.order") && <UnitSays unit={unit} />}
      <CrewLines unit={unit.id} />
    </article>
  );
}

export function CameraCard({ camera, onClose }: { camera: Camera | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  if (!camera) return <Empty title={t("camera.gone")} />;
  return (
    <article className="card-body">
      <CardHead title={camera.name} sub={t(`camera_kind.${camera.kind}`)} onClose={onClose} />
      <dl className="facts">
        <div>
          <dt>{t("camera.state")}</dt>
          <dd>{t(camera.is_active ? "camera.active" : "camera.inactive")}</dd>
        </div>
        {camera.heading_deg !== null && (
          <div>
            <dt>{t("camera.heading")}</dt>
            <dd>{Math.round(camera.heading_deg)}°</dd>
          </div>
        )}
        {camera.position && (
          <div>
            <dt>{t("unit.coordinates")}</dt>
            <dd className="number">
              {camera.position.lat.toFixed(5)}, {camera.position.lon.toFixed(5)}
            </dd>
          </div>
        )}
      </dl>
    </article>
  );
}
