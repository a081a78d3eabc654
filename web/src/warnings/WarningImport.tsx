// A CAP document of somebody else, taken in by hand, and what became of it.

import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { taipei } from "../app/age";
import { warnings } from "../app/api/calls.warnings";
import { ApiError } from "../app/api/client";
import type { Id } from "../app/api/types";
import type { WarningReceipt } from "../app/api/types.warnings";
import { DropFile } from "../app/DropFile";
import { Failure } from "../app/states";
import { headlineOf, placesOf, stateOf } from "./words";

/** The server takes half of it and says so in words. */
const LIMIT_BYTES = 1024 * 1024;

function Receipt({ receipt, onShow }: { receipt: WarningReceipt; onShow: (id: Id) => void }) {
  const { t, i18n } = useTranslation();
  const { warning, ended, is_repeated } = receipt;
  const shapes = warning.areas.reduce((sum, area) => sum + area.polygons.length + area.circles.length, 0);
  return (
    <div className="stack" data-testid="warning-receipt">
      <p className={is_repeated ? "note-warn" : "note-good"} role="status">
        {is_repeated ? `▲ ${t("warning.taken_before")}` : `✓ ${t("warning.taken")}`}
      </p>
      <dl className="facts">
        <div>
          <dt>{t("warning.text_headline")}</dt>
          <dd>{headlineOf(warning, i18n.language)}</dd>
        </div>
        <div>
          <dt>{t("warning.head_sender")}</dt>
          <dd>
            {warning.sender} <span className="dim code">{warning.identifier}</span>
          </dd>
        </div>
        <div>
          <dt>{t("warning.head_state")}</dt>
          <dd>
            {t(`warning.state_${stateOf(warning, Date.now())}`)}
            {warning.status !== "Actual" && ` · ${t(`warning.status.${warning.status}`)}`}
          </dd>
        </div>
        <div>
          <dt>{t("warning.expires")}</dt>
          <dd className="number">{taipei(warning.expires_at_us).slice(0, 16)}</dd>
        </div>
        <div>
          <dt>{t("warning.area_name")}</dt>
          <dd>
            {placesOf(warning, t) || "—"} ·{" "}
            {shapes > 0 ? t("warning.shapes", { count: shapes }) : t("warning.no_shape_short")}
          </dd>
        </div>
        <div>
          <dt>{t("warning.languages")}</dt>
          <dd>
            {[...new Set(warning.texts.map((text) => text.language))].join(t("app.list_joiner")) || "—"}
          </dd>
        </div>
        {ended.length > 0 && (
          <div>
            <dt>{t("warning.has_ended")}</dt>
            <dd>{t("warning.has_ended_count", { count: ended.length })}</dd>
          </div>
        )}
      </dl>
      <Button
        className="start"
        variant="default"
        onClick={() => onShow(warning.id)}
        data-testid="warning-show"
      >
        {t("warning.show")}
      </Button>
    </div>
  );
}

export function WarningImport({ onShow }: { onShow: (id: Id) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const take = useMutation({
    mutationFn: (file: File) => warnings.take(file),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["warnings"] }),
  });
  const detail = take.error instanceof ApiError ? take.error.problem.detail : undefined;
  return (
    <section className="panel warning-import">
      <h2 className="section-title">{t("warning.tab_import")}</h2>
      <p className="dim">{t("warning.import_intro")}</p>
      <DropFile
        accept=".xml,.cap,application/xml,text/xml,application/cap+xml"
        label={t("warning.drop")}
        hint={t("warning.drop_hint")}
        limit={LIMIT_BYTES}
        isBusy={take.isPending}
        onFile={(file) => {
          setName(file.name);
          take.mutate(file);
        }}
        testId="warning-file"
      />
      {name && !take.isPending && <strong>{name}</strong>}
      {take.error && (
        <>
          <Failure error={take.error} />
          {/* Which element and which line: only the server's own words say it. */}
          {detail && (
            <p className="code" data-testid="warning-detail">
              {detail}
            </p>
          )}
        </>
      )}
      {take.data && <Receipt receipt={take.data} onShow={onShow} />}
    </section>
  );
}
