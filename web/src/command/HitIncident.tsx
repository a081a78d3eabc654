import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { dispatch } from "../app/api/calls";
import type { Hit, Id, IncidentKind } from "../app/api/types";
import { Key } from "../app/Key";
import { useKeys } from "../app/keys";
import { usableKinds, useKinds } from "../app/queries";
import { sayWanted } from "../app/seen";
import { Failure } from "../app/states";

/** The 110 kind that a hit's legal basis calls for; a stolen vehicle where the list says nothing nearer. */
export function kindForHit(hit: Hit, kinds: IncidentKind[]): IncidentKind | undefined {
  return (
    kinds.find((k) => k.key === hit.entry.legal_basis) ??
    kinds.find((k) => k.key === "wanted_vehicle" && !hit.entry.legal_basis.includes("stolen")) ??
    kinds.find((k) => k.key === "stolen_vehicle") ??
    kinds[0]
  );
}

export function HitIncident({ hit, onIncident }: { hit: Hit; onIncident: (id: Id) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const kinds = useKinds();
  const open = useMutation({
    mutationFn: () => {
      const kind = kindForHit(hit, usableKinds(kinds.data ?? [], Date.now() * 1000));
      return dispatch.open({
        origin: "hit",
        priority: hit.entry.action === "stop_with_caution" ? 1 : (kind?.priority ?? 2),
        kind: kind?.key ?? "stolen_vehicle",
        summary: t("hit.incident_summary", {
          plate: hit.plate_display,
          action: t(`entry_action.${hit.entry.action}`),
          note: [sayWanted(hit.entry, t), hit.entry.reason].filter(Boolean).join("；"),
        }),
        address: hit.place_name,
        position: hit.position,
        hit: hit.id,
      });
    },
    onSuccess: (incident) => {
      client.setQueryData(["incidents", "one", incident.id], incident);
      void client.invalidateQueries({ queryKey: ["incidents"] });
      void client.invalidateQueries({ queryKey: ["hits"] });
      onIncident(incident.id);
    },
  });
  const isReady = kinds.data !== undefined && !open.isPending;
  useKeys({ d: () => isReady && open.mutate() });
  return (
    <section className="decision">
      <Button
        size="md"
        fullWidth
        disabled={!isReady}
        loading={open.isPending}
        rightSection={<Key>d</Key>}
        onClick={() => open.mutate()}
        data-testid="open-incident"
      >
        {t("hit.open_incident")}
      </Button>
      {open.error && <Failure error={open.error} />}
    </section>
  );
}
