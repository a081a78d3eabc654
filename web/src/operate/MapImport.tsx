import { TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { map as mapCalls } from "../app/api/calls";
import { pathWithQuery } from "../app/api/client";
import type { MapImported } from "../app/api/types";
import { DropFile } from "../app/DropFile";
import { Answer, Failure } from "../app/states";
import { MapView } from "../map/MapView";
import { AddressImport } from "./AddressImport";
import { UploadProgress } from "./UploadProgress";
import { upload } from "./upload";

const PREPARING_MS = 2_000;
const LIMIT_BYTES = 2 * 1024 * 1024 * 1024;

/** The report's counts, whatever the importer counts; nested ones by their path. */
export function counts(report: Record<string, unknown>, before = ""): [string, string][] {
  return Object.entries(report).flatMap(([name, value]): [string, string][] => {
    const path = before ? `${before}.${name}` : name;
    if (Array.isArray(value))
      return value.length > 0 ? [[path, value.slice(0, 3).map(String).join(" · ")]] : [];
    if (value !== null && typeof value === "object") return counts(value as Record<string, unknown>, path);
    return value === null || value === "" ? [] : [[path, String(value)]];
  });
}

export function MapImport() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const info = useQuery({
    queryKey: ["map"],
    queryFn: mapCalls.info,
    // While roads are prepared the share moves; no event says so.
    refetchInterval: ({ state }) => {
      const ways = state.data?.ways;
      return ways && ways.failed === null && ways.prepared < ways.of ? PREPARING_MS : false;
    },
  });
  const [share, setShare] = useState(0);
  const [attribution, setAttribution] = useState("© OpenStreetMap contributors");
  const load = useMutation({
    mutationFn: (file: File) => {
      setShare(0);
      const path = pathWithQuery("/v1/map/import", { attribution });
      return upload<MapImported>(path, file, setShare);
    },
    onSuccess: () => void client.invalidateQueries({ queryKey: ["map"] }),
  });
  return (
    <div className="cameras">
      <div className="cameras-side">
        <section className="panel">
          <h2 className="section-title">{t("mapimport.now")}</h2>
          <Answer query={info}>
            {(now) =>
              now.version === 0 || !now.bounds ? (
                <p className="note-warn">{t("mapimport.none")}</p>
              ) : (
                <dl className="facts">
                  <div>
                    <dt>{t("mapimport.version")}</dt>
                    <dd>{now.version}</dd>
                  </div>
                  <div>
                    <dt>{t("mapimport.roads")}</dt>
                    <dd className="number">{now.roads.toLocaleString("en")}</dd>
                  </div>
                  <div>
                    <dt>{t("mapimport.source")}</dt>
                    <dd>{now.attribution || "—"}</dd>
                  </div>
                  {now.ways && now.ways.of > 0 && (
                    <div>
                      <dt>{t("mapimport.ways")}</dt>
                      <dd data-testid="ways-state">
                        {now.ways.failed !== null ? (
                          <span className="note-warn">
                            ▲ {t("mapimport.ways_failed", { version: now.ways.version })}
                          </span>
                        ) : now.ways.prepared < now.ways.of ? (
                          t("mapimport.ways_preparing", {
                            share: Math.round((100 * now.ways.prepared) / now.ways.of),
                            version: now.ways.version,
                          })
                        ) : (
                          t("mapimport.ways_ready", { version: now.ways.version })
                        )}
                      </dd>
                    </div>
                  )}
                  {now.imported_at_us !== null && (
                    <div>
                      <dt>{t("mapimport.at")}</dt>
                      <dd>
                        <Age at={now.imported_at_us} />
                      </dd>
                    </div>
                  )}
                </dl>
              )
            }
          </Answer>
        </section>
        <section className="panel">
          <h2 className="section-title">{t("mapimport.import")}</h2>
          <TextInput
            label={t("mapimport.source")}
            description={t("mapimport.source_hint")}
            value={attribution}
            maxLength={200}
            onChange={(event) => setAttribution(event.currentTarget.value)}
          />
          <DropFile
            accept=".pbf,.osm,.xml,.geojson,.json"
            label={t("mapimport.drop")}
            hint={t("mapimport.drop_hint")}
            limit={LIMIT_BYTES}
            isBusy={load.isPending}
            onFile={(file) => load.mutate(file)}
            testId="map-file"
          />
          {load.isPending && <UploadProgress share={share} working={t("mapimport.building")} />}
          {load.error && <Failure error={load.error} />}
          {load.data && (
            <>
              <p className="note-good" role="status">
                {t("mapimport.done", { version: load.data.version })}
              </p>
              <dl className="facts">
                {counts(load.data.report).map(([name, value]) => (
                  <div key={name}>
                    <dt>{t(`mapimport.count_${name}`, { defaultValue: name })}</dt>
                    <dd className="number">{value}</dd>
                  </div>
                ))}
              </dl>
            </>
          )}
        </section>
        <AddressImport />
      </div>
      <div className="cameras-map">
        <MapView label={t("mapimport.preview")} overlays={{}} selected={null} />
      </div>
    </div>
  );
}
