// A small display that shows another code each half minute.

import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { patrol } from "../app/api/calls.patrol";
import type { PatrolBox } from "../app/api/types.patrol";
import { OnceDialog } from "./OnceDialog";
import { Secrets } from "./Secrets";

interface Props {
  box: PatrolBox;
  isOpen: boolean;
  onClose: () => void;
}

function Inside({ box, onClose, onKeys }: Omit<Props, "isOpen"> & { onKeys: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: () => patrol.device(box.id),
    onSuccess: () => {
      onKeys();
      void client.invalidateQueries({ queryKey: ["patrol-boxes"] });
    },
  });
  const { data } = make;
  if (data) {
    return (
      <div className="stack">
        <p>{t("box.device_program", { count: data.step_s })}</p>
        <Secrets lines={[{ name: "device", label: t("box.device_secret"), value: data.secret_base32 }]} />
        <Button onClick={onClose}>{t("box.once_done")}</Button>
      </div>
    );
  }
  return (
    <ActForm className="stack" act={make} label={t("box.device_make")} isComplete buttonTestId="device-make">
      <p className="dim">{t("box.device_hint")}</p>
      {box.carries.includes("rotating") && <p className="note-warn">▲ {t("box.device_again")}</p>}
    </ActForm>
  );
}

export function DeviceDialog({ box, isOpen, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <OnceDialog title={`${t("box.device")} · ${box.number}`} isOpen={isOpen} onClose={onClose}>
      {(onKeys, close) => <Inside box={box} onKeys={onKeys} onClose={close} />}
    </OnceDialog>
  );
}
