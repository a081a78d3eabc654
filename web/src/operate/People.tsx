import { Checkbox, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { Age } from "../app/Age";
import { identity } from "../app/api/calls";
import { type Actor, ROLES, type Role } from "../app/api/types";
import { MoreButton } from "../app/MoreButton";
import { Once } from "../app/Once";
import { useSession } from "../app/session";
import { everybody, fitting, isLeftOver } from "./leftOver";
import { PersonKeys } from "./PersonKeys";
import { ProviderLinks } from "./ProviderLinks";
import { Roster, RosterForm } from "./Roster";
import { SureButton } from "./SureButton";

function Invite() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role | null>(null);
  const invite = useMutation({
    mutationFn: () => identity.invite({ name: name.trim(), role: role ?? "officer" }),
    onSuccess: () => {
      setName("");
      void client.invalidateQueries({ queryKey: ["actors"] });
    },
  });
  return (
    <RosterForm title={t("people.invite")}>
      <ActForm
        className="inline-form"
        act={invite}
        label={t("people.invite")}
        isComplete={name.trim() !== "" && role !== null}
        buttonTestId="invite-submit"
        done={
          invite.data && (
            <Once
              title={t("people.link_once")}
              hint={t("people.link_hint")}
              text={invite.data.link}
              expires_at_us={invite.data.expires_at_us}
              withQr
              testId="invite-link"
            />
          )
        }
      >
        <TextInput
          label={t("people.name")}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          required
          maxLength={80}
          data-testid="invite-name"
        />
        <Select
          label={t("people.role")}
          data={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))}
          value={role}
          onChange={(value) => setRole(value as Role | null)}
          data-testid="invite-role"
        />
      </ActForm>
    </RosterForm>
  );
}

/** Whoever decides what a colleague asks for serves in another office, so that it must be known. */
function Office({ actor }: { actor: Actor }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [office, setOffice] = useState(actor.office ?? "");
  const act = useMutation({
    mutationFn: () => identity.setOffice(actor.id, office),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["actors"] }),
  });
  return (
    <ActForm
      className="inline-form"
      act={act}
      label={t("people.office_set")}
      isComplete={office.trim() !== (actor.office ?? "")}
      button={{ size: "xs", variant: "default" }}
      buttonTestId="office-set"
    >
      <TextInput
        size="xs"
        aria-label={t("people.head_office")}
        value={office}
        onChange={(event) => setOffice(event.currentTarget.value)}
        maxLength={80}
        data-testid="office"
      />
    </ActForm>
  );
}

/** Each row has forms of its own: thousands at once are slow. */
const ROWS = 100;

interface Narrowed {
  words: string;
  onlyLeftOver: boolean;
}

/** Narrows a list of which everybody was read, and says of how many the day for old keys would shut out. */
function Narrow({
  people,
  by,
  onChange,
}: {
  people: Actor[];
  by: Narrowed;
  onChange: (by: Narrowed) => void;
}) {
  const { t } = useTranslation();
  const left = people.filter(isLeftOver).length;
  return (
    <div className="inline-form">
      <TextInput
        label={t("people.find")}
        value={by.words}
        onChange={(event) => onChange({ ...by, words: event.currentTarget.value })}
        maxLength={80}
        data-testid="people-find"
      />
      <Checkbox
        label={t("people.only_left_over", { left, all: people.length })}
        checked={by.onlyLeftOver}
        onChange={(event) => onChange({ ...by, onlyLeftOver: event.currentTarget.checked })}
        data-testid="people-left-over"
      />
    </div>
  );
}

export function People() {
  const { t } = useTranslation();
  const { me, may } = useSession();
  const client = useQueryClient();
  const query = useQuery({ queryKey: ["actors"], queryFn: () => everybody(identity.actors) });
  const [by, setBy] = useState<Narrowed>({ words: "", onlyLeftOver: false });
  const [rows, setRows] = useState(ROWS);
  const fit = useMemo(() => query.data && fitting(query.data, by.words, by.onlyLeftOver), [query.data, by]);
  const narrow = (next: Narrowed) => {
    setBy(next);
    setRows(ROWS);
  };
  const more = {
    hasNextPage: (fit?.length ?? 0) > rows,
    isFetchingNextPage: false,
    fetchNextPage: async () => setRows(rows + ROWS),
  };
  const disable = useMutation({
    mutationFn: identity.disable,
    onSuccess: () => void client.invalidateQueries({ queryKey: ["actors"] }),
  });
  return (
    <Roster
      query={{ ...query, data: fit?.slice(0, rows) }}
      form={
        <>
          {may("actors.invite") && <Invite />}
          {may("actors.link") && <ProviderLinks people={query.data ?? []} />}
          {query.data && <Narrow people={query.data} by={by} onChange={narrow} />}
        </>
      }
      empty={{ title: t("people.none_fits") }}
      act={disable}
      idOf={(actor) => actor.id}
      rowTestId="actor-row"
      columns={[
        { key: "name", head: t("people.head_name"), show: (actor) => actor.name },
        { key: "role", head: t("people.head_role"), show: (actor) => t(`role.${actor.role}`) },
        {
          key: "office",
          head: t("people.head_office"),
          show: (actor) => (may("actors.office") ? <Office actor={actor} /> : (actor.office ?? "—")),
        },
        {
          key: "state",
          head: t("people.head_state"),
          show: (actor) => (
            <span className="tag">{t(actor.is_disabled ? "people.disabled" : "people.active")}</span>
          ),
        },
        {
          key: "keys",
          head: t("people.head_keys"),
          show: (actor) => <PersonKeys keys={actor.passkeys} />,
        },
        {
          key: "seen",
          head: t("people.head_seen"),
          show: (actor) => (actor.last_seen_at_us === null ? "—" : <Age at={actor.last_seen_at_us} />),
        },
        {
          key: "act",
          head: t("people.head_act"),
          show: (actor) =>
            may("actors.disable") &&
            !actor.is_disabled &&
            actor.id !== me?.id && (
              <SureButton
                label={t("people.disable")}
                sure={t("people.disable_sure")}
                isBusy={disable.isPending && disable.variables === actor.id}
                onSure={() => disable.mutate(actor.id)}
              />
            ),
        },
      ]}
    >
      <MoreButton query={more} />
    </Roster>
  );
}
