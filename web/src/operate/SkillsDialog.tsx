import { Button, Checkbox, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { choice } from "../app/api/calls.choice";
import type { Unit } from "../app/api/types";
import { SKILLS } from "../app/api/types.choice";
import { Failure } from "../app/states";

interface Props {
  unit: Unit;
  skills: string[];
  onClose: () => void;
}

/** Who and what is in the car today. */
export function SkillsDialog({ unit, skills, onClose }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [chosen, setChosen] = useState(skills);
  const save = useMutation({
    mutationFn: () => choice.setSkills(unit.id, chosen),
    onSuccess: () => {
      for (const name of ["unit-skills", "recommendations"])
        void client.invalidateQueries({ queryKey: [name] });
      onClose();
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("skills.title", { call_sign: unit.call_sign })}
      closeButtonProps={{ "aria-label": t("app.close") }}
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
        data-testid="skills-dialog"
      >
        <p className="dim">{t("skills.hint")}</p>
        <Checkbox.Group value={chosen} onChange={setChosen} aria-label={t("skills.head")}>
          <div className="stack">
            {SKILLS.map((skill) => (
              <Checkbox key={skill} value={skill} size="md" label={t(`skill.${skill}`)} />
            ))}
          </div>
        </Checkbox.Group>
        {save.error && <Failure error={save.error} />}
        <div className="two">
          <Button variant="default" onClick={onClose}>
            {t("app.cancel")}
          </Button>
          <Button type="submit" loading={save.isPending} data-testid="skills-save">
            {t("app.save")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
