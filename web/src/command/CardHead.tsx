import { ActionIcon } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "../app/icons";

export function CardHead({ title, sub, onClose }: { title: ReactNode; sub: ReactNode; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <header className="card-head">
      <div>
        <h2>{title}</h2>
        <p className="dim">{sub}</p>
      </div>
      <ActionIcon variant="subtle" color="gray" size={36} aria-label={t("app.close")} onClick={onClose}>
        <Icon name="close" />
      </ActionIcon>
    </header>
  );
}
