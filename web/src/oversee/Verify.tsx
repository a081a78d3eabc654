// Whether the log has been touched.

import "./oversee.css";
import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { oversight } from "../app/api/calls";
import { Failure } from "../app/states";

export function Verify() {
  const { t } = useTranslation();
  const verify = useMutation({ mutationFn: oversight.verify });
  const verdict = verify.data;
  return (
    <section className="panel verify">
      <div>
        <h2 className="section-title">{t("audit.verify_title")}</h2>
        <p className="dim">{t("audit.verify_hint")}</p>
      </div>
      <Button size="md" loading={verify.isPending} onClick={() => verify.mutate()} data-testid="verify-audit">
        {t("audit.verify")}
      </Button>
      {verify.error && <Failure error={verify.error} />}
      {verdict && (
        <div
          className={verdict.is_intact ? "verdict" : "verdict verdict-broken"}
          role={verdict.is_intact ? "status" : "alert"}
          data-testid="audit-verdict"
        >
          <strong>
            {verdict.is_intact
              ? `✓ ${t("audit.intact", { count: verdict.leaves })}`
              : `▲ ${t("audit.broken", { seq: verdict.first_bad_seq })}`}
          </strong>
          {verdict.reason && <span>{verdict.reason}</span>}
          <span className="dim">{t("audit.root")}</span>
          <span className="code">{verdict.root}</span>
        </div>
      )}
    </section>
  );
}
