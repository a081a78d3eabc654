// How far a device is to be believed, and what a person must see before saying so.

import { Table, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { Age } from "../app/Age";
import { devices } from "../app/api/calls";
import type { Device, SenderRestriction, Tpm } from "../app/api/types";
import { useSession } from "../app/session";
import { Answer } from "../app/states";

/** A hash is told apart by its first characters; the rest is in the title. */
const HASH_SHOWN = 16;

export function TrustTag({ device }: { device: Device }) {
  const { t } = useTranslation();
  const { attestation, restriction } = device;
  const isOdd = attestation === "restricted" || attestation === "awaits_acceptance";
  return (
    <>
      <span className={`tag ${isOdd ? "tag-warn" : ""}`} data-testid="device-trust">
        {attestation === "restricted" && "▲ "}
        {t(`device.trust_${attestation}`)}
      </span>
      {restriction && (
        <div className="dim">
          {t(`device.reason_${restriction.reason}`)} · <Age at={restriction.since_us} />
        </div>
      )}
      {device.is_attestation_required && attestation === "unattested" && (
        <div className="dim">{t("device.trust_required")}</div>
      )}
    </>
  );
}

export function Hash({ text }: { text: string }) {
  return (
    <code title={text}>
      {text.slice(0, HASH_SHOWN)}
      {text.length > HASH_SHOWN && "…"}
    </code>
  );
}

function Registers({ tpm }: { tpm: Tpm }) {
  const { t } = useTranslation();
  const wordOf = (accepted: string | null, measured: string) =>
    accepted === null
      ? "device.tpm_new"
      : accepted === measured
        ? "device.tpm_as_accepted"
        : "device.tpm_changed";
  return (
    <Table aria-label={t("device.tpm_measured")}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("device.tpm_register")}</Table.Th>
          <Table.Th>{t("device.tpm_measured")}</Table.Th>
          <Table.Th>{t("device.head_state")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {tpm.registers.map(({ register, is_agent, measured, accepted }) => (
          <Table.Tr key={register}>
            <Table.Td>
              PCR {register} {is_agent && `(${t("device.tpm_agent")})`}
            </Table.Td>
            <Table.Td>
              <Hash text={measured} />
            </Table.Td>
            <Table.Td className={accepted !== null && accepted !== measured ? "ink-warn" : undefined}>
              {accepted !== null && accepted !== measured && "▲ "}
              {t(wordOf(accepted, measured))}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Accept({ id, tpm }: { id: string; tpm: Tpm }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const accept = useMutation({
    mutationFn: () => devices.accept(id, tpm.measured_digest, reason.trim()),
    onSuccess: () => {
      setReason("");
      void client.invalidateQueries({ queryKey: ["devices"] });
      void client.invalidateQueries({ queryKey: ["attestation", id] });
    },
  });
  return (
    <ActForm
      className="stack"
      act={accept}
      label={t("device.accept")}
      isComplete={reason.trim() !== ""}
      buttonTestId="device-accept"
      done={
        accept.data && (
          <p role="status">{t(accept.data.is_accepted ? "device.accept_done" : "device.accept_half")}</p>
        )
      }
    >
      <p className="dim">{t("device.accept_first")}</p>
      <TextInput
        label={t("device.accept_reason")}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        required
        maxLength={500}
        data-testid="device-accept-reason"
      />
    </ActForm>
  );
}

function Restrictions({ of }: { of: SenderRestriction[] }) {
  const { t } = useTranslation();
  if (of.length === 0) return null;
  return (
    <>
      <h4>{t("device.restrictions")}</h4>
      <ul>
        {of.map((restriction) => (
          <li key={`${restriction.since_us} ${restriction.reason}`}>
            {t(`device.reason_${restriction.reason}`)}: <Age at={restriction.since_us} /> –{" "}
            {restriction.until_us === null ? (
              t("device.restriction_lasts")
            ) : (
              <Age at={restriction.until_us} />
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

function TpmFacts({ tpm }: { tpm: Tpm }) {
  const { t } = useTranslation();
  return (
    <>
      <dl className="facts">
        <div>
          <dt>{t("device.tpm_maker")}</dt>
          <dd>{tpm.maker}</dd>
        </div>
        <div>
          <dt>{t("device.tpm_key")}</dt>
          <dd>
            <Hash text={tpm.ek_fingerprint} />
          </dd>
        </div>
        <div>
          <dt>{t("device.tpm_good")}</dt>
          <dd>
            <Age at={tpm.last_good_at_us} />
          </dd>
        </div>
        <div>
          <dt>{t("device.tpm_resets")}</dt>
          <dd>{tpm.reset_count}</dd>
        </div>
        {tpm.rebooted_at_us !== null && (
          <div>
            <dt>{t("device.tpm_rebooted")}</dt>
            <dd>
              <Age at={tpm.rebooted_at_us} />
            </dd>
          </div>
        )}
      </dl>
      <Registers tpm={tpm} />
      {tpm.accepted_at_us !== null && (
        <p className="dim">
          {t("device.tpm_accepted", { name: tpm.accepted_by_name ?? "—", reason: tpm.accepted_reason ?? "" })}
        </p>
      )}
      {tpm.proposed_by_name !== null && (
        <p className="ink-warn">
          ▲ {t("device.tpm_proposed", { name: tpm.proposed_by_name, reason: tpm.proposed_reason ?? "" })}
        </p>
      )}
    </>
  );
}

const isAsAccepted = (tpm: Tpm) => tpm.registers.every(({ accepted, measured }) => accepted === measured);

/** Everything about one device's TPM, below the list. */
export function DeviceTrust({ device }: { device: Device }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const query = useQuery({
    queryKey: ["attestation", device.id],
    queryFn: () => devices.attestation(device.id),
  });
  return (
    <section
      className="stack"
      aria-label={`${t("device.head_trust")}: ${device.name}`}
      data-testid="device-trust-detail"
    >
      <Answer query={query}>
        {({ tpm, attestation, restrictions }) => (
          <>
            {tpm ? <TpmFacts tpm={tpm} /> : <p>{t("device.tpm_none")}</p>}
            {tpm && may("devices.manage") && (attestation !== "attested" || !isAsAccepted(tpm)) && (
              <Accept key={tpm.measured_digest} id={device.id} tpm={tpm} />
            )}
            <Restrictions of={restrictions} />
          </>
        )}
      </Answer>
    </section>
  );
}
