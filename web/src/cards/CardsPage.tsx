// Run cards: what incidents of each kind ask for, by alarm level. A supervisor sets them; dispatchers may read them.

import "../policy/policy.css";
import "./cards.css";
import { Button, MultiSelect, NumberInput, Select } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { taipei } from "../app/age";
import { cards as calls } from "../app/api/calls.shifts";
import type { UnitKind } from "../app/api/types";
import { SKILLS } from "../app/api/types.choice";
import { UNIT_KINDS } from "../app/api/types.dispatch";
import type { CardAsk, CardLevel, RunCards, SetCards, WriteCards } from "../app/api/types.shifts";
import { DispatchNav } from "../app/DispatchNav";
import { useKinds, useKindTitle } from "../app/queries";
import { useSession } from "../app/session";
import { Answer, Empty, Failure } from "../app/states";
import {
  ASKS_MAX,
  COUNT_MAX,
  faultOf,
  LEVELS_MAX,
  newAsk,
  withAsk,
  withChange,
  withKind,
  withLevel,
} from "./draft";
import { useSayAsk } from "./say";

function AskFields({ ask, onAsk }: { ask: CardAsk; onAsk: (ask: CardAsk | null) => void }) {
  const { t } = useTranslation();
  return (
    <li className="card-ask">
      <NumberInput
        label={t("card.count")}
        min={1}
        max={COUNT_MAX}
        clampBehavior="strict"
        value={ask.count}
        onChange={(count) => typeof count === "number" && onAsk({ ...ask, count: Math.max(1, count) })}
      />
      <Select
        label={t("card.unit_kind")}
        data={[
          { value: "", label: t("card.any_unit") },
          ...UNIT_KINDS.map((kind) => ({ value: kind, label: t(`unit_kind.${kind}`) })),
        ]}
        value={ask.unit_kind ?? ""}
        onChange={(kind) => onAsk({ ...ask, unit_kind: kind ? (kind as UnitKind) : null })}
      />
      <MultiSelect
        label={t("card.skills")}
        data={SKILLS.map((skill) => ({ value: skill, label: t(`skill.${skill}`) }))}
        value={ask.skills}
        onChange={(skills) => onAsk({ ...ask, skills })}
      />
      <Button variant="subtle" color="gray" onClick={() => onAsk(null)}>
        {t("card.remove_ask")}
      </Button>
    </li>
  );
}

interface CardProps {
  kind: string;
  levels: CardLevel[];
  isReadOnly: boolean;
  onLevels: (levels: CardLevel[] | null) => void;
}

function Card({ kind, levels, isReadOnly, onLevels }: CardProps) {
  const { t } = useTranslation();
  const title = useKindTitle();
  const sayAsk = useSayAsk();
  const fault = faultOf(levels);
  return (
    <fieldset className="panel card-kind" data-testid="card-kind" data-kind={kind}>
      <legend>{title(kind)}</legend>
      {levels.map((level, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a level is its number
        <section key={at}>
          <h3 className="section-title">{t("card.level", { level: at + 1 })}</h3>
          <ul className="card-asks">
            {level.asks.map((ask, place) =>
              isReadOnly ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: lines of a card have no other name
                <li key={place}>{sayAsk(ask)}</li>
              ) : (
                <AskFields
                  // biome-ignore lint/suspicious/noArrayIndexKey: as above
                  key={place}
                  ask={ask}
                  onAsk={(next) => onLevels(withAsk(levels, at, place, next))}
                />
              ),
            )}
          </ul>
          {fault?.level === at + 1 && <p className="ink-warn">▲ {t(`card.fault_${fault.why}`)}</p>}
          {!isReadOnly && (
            <div className="acts">
              <Button
                size="xs"
                variant="default"
                disabled={level.asks.length >= ASKS_MAX}
                onClick={() => onLevels(withAsk(levels, at, level.asks.length, newAsk()))}
              >
                {t("card.add_ask")}
              </Button>
              {at === levels.length - 1 && at > 0 && (
                <Button size="xs" variant="default" onClick={() => onLevels(levels.slice(0, -1))}>
                  {t("card.remove_level")}
                </Button>
              )}
            </div>
          )}
        </section>
      ))}
      {!isReadOnly && (
        <div className="acts">
          <Button
            size="sm"
            variant="default"
            disabled={levels.length >= LEVELS_MAX}
            onClick={() => onLevels(withLevel(levels))}
            data-testid="card-add-level"
          >
            {t("card.add_level")}
          </Button>
          <Button size="sm" variant="default" onClick={() => onLevels(null)}>
            {t("card.remove")}
            <span className="unseen"> {title(kind)}</span>
          </Button>
        </div>
      )}
    </fieldset>
  );
}

function Form({ held, isReadOnly }: { held: SetCards; isReadOnly: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const kinds = useKinds();
  const title = useKindTitle();
  const [changed, setChanged] = useState<WriteCards | null>(null);
  const draft = changed ?? { cards: held.cards };
  const save = useMutation({
    mutationFn: (body: WriteCards) => calls.set(body),
    onSuccess: (made) => {
      client.setQueryData(["run-cards"], made);
      void client.invalidateQueries({ queryKey: ["run-card"] });
      setChanged(null);
    },
    // Somebody else's cards, perhaps: then they are read, and the form says whose.
    onError: () => client.invalidateQueries({ queryKey: ["run-cards"] }),
  });
  const change = (next: RunCards) => {
    save.reset();
    setChanged(withChange(changed, held, next));
  };
  const drop = () => {
    save.reset();
    setChanged(null);
  };
  const isOutdated = changed !== null && changed.base_version !== held.version;
  const known = Object.entries(draft.cards);
  const isSound = known.every(([, levels]) => faultOf(levels) === null);
  const left = (kinds.data ?? []).filter((kind) => !(kind.key in draft.cards));
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (changed && isSound) save.mutate(changed);
      }}
      data-testid="cards-form"
    >
      <p className="dim" data-testid="cards-set-by">
        {held.set_at_us === null
          ? t("card.never_set")
          : t("policy.set_by", { name: held.set_by ?? "—", at: taipei(held.set_at_us) })}
        {isReadOnly && ` · ${t("policy.read_only")}`}
      </p>
      {known.length === 0 && <Empty title={t("card.no_cards")} hint={t("card.no_cards_hint")} />}
      {known.map(([kind, levels]) => (
        <Card
          key={kind}
          kind={kind}
          levels={levels}
          isReadOnly={isReadOnly}
          onLevels={(next) => change(withKind(draft, kind, next))}
        />
      ))}
      {!isReadOnly && (
        <>
          <Select
            className="policy-add"
            label={t("card.add")}
            searchable
            data={left.map((kind) => ({ value: kind.key, label: title(kind.key) }))}
            value={null}
            onChange={(kind) => kind && change(withKind(draft, kind, withLevel([])))}
            data-testid="card-add"
          />
          {(changed || save.isSuccess || save.error) && (
            <div className="policy-save">
              {save.error && <Failure error={save.error} />}
              {isOutdated && (
                <p className="note-warn" role="status" data-testid="cards-outdated">
                  {t("card.changed_by", { name: held.set_by ?? "—" })}{" "}
                  <Button size="xs" variant="default" onClick={drop} data-testid="cards-reload">
                    {t("card.reload")}
                  </Button>
                </p>
              )}
              <span role="status" className={changed ? "ink-warn" : "dim"}>
                {changed ? t("policy.unsaved") : save.isSuccess ? `✓ ${t("policy.saved")}` : ""}
              </span>
              <Button variant="default" disabled={!changed} onClick={drop}>
                {t("policy.undo")}
              </Button>
              <Button
                type="submit"
                disabled={!changed || !isSound || isOutdated}
                loading={save.isPending}
                data-testid="cards-save"
              >
                {t("policy.save")}
              </Button>
            </div>
          )}
        </>
      )}
    </form>
  );
}

export default function CardsPage() {
  const { t } = useTranslation();
  const { may } = useSession();
  const query = useQuery({ queryKey: ["run-cards"], queryFn: calls.all });
  return (
    <div className="page policy-page">
      <DispatchNav />
      <p>{t("card.intro")}</p>
      <Answer query={query}>{(held) => <Form held={held} isReadOnly={!may("dispatch.policy")} />}</Answer>
    </div>
  );
}
