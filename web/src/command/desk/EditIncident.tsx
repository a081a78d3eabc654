// Corrects an incident where it stands: kind, priority, address and place. What somebody else changed meanwhile is not overwritten.

import { Button, type ComboboxItem, Select } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNow } from "../../app/age";
import { desk } from "../../app/api/calls.desk";
import type { Incident, Wgs84 } from "../../app/api/types";
import type { PlaceCandidate } from "../../app/api/types.places";
import { Key } from "../../app/Key";
import { leavesForm, useKeys } from "../../app/keys";
import { usableKinds, useKinds } from "../../app/queries";
import { Failure } from "../../app/states";
import { byName } from "../intake/kinds";
import { AddressBox, type PlaceMap } from "../places/AddressBox";
import { amendment, editedOf, wayBack } from "./amend";
import { tellDone } from "./undo";

/** The map's click while an incident is corrected. */
export interface PlaceByHand {
  listen: (take: ((place: Wgs84) => void) | null) => void;
}

interface Props {
  incident: Incident;
  map: PlaceMap;
  byHand: PlaceByHand;
}

export function EditIncident(props: Props) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  useKeys({ e: () => setOpen(true) }, !isOpen);
  if (isOpen) return <Form {...props} onClose={() => setOpen(false)} />;
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      color="gray"
      onClick={() => setOpen(true)}
      rightSection={<Key>e</Key>}
      data-testid="edit-incident"
    >
      {t("desk.edit")}
    </Button>
  );
}

function Form({ incident, map, byHand, onClose }: Props & { onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const kinds = useKinds();
  const now_us = useNow() * 1000;
  const [was] = useState(() => editedOf(incident));
  const [edited, setEdited] = useState(was);
  const [picked, setPicked] = useState<PlaceCandidate | null>(null);
  const change = (part: Partial<typeof edited>) => setEdited((old) => ({ ...old, ...part }));
  const { listen } = byHand;
  useEffect(() => {
    listen((position) => setEdited((old) => ({ ...old, position })));
    return () => listen(null);
  }, [listen]);

  const body = amendment(was, edited);
  const amend = useMutation({
    mutationFn: async () => body && desk.amend(incident.id, body),
    onSuccess: () => {
      if (body) {
        const undo = () => desk.amend(incident.id, wayBack(body));
        tellDone({ said: t("desk.amended", { number: incident.number }), undo });
      }
      onClose();
    },
    onSettled: () => void client.invalidateQueries({ queryKey: ["incidents"] }),
  });
  const all = kinds.data ?? [];
  const usable = usableKinds(all, now_us);
  const offered = usable.some((kind) => kind.key === was.kind)
    ? usable
    : [...usable, ...all.filter((kind) => kind.key === was.kind)];
  return (
    <form
      className="decision"
      data-testid="edit-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (body) amend.mutate();
      }}
      onKeyDown={(event) => {
        if (!leavesForm(event)) return;
        event.preventDefault();
        onClose();
      }}
    >
      <Select
        label={t("call.kind")}
        searchable
        autoFocus
        data={offered.map((kind) => ({
          value: kind.key,
          label: i18n.language === "en" ? kind.title_en : kind.title_zh,
        }))}
        filter={({ options, search }) => byName(options as ComboboxItem[], search, offered)}
        value={edited.kind}
        onChange={(kind) => kind && change({ kind })}
        data-testid="edit-kind"
      />
      <Select
        label={t("call.priority")}
        data={[1, 2, 3, 4].map((n) => ({ value: String(n), label: t(`priority.${n}`) }))}
        value={String(edited.priority)}
        onChange={(value) => value && change({ priority: Number(value) })}
        data-testid="edit-priority"
      />
      <AddressBox
        text={edited.address}
        onText={(address) => {
          change({ address });
          setPicked(null);
        }}
        picked={picked}
        isPlaced
        onPick={(choice) => {
          setPicked(choice);
          change({ position: choice.position, ...(choice.is_completion ? { address: choice.address } : {}) });
          map.show(choice.position);
        }}
        map={map}
      />
      <p className="number dim">
        {edited.position
          ? `${edited.position.lat.toFixed(5)}, ${edited.position.lon.toFixed(5)}`
          : t("incident.no_position")}{" "}
        · {t("desk.click_map")}
      </p>
      <div className="two">
        <Button variant="default" onClick={onClose}>
          {t("app.back")}
        </Button>
        <Button type="submit" disabled={!body} loading={amend.isPending} data-testid="save-edit">
          {t("desk.save")}
        </Button>
      </div>
      {amend.error && <Failure error={amend.error} />}
    </form>
  );
}
