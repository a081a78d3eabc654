import { Button, CopyButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { renderSVG } from "uqr";
import { Age } from "./Age";
import type { Micros } from "./api/types";

interface Props {
  title: string;
  hint: string;
  text: string;
  expires_at_us: Micros;
  withQr?: boolean;
  testId: string;
}

/** Something that is shown once and never again. */
export function Once({ title, hint, text, expires_at_us, withQr = false, testId }: Props) {
  const { t } = useTranslation();
  return (
    <section className="once" role="status">
      <div className="once-text">
        <strong>{title}</strong>
        <span className="code" data-testid={testId}>
          {text}
        </span>
        <p className="dim">
          {hint} {t("once.expires")} <Age at={expires_at_us} />
        </p>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? t("app.copied") : t("app.copy")}
            </Button>
          )}
        </CopyButton>
      </div>
      {withQr && (
        <img
          className="qr"
          alt={t("once.qr")}
          src={`data:image/svg+xml,${encodeURIComponent(renderSVG(text, { border: 2 }))}`}
        />
      )}
    </section>
  );
}
