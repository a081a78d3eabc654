// One box: how it stands, what officers should know there, and what is done to it.

import { ActionIcon, Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { taipei } from "../app/age";
import { patrol } from "../app/api/calls.patrol";
import type { PatrolBox } from "../app/api/types.patrol";
import { Icon } from "../app/icons";
import { Failure } from "../app/states";
import { SureButton } from "../operate/SureButton";
import { BoxNote } from "./BoxNote";
import { BoxStateTag } from "./BoxStateTag";
import { isNarrow } from "./BoxTable";
import { DeviceDialog } from "./DeviceDialog";
import { TagDialog } from "./TagDialog";
import { type BoxParams, useBoxChanged } from "./useBoxes";

interface Props {
  box: PatrolBox;
  go: (next: Partial<BoxParams>) => void;
  onClose: () => void;
}

type Dialog = "tag" | "device" | null;

function Facts({ box }: { box: PatrolBox }) {
  const { t } = useTranslation();
  const { lat, lon } = box.position;
  const last = box.last_check_in_at_us;
  return (
    <dl className="facts">
      <div>
        <dt>{t("box.station")}</dt>
        <dd>{[box.station, box.beat].filter(Boolean).join(" · ") || "—"}</dd>
      </div>
      <div>
        <dt>{t("box.last")}</dt>
        <dd>
          {last === null ? (
            t("box.state_never")
          ) : (
            <>
              <Age at={last} /> <span className="dim number">{taipei(last).slice(0, 16)}</span>
            </>
          )}
        </dd>
      </div>
      <div>
        <dt>{t("box.interval")}</dt>
        <dd>{t("box.every", { count: box.every_h })}</dd>
      </div>
      <div>
        <dt>{t("box.carries")}</dt>
        <dd>{box.carries.map((one) => t(`box.carries_${one}`)).join(t("app.list_joiner")) || "—"}</dd>
      </div>
      <div>
        <dt>{t("box.position")}</dt>
        <dd className="number">{`${lat.toFixed(5)}, ${lon.toFixed(5)}`}</dd>
      </div>
    </dl>
  );
}

export function BoxDetail({ box, go, onClose }: Props) {
  const { t } = useTranslation();
  const changed = useBoxChanged();
  const [dialog, setDialog] = useState<Dialog>(null);
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isNarrow()) card.current?.scrollIntoView({ block: "start" });
  }, []);
  const retire = useMutation({ mutationFn: () => patrol.retire(box.id), onSuccess: changed });
  const restore = useMutation({ mutationFn: () => patrol.restore(box.id), onSuccess: changed });
  const reissue = useMutation({ mutationFn: () => patrol.reissue(box.id) });
  const print = () => go({ tab: "print", station: box.station, box: box.id });
  const error = retire.error ?? restore.error ?? reissue.error;
  const wasRetiredHere = retire.isSuccess && !box.is_active;
  return (
    <section
      ref={card}
      className="panel box-card"
      id="box-card"
      tabIndex={-1}
      aria-label={`${box.number} ${box.name}`}
      data-testid="box-detail"
    >
      <header className="box-card-head">
        <div>
          <span className="code">{box.number}</span>
          <h2>{box.name}</h2>
        </div>
        <BoxStateTag state={box.state} />
        <ActionIcon variant="subtle" color="gray" size={44} aria-label={t("app.close")} onClick={onClose}>
          <Icon name="close" size={20} />
        </ActionIcon>
      </header>
      {!box.is_active && (
        <div className="note-warn box-undo" role="status" data-testid="box-retired">
          <span>– {t(wasRetiredHere ? "box.retired_now" : "box.retired_note")}</span>
          <Button
            size="sm"
            variant="default"
            loading={restore.isPending}
            onClick={() => {
              retire.reset();
              restore.mutate();
            }}
            data-testid="box-restore"
          >
            {t(wasRetiredHere ? "box.undo" : "box.restore")}
          </Button>
        </div>
      )}
      <Facts box={box} />
      <BoxNote box={box.id} note={box.note} />
      {reissue.data && (
        <div className="note-good box-undo" role="status">
          <span>{t("box.reissued")}</span>
          <Button size="sm" onClick={print}>
            {t("box.print_one")}
          </Button>
        </div>
      )}
      {error && <Failure error={error} />}
      {box.is_active && (
        <div className="box-acts">
          <Button
            size="xs"
            variant="default"
            leftSection={<Icon name="print" size={16} />}
            onClick={print}
            data-testid="box-print"
          >
            {t("box.print_one")}
          </Button>
          <Button size="xs" variant="default" onClick={() => setDialog("tag")} data-testid="box-tag">
            {t("box.tag")}
          </Button>
          <Button size="xs" variant="default" onClick={() => setDialog("device")} data-testid="box-device">
            {t("box.device")}
          </Button>
          <SureButton
            label={t("box.reissue")}
            sure={t("box.reissue_sure")}
            isBusy={reissue.isPending}
            onSure={() => reissue.mutate()}
          />
          <Button
            size="xs"
            variant="default"
            loading={retire.isPending}
            onClick={() => retire.mutate()}
            data-testid="box-retire"
          >
            {t("box.retire")}
          </Button>
        </div>
      )}
      <TagDialog box={box} isOpen={dialog === "tag"} onClose={() => setDialog(null)} />
      <DeviceDialog box={box} isOpen={dialog === "device"} onClose={() => setDialog(null)} />
    </section>
  );
}
