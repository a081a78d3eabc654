// The address files beside the road map: one for each name, replaced as a whole.

import { TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { map as mapCalls } from "../app/api/calls";
import { pathWithQuery } from "../app/api/client";
import type { AddressesImported, AddressReport } from "../app/api/types.places";
import { DropFile } from "../app/DropFile";
import { Answer, Failure } from "../app/states";
import { UploadProgress } from "./UploadProgress";
import { upload } from "./upload";

const LIMIT_BYTES = 256 * 1024 * 1024;
/** What one glance takes in; the server names twenty. */
const EXAMPLES_MAX = 5;

export function AddressImport() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const files = useQuery({ queryKey: ["map", "addresses"], queryFn: mapCalls.addresses });
  const [share, setShare] = useState(0);
  const [source, setSource] = useState("");
  const [attribution, setAttribution] = useState("");
  const load = useMutation({
    mutationFn: (file: File) => {
      setShare(0);
      const path = pathWithQuery("/v1/map/addresses", {
        source: source || file.name.slice(0, 60),
        attribution,
      });
      return upload<AddressesImported>(path, file, setShare);
    },
    onSuccess: () => void client.invalidateQueries({ queryKey: ["map"] }),
  });
  return (
    <section className="panel" data-testid="address-import">
      <h2 className="section-title">{t("addresses.title")}</h2>
      <p className="dim">{t("addresses.hint")}</p>
      <Answer query={files}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="note-warn">{t("addresses.none")}</p>
          ) : (
            <dl className="facts">
              {items.map((file) => (
                <div key={file.source} data-testid="address-file">
                  <dt>{file.source}</dt>
                  <dd>
                    {t("addresses.counts", numbers(file.report))} · <Age at={file.imported_at_us} />
                  </dd>
                </div>
              ))}
            </dl>
          )
        }
      </Answer>
      <TextInput
        label={t("addresses.source")}
        description={t("addresses.source_hint")}
        value={source}
        maxLength={60}
        onChange={(event) => setSource(event.currentTarget.value)}
        data-testid="address-source"
      />
      <TextInput
        label={t("addresses.attribution")}
        value={attribution}
        maxLength={200}
        onChange={(event) => setAttribution(event.currentTarget.value)}
      />
      <DropFile
        accept=".geojson,.json,.csv,.txt"
        label={t("addresses.drop")}
        hint={t("addresses.drop_hint")}
        limit={LIMIT_BYTES}
        isBusy={load.isPending}
        onFile={(file) => load.mutate(file)}
        testId="address-file-input"
      />
      {load.isPending && <UploadProgress share={share} working={t("addresses.working")} />}
      {load.error && <Failure error={load.error} />}
      {load.data && (
        <>
          <p className="note-good" role="status">
            {t("addresses.done", { source: source || load.variables?.name })}{" "}
            {t("addresses.counts", numbers(load.data.report))}
          </p>
          <LeftOut report={load.data.report} />
        </>
      )}
    </section>
  );
}

const numbers = ({ towns, villages, addresses }: AddressReport) => ({
  towns: towns.toLocaleString("en"),
  villages: villages.toLocaleString("en"),
  addresses: addresses.toLocaleString("en"),
});

function LeftOut({ report }: { report: AddressReport }) {
  const { t } = useTranslation();
  const count = Object.values(report.left_out).reduce((sum, one) => sum + one, 0);
  if (count === 0) return null;
  return (
    <div className="note-warn">
      <p>{t("addresses.left_out", { count })}</p>
      <ul>
        {report.examples.slice(0, EXAMPLES_MAX).map(({ at, why, text }) => (
          <li key={at}>{t("addresses.example", { at, why: t(`addresses.why.${why}`), text })}</li>
        ))}
      </ul>
    </div>
  );
}
