// Which kinds of incident ask for which equipment and skills.

import { Button, Checkbox, Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { SKILLS } from "../app/api/types.choice";
import { useKinds, useKindTitle } from "../app/queries";

interface Props {
  needs: Record<string, string[]>;
  isReadOnly: boolean;
  onChange: (kind: string, skills: string[] | null) => void;
}

export function Needs({ needs, isReadOnly, onChange }: Props) {
  const { t } = useTranslation();
  const kinds = useKinds();
  const title = useKindTitle();
  const asked = Object.keys(needs);
  const left = (kinds.data ?? []).filter((kind) => !asked.includes(kind.key));
  return (
    <>
      {asked.length === 0 && <p className="dim">{t("policy.needs_none")}</p>}
      {asked.map((kind) => (
        <fieldset key={kind} className="policy-needs" data-testid="policy-need" data-kind={kind}>
          <legend>{title(kind)}</legend>
          <Checkbox.Group value={needs[kind] ?? []} onChange={(skills) => onChange(kind, skills)}>
            <div className="policy-skills">
              {SKILLS.map((skill) => (
                <Checkbox key={skill} value={skill} label={t(`skill.${skill}`)} disabled={isReadOnly} />
              ))}
            </div>
          </Checkbox.Group>
          {!isReadOnly && (
            <Button size="xs" variant="default" onClick={() => onChange(kind, null)}>
              {t("policy.needs_remove")}
              <span className="unseen"> {title(kind)}</span>
            </Button>
          )}
        </fieldset>
      ))}
      {!isReadOnly && (
        <Select
          className="policy-add"
          label={t("policy.needs_add")}
          searchable
          data={left.map((kind) => ({ value: kind.key, label: title(kind.key) }))}
          value={null}
          onChange={(kind) => kind && onChange(kind, [])}
          data-testid="policy-add-kind"
        />
      )}
    </>
  );
}
