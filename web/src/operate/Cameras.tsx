import { Button, NumberInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { cameras as calls } from "../app/api/calls";
import type { Camera, Wgs84 } from "../app/api/types";
import { DropFile } from "../app/DropFile";
import { useCameras } from "../app/queries";
import { useSession } from "../app/session";
import { Failure } from "../app/states";
import { cameraFeatures, pointFeature } from "../map/features";
import { MapView } from "../map/MapView";
import { Roster, RosterForm } from "./Roster";
import { SHOWN_MAX } from "./register";

const LIMIT_BYTES = 4 * 1024 * 1024;

function Add({ place, onAdded }: { place: Wgs84 | null; onAdded: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [heading, setHeading] = useState<number | null>(null);
  const [office, setOffice] = useState("");
  const refresh = () => void client.invalidateQueries({ queryKey: ["cameras"] });
  const add = useMutation({
    mutationFn: () =>
      calls.add({
        name: name.trim(),
        position: place as Wgs84,
        ...(heading === null ? {} : { heading_deg: heading }),
        ...(office.trim() === "" ? {} : { office: office.trim() }),
      }),
    onSuccess: () => {
      setName("");
      onAdded();
      refresh();
    },
  });
  const importCsv = useMutation({ mutationFn: calls.importCsv, onSuccess: refresh });
  return (
    <RosterForm title={t("camera.add")}>
      <ActForm
        className="stack"
        act={add}
        label={t("camera.add")}
        isComplete={name.trim() !== "" && place !== null}
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
        <TextInput
          label={t("camera.office")}
          description={t("camera.office_hint")}
          value={office}
          onChange={(event) => setOffice(event.currentTarget.value)}
          maxLength={80}
        />
        <p className={place ? "number" : "dim"}>
          {place ? `${place.lat.toFixed(5)}, ${place.lon.toFixed(5)}` : t("camera.click_map")}
        </p>
      </ActForm>
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
    </RosterForm>
  );
}

/** Whose camera it is, with a button that opens a field in its place. */
function Office({ camera }: { camera: Camera }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [office, setOffice] = useState<string | null>(null);
  const save = useMutation({
    mutationFn: () => calls.setOffice(camera.id, (office ?? "").trim()),
    onSuccess: () => {
      setOffice(null);
      void client.invalidateQueries({ queryKey: ["cameras"] });
    },
  });
  if (office === null) {
    return (
      <>
        {camera.office ?? <span className="dim">{t("camera.no_office")}</span>}{" "}
        <Button
          size="compact-sm"
          variant="default"
          ml="sm"
          aria-label={`${t("camera.set_office")}: ${camera.name}`}
          onClick={() => setOffice(camera.office ?? "")}
        >
          {t("camera.set_office")}
        </Button>
      </>
    );
  }
  return (
    <ActForm className="inline-form" act={save} label={t("camera.save_office")} isComplete>
      <TextInput
        aria-label={`${t("camera.office")}: ${camera.name}`}
        value={office}
        onChange={(event) => setOffice(event.currentTarget.value)}
        maxLength={80}
      />
    </ActForm>
  );
}

export function Cameras() {
  const { t } = useTranslation();
  const { may } = useSession();
  const client = useQueryClient();
  const query = useCameras();
  const [place, setPlace] = useState<Wgs84 | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const setActive = useMutation({
    mutationFn: (camera: Camera) => calls.setActive(camera.id, !camera.is_active),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["cameras"] }),
  });
  const list = query.data ?? [];
  const [words, setWords] = useState("");
  const found = useMemo(() => {
    const wanted = words.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
    return (query.data ?? []).filter((camera) => {
      const name = camera.name.normalize("NFKC").toLowerCase();
      return wanted.every((word) => name.includes(word));
    });
  }, [query.data, words]);
  const mayManage = may("cameras.manage");
  return (
    <div className="cameras">
      <div className="cameras-side">
        {mayManage && <Add place={place} onAdded={() => setPlace(null)} />}
        <TextInput
          label={t("camera.search")}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        <Roster
          query={{ ...query, data: query.data && found.slice(0, SHOWN_MAX) }}
          act={setActive}
          empty={
            list.length === 0
              ? { title: t("camera.none"), hint: t("camera.none_hint") }
              : { title: t("register.none_found") }
          }
          idOf={(camera) => camera.id}
          chosen={chosen}
          columns={[
            {
              key: "name",
              head: t("camera.name"),
              show: (camera) => (
                <button type="button" className="plain-link" onClick={() => setChosen(camera.id)}>
                  {camera.name}
                </button>
              ),
            },
            {
              key: "office",
              head: t("camera.office"),
              show: (camera) =>
                mayManage ? (
                  <Office camera={camera} />
                ) : (
                  (camera.office ?? <span className="dim">{t("camera.no_office")}</span>)
                ),
            },
            {
              key: "state",
              head: t("camera.state"),
              className: (camera) => (camera.is_active ? undefined : "ink-warn"),
              show: (camera) => (
                <>
                  {t(camera.is_active ? "camera.active" : "camera.inactive")}{" "}
                  {mayManage && (
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
                </>
              ),
            },
          ]}
        >
          {found.length > SHOWN_MAX && (
            <p className="dim">{t("register.more", { count: found.length - SHOWN_MAX })}</p>
          )}
        </Roster>
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
