import { Button, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { Age } from "../app/Age";
import { units as calls } from "../app/api/calls";
import { choice } from "../app/api/calls.choice";
import type { Unit, UnitKind } from "../app/api/types";
import { UNIT_KINDS } from "../app/api/types.dispatch";
import { useUnits } from "../app/queries";
import { useSession } from "../app/session";
import { Failure } from "../app/states";
import { Roster, RosterForm } from "./Roster";
import { SkillsDialog } from "./SkillsDialog";

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
          data={UNIT_KINDS.map((value) => ({ value, label: t(`unit_kind.${value}`) }))}
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
  const { may } = useSession();
  const [edited, setEdited] = useState<Unit | null>(null);
  const skills = useQuery({
    queryKey: ["unit-skills"],
    enabled: may("units.watch"),
    queryFn: async () => new Map((await choice.skills()).items.map((one) => [one.unit, one.skills])),
  });
  const skillsOf = (unit: Unit) => skills.data?.get(unit.id) ?? [];
  return (
    <>
      {skills.error && <Failure error={skills.error} onRetry={() => void skills.refetch()} />}
      {edited && <SkillsDialog unit={edited} skills={skillsOf(edited)} onClose={() => setEdited(null)} />}
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
          {
            key: "skills",
            head: t("skills.head"),
            show: (unit) => (
              <span className="skills-cell" data-testid="unit-skills" data-unit={unit.call_sign}>
                {skillsOf(unit).map((skill) => (
                  <span key={skill} className="tag">
                    {t(`skill.${skill}`, { defaultValue: skill })}
                  </span>
                ))}
                {skills.data && skillsOf(unit).length === 0 && (
                  <span className="dim">{t("skills.none")}</span>
                )}
                {skills.data && (
                  <Button size="compact-sm" variant="default" onClick={() => setEdited(unit)}>
                    {t("skills.edit")}
                    <span className="unseen"> {unit.call_sign}</span>
                  </Button>
                )}
              </span>
            ),
          },
        ]}
      />
    </>
  );
}
