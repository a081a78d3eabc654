// Keys that the server gives once: to be copied now, or asked for again.

import "./boxes.css";
import { Button, CopyButton } from "@mantine/core";
import { useTranslation } from "react-i18next";

export function Secrets({ lines }: { lines: { name: string; label: string; value: string }[] }) {
  const { t } = useTranslation();
  return (
    <div className="secrets" data-testid="secrets">
      <p className="note-warn" role="status">
        ▲ {t("box.once")}
      </p>
      {lines.map(({ name, label, value }) => (
        <div key={name} className="secret">
          <div>
            <span className="section-title">{label}</span>
            <span className="code" data-testid={`secret-${name}`}>
              {value}
            </span>
          </div>
          <CopyButton value={value}>
            {({ copied, copy }) => (
              <Button size="xs" variant="default" onClick={copy} aria-label={`${t("app.copy")} ${label}`}>
                {t(copied ? "app.copied" : "app.copy")}
              </Button>
            )}
          </CopyButton>
        </div>
      ))}
    </div>
  );
}
