// Makes a feed, or changes its mapping, device or end of agreement. Name and class stay as they were given.

import { Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../../app/ActForm";
import { microsFromTaipei, taipeiDay } from "../../app/age";
import { devices } from "../../app/api/calls";
import { feeds } from "../../app/api/calls.feeds";
import type { Id } from "../../app/api/types";
import { FEED_CLASSES, type Feed, type FeedClass } from "../../app/api/types.feeds";
import { useSession } from "../../app/session";
import { MappingFields } from "./MappingFields";
import { COLUMNS, cleaned, mappingProblems, NEW_MAPPING, rowKindOf } from "./mapping";

interface Props {
  /** Null: a new one. */
  feed: Feed | null;
  onDone: (feed: Feed) => void;
}

const NAME = /^[a-z0-9][a-z0-9-]{1,39}$/;

export function FeedForm({ feed, onDone }: Props) {
  const { t } = useTranslation();
  const { may } = useSession();
  const client = useQueryClient();
  const [name, setName] = useState(feed?.name ?? "");
  const [title, setTitle] = useState(feed?.title ?? "");
  const [feedClass, setClass] = useState<Feed["class"]>(feed?.class ?? "gantry");
  const [mapping, setMapping] = useState(feed?.mapping ?? NEW_MAPPING);
  const [kind, setKind] = useState(rowKindOf(mapping));
  const [device, setDevice] = useState<Id | null>(feed?.device ?? null);
  const [expires, setExpires] = useState(feed?.expires_at_us ? taipeiDay(feed.expires_at_us) : "");
  const partners = useQuery({
    queryKey: ["devices", "partners"],
    enabled: may("devices.read"),
    queryFn: async () =>
      (await devices.list()).items.filter((one) => one.kind === "partner" && !one.is_revoked),
  });
  const isNameWrong = name !== "" && !NAME.test(name);
  const problems = mappingProblems(mapping, kind);
  const missing = [
    ...(name === "" ? [t("feed.name")] : []),
    ...(title.trim() === "" ? [t("feed.title")] : []),
    ...COLUMNS.filter((column) => problems[column] === "missing").map((column) => t(`feed.column_${column}`)),
  ];
  const isComplete = NAME.test(name) && missing.length === 0 && Object.keys(problems).length === 0;
  const define = useMutation({
    mutationFn: () =>
      feeds.define({
        name,
        title: title.trim(),
        class: feedClass,
        mapping: cleaned(mapping, kind),
        device,
        // The agreement holds to the last moment of its day.
        expires_at_us: expires ? microsFromTaipei(`${expires}T23:59:59`) : null,
      }),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: ["feeds"] });
      onDone(made);
    },
  });
  return (
    <ActForm
      className="form-grid"
      act={define}
      label={t(feed ? "feed.save" : "feed.add")}
      isComplete={isComplete}
      done={
        missing.length > 0 && (
          <p className="dim">{t("feed.still", { what: missing.join(t("app.list_joiner")) })}</p>
        )
      }
      testId="feed-form"
      buttonTestId="feed-save"
    >
      {!feed && (
        <>
          <TextInput
            label={t("feed.name")}
            description={t("feed.name_hint")}
            placeholder="freeway-m06a"
            value={name}
            onChange={(event) => setName(event.currentTarget.value.toLowerCase())}
            error={isNameWrong && t("errors.sightings.feed.name")}
            maxLength={40}
            required
            spellCheck={false}
            data-testid="feed-name"
          />
          <Select
            label={t("feed.class")}
            description={t("feed.class_hint")}
            data={FEED_CLASSES.map((value) => ({ value, label: t(`custody.class_${value}`) }))}
            value={feedClass}
            onChange={(value) => value && setClass(value as FeedClass)}
            allowDeselect={false}
          />
        </>
      )}
      <TextInput
        className="form-wide"
        label={t("feed.title")}
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
        maxLength={80}
        required
        data-testid="feed-title"
      />
      <MappingFields mapping={mapping} kind={kind} onChange={setMapping} onKind={setKind} />
      <Select
        label={t("feed.device")}
        description={t("feed.device_hint")}
        placeholder={t("feed.device_none")}
        data={(partners.data ?? []).map((one) => ({ value: one.id, label: one.name }))}
        value={device}
        onChange={setDevice}
        clearable
      />
      <TextInput
        type="date"
        label={t("feed.expires")}
        description={t("feed.expires_hint")}
        value={expires}
        min={taipeiDay(Date.now() * 1000)}
        onChange={(event) => setExpires(event.currentTarget.value)}
      />
    </ActForm>
  );
}
