import { Button, NumberInput, Table, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { cameras as calls } from "../app/api/calls";
import type { Camera, Wgs84 } from "../app/api/types";
import { DropFile } from "../app/DropFile";
import { useCameras } from "../app/queries";
import { useSession } from "../app/session";
import { Answer, Empty, Failure } from "../app/states";
import { cameraFeatures, pointFeature } from "../map/features";
import { MapView } from "../map/MapView";

const LIMIT_BYTES = 4 * 1024 * 1024;

export function Cameras() {
  const { t } = useTranslation();
  const { may } = useSession();
  const client = useQueryClient();
  const query = useCameras();
  const [name, setName] = useState("");
  const [place, setPlace] = useState<Wgs84 | null>(null);
  const [heading, setHeading] = useState<number | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const refresh = () => void client.invalidateQueries({ queryKey: ["cameras"] });
  const add = useMutation({
    mutationFn: () =>
      calls.add({
        name: name.trim(),
        position: place as Wgs84,
        ...(heading === null ? {} : { heading_deg: heading }),
      }),
    onSuccess: () => {
      setName("");
      setPlace(null);
      refresh();
    },
  });
  const importCsv = useMutation({ mutationFn: calls.importCsv, onSuccess: refresh });
  const setActive = useMutation({
    mutationFn: (camera: Camera) => calls.setActive(camera.id, !camera.is_active),
    onSuccess: refresh,
  });
  const list = query.data ?? [];
  return (
    <div className="cameras">
      <div className="cameras-side">
        {may("cameras.manage") && (
          <section className="panel">
            <h2 className="section-title">{t("camera.add")}</h2>
            <form
              className="stack"
              onSubmit={(event) => {
                event.preventDefault();
                add.mutate();
              }}
            >
              <TextInput
                label={t("camera.name")}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                required
                maxLength={80}
              />
              <NumberInput
                label={t("camera.heading")}
                description={t("camera.heading_hint")}
                min={0}
                max={359}
                value={heading ?? ""}
                onChange={(value) => setHeading(typeof value === "number" ? value : null)}
              />
              <p className={place ? "number" : "dim"}>
                {place ? `${place.lat.toFixed(5)}, ${place.lon.toFixed(5)}` : t("camera.click_map")}
              </p>
              <Button type="submit" disabled={!name.trim() || !place} loading={add.isPending}>
                {t("camera.add")}
              </Button>
              {add.error && <Failure error={add.error} />}
            </form>
            <DropFile
              accept=".csv,text/csv"
              label={t("camera.import")}
              hint={t("camera.import_hint")}
              limit={LIMIT_BYTES}
              isBusy={importCsv.isPending}
              onFile={(file) => importCsv.mutate(file)}
              testId="cameras-file"
            />
            {importCsv.error && <Failure error={importCsv.error} />}
            {importCsv.data && (
              <p className="note-good" role="status">
                {t("camera.imported", {
                  accepted: importCsv.data.accepted ?? 0,
                  errors: importCsv.data.errors?.length ?? 0,
                })}
              </p>
            )}
          </section>
        )}
        <Answer query={query}>
          {(cameras) =>
            cameras.length === 0 ? (
              <Empty title={t("camera.none")} hint={t("camera.none_hint")} />
            ) : (
              <div className="wide-table">
                <Table highlightOnHover>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t("camera.name")}</Table.Th>
                      <Table.Th>{t("camera.state")}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {cameras.map((camera) => (
                      <Table.Tr key={camera.id} aria-selected={camera.id === chosen}>
                        <Table.Td>
                          <button type="button" className="plain-link" onClick={() => setChosen(camera.id)}>
                            {camera.name}
                          </button>
                        </Table.Td>
                        <Table.Td className={camera.is_active ? undefined : "ink-warn"}>
                          {t(camera.is_active ? "camera.active" : "camera.inactive")}{" "}
                          {may("cameras.manage") && (
                            <Button
                              size="compact-sm"
                              variant="default"
                              ml="sm"
                              loading={setActive.isPending && setActive.variables.id === camera.id}
                              onClick={() => setActive.mutate(camera)}
                            >
                              {t(camera.is_active ? "camera.stop" : "camera.start")}
                            </Button>
                          )}
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </div>
            )
          }
        </Answer>
      </div>
      <div className="cameras-map">
        <MapView
          label={t("camera.map_label")}
          overlays={{
            cameras: cameraFeatures(list),
            pin: place ? [pointFeature("pin", place, { icon: "pin.camera" })] : [],
          }}
          selected={list.find((c) => c.id === chosen)?.position ?? null}
          onPick={({ id }) => setChosen(id)}
          onPlace={setPlace}
        />
      </div>
    </div>
  );
}
