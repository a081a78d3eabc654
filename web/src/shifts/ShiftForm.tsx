// One shift: written anew, changed, or struck out. What overlaps is refused with the name of the other.

import { Button, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { taipeiField } from "../app/age";
import { shifts as calls } from "../app/api/calls.shifts";
import { ApiError } from "../app/api/client";
import type { Micros } from "../app/api/types";
import type { Shift } from "../app/api/types.shifts";
import { useUnits } from "../app/queries";
import { Failure } from "../app/states";
import { SureButton } from "../operate/SureButton";
import { checked, type Draft, draftOf } from "./roster";

const HOUR_US = 3_600_000_000;

interface Props {
  shift: Shift | null;
  /** Midnight of the day that is shown. */
  day_us: Micros;
  onEnd: () => void;
}

export function ShiftForm({ shift, day_us, onEnd }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const units = useUnits();
  const [draft, setDraft] = useState<Draft>(
    shift
      ? draftOf(shift)
      : {
          unit: null,
          name: "",
          from: taipeiField(day_us + 8 * HOUR_US),
          until: taipeiField(day_us + 20 * HOUR_US),
        },
  );
  const [isTried, setTried] = useState(false);
  const done = () => {
    for (const name of ["shifts", "shift-board"]) void client.invalidateQueries({ queryKey: [name] });
    onEnd();
  };
  const body = checked(draft);
  const save = useMutation({
    mutationFn: async () => {
      if (typeof body === "string") return;
      await (shift ? calls.change(shift.id, body) : calls.add(body));
    },
    onSuccess: done,
  });
  const remove = useMutation({ mutationFn: (id: Shift["id"]) => calls.remove(id), onSuccess: done });
  const fault = typeof body === "string" ? body : null;
  const error = save.error ?? remove.error;
  return (
    <form
      className="panel"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (!fault) save.mutate();
      }}
      data-testid="shift-form"
    >
      <div className="form-grid">
        <Select
          label={t("shift.unit")}
          searchable
          data={(units.data ?? []).map((unit) => ({ value: unit.id, label: unit.call_sign }))}
          value={draft.unit}
          onChange={(unit) => setDraft({ ...draft, unit })}
          data-testid="shift-unit"
        />
        <TextInput
          label={t("shift.name")}
          description={t("shift.name_hint")}
          value={draft.name}
          onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
          data-testid="shift-name"
        />
        <TextInput
          type="datetime-local"
          label={t("shift.from")}
          value={draft.from}
          onChange={(event) => setDraft({ ...draft, from: event.currentTarget.value })}
          data-testid="shift-from"
        />
        <TextInput
          type="datetime-local"
          label={t("shift.until_head")}
          value={draft.until}
          onChange={(event) => setDraft({ ...draft, until: event.currentTarget.value })}
          data-testid="shift-until"
        />
      </div>
      {isTried && fault && (
        <p role="alert" className="ink-warn">
          ▲ {t(`shift.fault_${fault}`)}
        </p>
      )}
      {error && <Failure error={error} />}
      {error instanceof ApiError && error.key === "dispatch.roster.overlap" && (
        <p className="dim" data-testid="shift-overlap">
          {error.problem.detail}
        </p>
      )}
      <div className="par-acts">
        <Button type="submit" loading={save.isPending} data-testid="shift-save">
          {t("shift.save")}
        </Button>
        <Button variant="default" onClick={onEnd}>
          {t("app.cancel")}
        </Button>
        <span className="grow" />
        {shift && (
          <SureButton
            size="md"
            label={t("shift.remove")}
            sure={t("shift.remove_sure")}
            isBusy={remove.isPending}
            onSure={() => remove.mutate(shift.id)}
            testId="shift-remove"
          />
        )}
      </div>
    </form>
  );
}
