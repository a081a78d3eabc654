import { Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { Age } from "../app/Age";
import { units as calls } from "../app/api/calls";
import type { UnitKind } from "../app/api/types";
import { useUnits } from "../app/queries";
import { Roster, RosterForm } from "./Roster";

const KINDS: UnitKind[] = ["car", "motorcycle", "foot"];

function Add() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [callSign, setCallSign] = useState("");
  const [kind, setKind] = useState<UnitKind>("car");
  const add = useMutation({
    mutationFn: () => calls.add(callSign.trim(), kind),
    onSuccess: () => {
      setCallSign("");
      void client.invalidateQueries({ queryKey: ["units"] });
    },
  });
  return (
    <RosterForm title={t("unit.add")}>
      <ActForm className="inline-form" act={add} label={t("unit.add")} isComplete={callSign.trim() !== ""}>
        <TextInput
          label={t("unit.call_sign")}
          placeholder="永康 21"
          value={callSign}
          onChange={(event) => setCallSign(event.currentTarget.value)}
          required
          maxLength={40}
        />
        <Select
          label={t("table.kind")}
          data={KINDS.map((value) => ({ value, label: t(`unit_kind.${value}`) }))}
          value={kind}
          onChange={(value) => value && setKind(value as UnitKind)}
          allowDeselect={false}
        />
      </ActForm>
    </RosterForm>
  );
}

export function Units() {
  const { t } = useTranslation();
  return (
    <Roster
      query={useUnits()}
      form={<Add />}
      empty={{ title: t("patrol.no_units") }}
      idOf={(unit) => unit.id}
      columns={[
        { key: "call_sign", head: t("unit.call_sign"), show: (unit) => unit.call_sign },
        { key: "kind", head: t("table.kind"), show: (unit) => t(`unit_kind.${unit.kind}`) },
        { key: "state", head: t("unit.state"), show: (unit) => t(`unit_state.${unit.state}`) },
        {
          key: "position",
          head: t("unit.position"),
          show: (unit) => (unit.position_at_us === null ? "—" : <Age at={unit.position_at_us} />),
        },
      ]}
    />
  );
}
