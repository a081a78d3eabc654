// On an incident's card: what it is merged into, what is merged into it, and what it may be another report of.

import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { dispatch } from "../../app/api/calls";
import { intake } from "../../app/api/calls.intake";
import type { Id, Incident } from "../../app/api/types";
import { Failure } from "../../app/states";
import { afterMerge } from "./afterMerge";
import { DuplicateList } from "./DuplicateList";
import { takenIn } from "./duplicates";
import "./intake.css";

const AGAIN_MS = 30_000;

interface Props {
  incident: Incident;
  mayOrder: boolean;
  onIncident: (id: Id) => void;
}

/** Shown in place of everything that could be done to a merged incident. */
export function MergedNote({ incident, mayOrder, onIncident }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const undo = useMutation({
    mutationFn: () => intake.unmerge(incident.id),
    onSuccess: () => afterMerge(client),
  });
  const into = incident.merged_into;
  if (!into) return null;
  return (
    <section className="merged-note" data-testid="merged-note">
      <p>{t("merge.is_merged")}</p>
      <Button variant="default" onClick={() => onIncident(into)} data-testid="go-merged-into">
        {t("merge.go_target")}
      </Button>
      {mayOrder && (
        <Button
          variant="default"
          loading={undo.isPending}
          onClick={() => undo.mutate()}
          data-testid="unmerge"
        >
          {t("merge.undo")}
        </Button>
      )}
      {undo.error && <Failure error={undo.error} />}
    </section>
  );
}

export function MergeBox({ incident, mayOrder, onIncident }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const log = useQuery({
    queryKey: ["incidents", "log", incident.id],
    queryFn: () => dispatch.log(incident.id),
  });
  const like = useQuery({
    // Not below "incidents": each question leaves a leaf, and the live stream would ask again for each change of each incident.
    queryKey: ["duplicates-of", incident.id],
    staleTime: AGAIN_MS,
    queryFn: () => intake.duplicatesOf(incident.id),
    enabled: incident.kind !== "sos",
  });
  const merge = useMutation({
    mutationFn: (into: Id) => intake.merge(incident.id, into),
    onSuccess: (_, into) => {
      afterMerge(client);
      onIncident(into);
    },
  });
  const reports = takenIn(log.data?.items ?? []);
  return (
    <>
      {reports.length > 0 && (
        <section data-testid="taken-in">
          <h3 className="section-title">{t("merge.reports")}</h3>
          {reports.map((one) => (
            <button
              key={one.incident}
              type="button"
              className="plain-link number"
              onClick={() => onIncident(one.incident)}
              data-testid="taken-in-one"
            >
              {one.number}
            </button>
          ))}
        </section>
      )}
      <DuplicateList
        title={t("merge.resembles")}
        found={like.data?.items ?? []}
        act={t("merge.into")}
        isBusy={merge.isPending}
        isOff={!mayOrder}
        onAct={(into) => merge.mutate(into)}
      />
      {merge.error && <Failure error={merge.error} />}
    </>
  );
}
