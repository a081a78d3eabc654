// Neighbouring centres: which key speaks for which domain, and so may tell us of incidents and warnings.

import "./exchange.css";
import { Button, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { ActForm } from "../../app/ActForm";
import { taipei } from "../../app/age";
import { devices } from "../../app/api/calls";
import { partners } from "../../app/api/calls.exchange";
import type { Device, Id } from "../../app/api/types";
import type { DefinePartner, Partner } from "../../app/api/types.exchange";
import { useSession } from "../../app/session";
import { Roster, RosterForm } from "../Roster";
import { SureButton } from "../SureButton";
import { isDomain } from "./outcome";

function usePartnerKeys(): Device[] {
  const { may } = useSession();
  const query = useQuery({
    queryKey: ["devices", "keys"],
    enabled: may("devices.read"),
    queryFn: async () => (await devices.list()).items.filter((one) => one.kind === "partner"),
  });
  return query.data ?? [];
}

function Define({ keys, known }: { keys: Device[]; known: Partner[] }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [device, setDevice] = useState<Id | null>(null);
  const [title, setTitle] = useState("");
  const [element, setElement] = useState("");
  const define = useMutation({
    mutationFn: (asked: DefinePartner) => partners.define(asked),
    onSuccess: () => {
      setDevice(null);
      setTitle("");
      setElement("");
      void client.invalidateQueries({ queryKey: ["partners"] });
    },
  });
  const choose = (id: Id | null) => {
    setDevice(id);
    // A key that is known is changed, not defined twice.
    const before = known.find((one) => one.device === id);
    if (before) {
      setTitle(before.title);
      setElement(before.element);
    }
  };
  const isElementWrong = element.trim() !== "" && !isDomain(element);
  const live = keys.filter((one) => !one.is_revoked);
  return (
    <RosterForm title={t("partner.define")}>
      <p className="dim">
        {t("partner.intro")}{" "}
        <Link className="plain-link" href="/operate?tab=devices">
          {t("partner.to_devices")}
        </Link>
      </p>
      <ActForm
        className="form-grid"
        act={{ ...define, mutate: () => device && define.mutate({ device, title: title.trim(), element }) }}
        label={t(known.some((one) => one.device === device) ? "partner.change" : "partner.add")}
        isComplete={device !== null && title.trim() !== "" && isDomain(element)}
        testId="partner-form"
        buttonTestId="partner-save"
      >
        <Select
          label={t("partner.device")}
          description={t("partner.device_hint")}
          placeholder={t(live.length > 0 ? "partner.device_choose" : "partner.device_none")}
          data={live.map((one) => ({ value: one.id, label: one.name }))}
          value={device}
          onChange={choose}
          data-testid="partner-device"
        />
        <TextInput
          label={t("partner.title")}
          description={t("partner.title_hint")}
          placeholder="高雄市勤務指揮中心"
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
          maxLength={80}
          required
          data-testid="partner-title"
        />
        <TextInput
          className="form-wide"
          label={t("partner.element")}
          description={t("partner.element_hint")}
          placeholder="cad.kaohsiung.example"
          value={element}
          onChange={(event) => setElement(event.currentTarget.value)}
          error={isElementWrong && t("errors.dispatch.partner.element")}
          required
          spellCheck={false}
          data-testid="partner-element"
        />
      </ActForm>
    </RosterForm>
  );
}

export function Partners() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const keys = usePartnerKeys();
  const query = useQuery({ queryKey: ["partners"], queryFn: partners.list, refetchInterval: 60_000 });
  const refresh = () => void client.invalidateQueries({ queryKey: ["partners"] });
  const end = useMutation({ mutationFn: partners.end, onSuccess: refresh });
  const begin = useMutation({
    mutationFn: ({ device, title, element }: Partner) => partners.define({ device, title, element }),
    onSuccess: refresh,
  });
  const keyOf = (one: Partner) => keys.find((key) => key.id === one.device);
  return (
    <div className="exchange">
      <Roster
        query={query}
        form={<Define keys={keys} known={query.data ?? []} />}
        act={{ error: end.error ?? begin.error }}
        label={t("operate.tab_partners")}
        empty={{ title: t("partner.none"), hint: t("partner.none_hint") }}
        idOf={(one) => one.device}
        rowTestId="partner-row"
        columns={[
          { key: "title", head: t("partner.title"), show: (one) => <strong>{one.title}</strong> },
          { key: "element", head: t("partner.element"), show: (one) => one.element, className: "code" },
          {
            key: "device",
            head: t("partner.device"),
            show: (one) => {
              const key = keyOf(one);
              if (!key) return <span className="dim code">{one.device.slice(0, 8)}</span>;
              const state = key.is_revoked ? "revoked" : key.is_enrolled ? "enrolled" : "waiting";
              return (
                <>
                  {key.name} <span className="dim">{t(`device.state_${state}`)}</span>
                </>
              );
            },
          },
          {
            key: "since",
            head: t("partner.since"),
            show: (one) => taipei(one.created_at_us).slice(0, 10),
            className: "number",
          },
          {
            key: "state",
            head: t("partner.state"),
            show: (one) => (
              <span className="tag" data-testid="partner-state">
                {t(one.ended_at_us === null ? "partner.open" : "partner.ended")}
              </span>
            ),
          },
          {
            key: "act",
            head: t("jobs.head_act"),
            show: (one) =>
              one.ended_at_us === null ? (
                <SureButton
                  label={t("partner.end")}
                  sure={t("partner.end_sure")}
                  isBusy={end.isPending && end.variables === one.device}
                  onSure={() => end.mutate(one.device)}
                  testId="partner-end"
                />
              ) : (
                <Button
                  size="xs"
                  variant="default"
                  loading={begin.isPending && begin.variables.device === one.device}
                  onClick={() => begin.mutate(one)}
                  data-testid="partner-begin"
                >
                  {t("partner.begin")}
                </Button>
              ),
          },
        ]}
      />
    </div>
  );
}
