// By which identity providers' word somebody may sign in. Nothing but an operator's act links an account.

import { Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { providers } from "../app/api/calls.providers";
import type { Actor, Id } from "../app/api/types";
import { Failure } from "../app/states";
import { RosterForm } from "./Roster";
import { SureButton } from "./SureButton";

function Links({ person, titles }: { person: Id; titles: Map<string, string> }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const links = useQuery({ queryKey: ["provider-links", person], queryFn: () => providers.links(person) });
  const unlink = useMutation({
    mutationFn: (issuer: string) => providers.unlink(person, issuer),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["provider-links", person] }),
  });
  if (links.error) return <Failure error={links.error} />;
  return (
    <>
      {links.data?.items.length === 0 && <p className="dim">{t("people.provider_none")}</p>}
      {links.data?.items.map(({ issuer, provider, subject }) => (
        <p key={issuer} data-testid="provider-link">
          {provider ? (titles.get(provider) ?? provider) : t("people.provider_gone", { issuer })} · {subject}{" "}
          <SureButton
            label={t("people.provider_unlink")}
            sure={t("people.provider_unlink_sure")}
            isBusy={unlink.isPending && unlink.variables === issuer}
            onSure={() => unlink.mutate(issuer)}
          />
        </p>
      ))}
      {unlink.error && <Failure error={unlink.error} />}
    </>
  );
}

export function ProviderLinks({ people }: { people: Actor[] }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const listed = useQuery({ queryKey: ["providers"], queryFn: providers.list });
  const [person, setPerson] = useState<Id | null>(null);
  const [provider, setProvider] = useState<string | null>(null);
  const [subject, setSubject] = useState("");
  const link = useMutation({
    mutationFn: () => providers.link(person ?? "", provider ?? "", subject.trim()),
    onSuccess: () => {
      setSubject("");
      void client.invalidateQueries({ queryKey: ["provider-links", person] });
    },
  });
  if (!listed.data?.items.length) return null;
  return (
    <RosterForm title={t("people.provider_links")}>
      <ActForm
        className="inline-form"
        act={link}
        label={t("people.provider_link")}
        isComplete={person !== null && provider !== null && subject.trim() !== ""}
        buttonTestId="provider-link-submit"
      >
        <Select
          label={t("people.provider_person")}
          data={people.map(({ id, name }) => ({ value: id, label: name }))}
          value={person}
          onChange={setPerson}
          searchable
          data-testid="provider-link-person"
        />
        <Select
          label={t("people.provider")}
          data={listed.data.items.map(({ name, title }) => ({ value: name, label: title }))}
          value={provider}
          onChange={setProvider}
          data-testid="provider-link-provider"
        />
        <TextInput
          label={t("people.provider_subject")}
          value={subject}
          onChange={(event) => setSubject(event.currentTarget.value)}
          maxLength={255}
          data-testid="provider-link-subject"
        />
      </ActForm>
      {person && (
        <Links person={person} titles={new Map(listed.data.items.map(({ name, title }) => [name, title]))} />
      )}
    </RosterForm>
  );
}
