import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { taipeiTime } from "../app/age";
import { dispatch } from "../app/api/calls";
import type { Assignment, Micros } from "../app/api/types";
import { Failure } from "../app/states";
import { RadioSteps } from "./desk/RadioSteps";

/** The way of an order: each stop is a fact with its time, or still empty. */
export function stopsOf(a: Assignment): { name: string; at: Micros | null }[] {
  return [
    { name: "sent", at: a.offered_at_us },
    { name: "delivered", at: a.delivered_at_us },
    { name: "accepted", at: a.accepted_at_us },
    { name: "en_route", at: a.en_route_at_us },
    { name: "on_scene", at: a.on_scene_at_us },
    { name: "closed", at: a.state === "closed" ? a.closed_at_us : null },
  ];
}

export function AssignmentLine({ assignment, mayCancel }: { assignment: Assignment; mayCancel: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isCancelling, setCancelling] = useState(false);
  const [reason, setReason] = useState("");
  const cancel = useMutation({
    mutationFn: () => dispatch.cancel(assignment.id, reason),
    onSuccess: () => {
      setCancelling(false);
      void client.invalidateQueries({ queryKey: ["incidents"] });
    },
  });
  const isOver = ["closed", "declined", "cancelled"].includes(assignment.state);
  const isRefused = assignment.state === "declined" || assignment.state === "cancelled";
  return (
    <div className="assignment" data-testid="assignment" data-unit={assignment.call_sign}>
      <div className="assignment-top">
        <strong>{assignment.call_sign}</strong>
        <span
          className={`tag ${assignment.state === "declined" ? "tag-alarm" : ""}`}
          data-testid="assignment-state"
          data-state={assignment.state}
        >
          {assignment.state === "offered" && assignment.delivered_at_us
            ? t("assignment_state.delivered")
            : t(`assignment_state.${assignment.state}`)}
        </span>
        <span className="grow" />
        {mayCancel && !isOver && !isCancelling && (
          <Button size="compact-sm" variant="subtle" color="gray" onClick={() => setCancelling(true)}>
            {t("assignment.cancel")}
          </Button>
        )}
      </div>
      {!isRefused && (
        <ol className="stops">
          {stopsOf(assignment).map((stop) => (
            <li key={stop.name} data-done={stop.at !== null || undefined}>
              <span className="stop-mark" aria-hidden="true" />
              <span>{t(`stop.${stop.name}`)}</span>
              <span className="number dim">{stop.at === null ? "—" : taipeiTime(stop.at).slice(0, 5)}</span>
            </li>
          ))}
        </ol>
      )}
      {mayCancel && <RadioSteps assignment={assignment} />}
      {assignment.replies.map((reply) => (
        <p key={reply.at_us} className="reply">
          {reply.text} <Age at={reply.at_us} className="dim" />
        </p>
      ))}
      {assignment.closing_code && <p className="dim">{t(`closing_code.${assignment.closing_code}`)}</p>}
      {isCancelling && (
        <div className="decision">
          <TextInput
            label={t("assignment.cancel_reason")}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <div className="two">
            <Button variant="default" onClick={() => setCancelling(false)}>
              {t("app.back")}
            </Button>
            <Button
              color="red"
              disabled={!reason.trim()}
              loading={cancel.isPending}
              onClick={() => cancel.mutate()}
            >
              {t("assignment.cancel")}
            </Button>
          </div>
          {cancel.error && <Failure error={cancel.error} />}
        </div>
      )}
    </div>
  );
}
