// Every call that the app makes, by room. Swapped for the generated client in one place.

import { ask, groundsQuery, newKey, pathWithQuery } from "./client";
import { sessionKey } from "./proof";
import type * as T from "./types";
import type { AddressFile, FoundPlaces } from "./types.places";
import type { LeftAside, NotFollowed, Overriding, WithoutUnit } from "./types.reasons";
import type { Transparency } from "./types.transparency";

const post = <R>(path: string, json: unknown = {}, idempotencyKey = newKey()) =>
  ask<R>(path, { method: "POST", json, idempotencyKey });

export const identity = {
  me: () => ask<T.Me>("/v1/identity/me"),
  enrolStart: (token: string) => post<T.EnrolStart>("/v1/identity/enrol/start", { token }),
  enrolFinish: async (challenge_id: string, credential: unknown) =>
    post<T.Me>("/v1/identity/enrol/finish", { challenge_id, credential, session_key: await sessionKey() }),
  signInStart: () => post<T.SignInStart>("/v1/identity/sign-in/start"),
  signInFinish: async (challenge_id: string, credential: unknown) =>
    post<T.Me>("/v1/identity/sign-in/finish", { challenge_id, credential, session_key: await sessionKey() }),
  signOut: () => post<void>("/v1/identity/sign-out"),
  actors: (cursor: string | null) =>
    ask<T.Page<T.Actor>>("/v1/identity/actors", { query: { limit: 200, cursor } }),
  invite: (body: { name: string; role: T.Role; unit?: T.Id }) =>
    post<T.Invitation>("/v1/identity/enrolments", body),
  setOffice: (id: T.Id, office: string) =>
    post<void>(`/v1/identity/actors/${id}/office`, { office: office.trim() || null }),
  disable: (id: T.Id) => post<void>(`/v1/identity/actors/${id}/disable`),
};

export const citizens = {
  transparency: () => ask<Transparency>("/v1/transparency"),
};

export const devices = {
  list: () => ask<T.Page<T.Device>>("/v1/devices", { query: { limit: 200 } }),
  register: (body: { name: string; kind: T.DeviceKind; camera?: T.Id }) =>
    post<T.DeviceInvitation>("/v1/devices", body),
  revoke: (id: T.Id) => post<void>(`/v1/devices/${id}/revoke`),
  attestation: (id: T.Id) => ask<T.DeviceAttestation>(`/v1/devices/${id}/attestation`),
  accept: (id: T.Id, measured_digest: string, reason: string) =>
    post<{ is_accepted: boolean }>(`/v1/devices/${id}/attestation/accept`, { measured_digest, reason }),
  policy: () => ask<T.AttestationPolicy>("/v1/devices/attestation-policy"),
  demand: (kind: T.DeviceKind, is_required: boolean, reason: string) =>
    post<T.TrustChange>("/v1/devices/attestation-policy", { kind, is_required, reason }),
  makers: () => ask<{ items: T.TpmMaker[] }>("/v1/devices/tpm-makers"),
  trustMaker: (certificate: string, reason: string) =>
    post<T.TrustChange>("/v1/devices/tpm-makers", { certificate, reason }),
  forgetMaker: (fingerprint: string) => post<void>("/v1/devices/tpm-makers/remove", { fingerprint }),
  changes: () => ask<{ items: T.TrustChange[] }>("/v1/devices/trust-changes"),
  approveChange: (id: T.Id) => post<void>(`/v1/devices/trust-changes/${id}/approve`),
  withdrawChange: (id: T.Id) => post<void>(`/v1/devices/trust-changes/${id}/withdraw`),
};

/** As many as the server gives at once: a country has some 18,000. */
const CAMERAS_PAGE = 5_000;

export const cameras = {
  list: (cursor: string | null) =>
    ask<T.Page<T.Camera>>("/v1/cameras", { query: { limit: CAMERAS_PAGE, cursor } }),
  add: (body: { name: string; position: T.Wgs84; heading_deg?: number; office?: string }) =>
    post<T.Camera>("/v1/cameras", body),
  setActive: (id: T.Id, is_active: boolean) => post<T.Camera>(`/v1/cameras/${id}/active`, { is_active }),
  /** Blank: nobody's. */
  setOffice: (id: T.Id, office: string) => post<T.Camera>(`/v1/cameras/${id}/office`, { office }),
  importCsv: (file: Blob) =>
    ask<T.ImportReport>("/v1/cameras/import", { method: "POST", raw: file, contentType: "text/csv" }),
};

export interface SightingQuery {
  plate: string;
  from_us?: number;
  until_us?: number;
  camera?: string;
  limit?: number;
}

export const sightings = {
  search: (query: SightingQuery, grounds: T.Grounds, cursor: string | null, signal?: AbortSignal) =>
    ask<T.Page<T.Sighting>>("/v1/sightings", {
      query: { ...query, cursor },
      grounds,
      ...(signal ? { signal } : {}),
    }),
  picture: (id: T.Id, which: "crop" | "frame", grounds: T.Grounds) =>
    pathWithQuery(`/v1/sightings/${id}/${which}`, groundsQuery(grounds)),
  quarantine: (cursor: string | null) =>
    ask<T.Page<T.QuarantinedSighting>>("/v1/sightings/quarantine", { query: { cursor } }),
  dismiss: (id: T.Id, reason: LeftAside) => post<void>(`/v1/sightings/quarantine/${id}/dismiss`, { reason }),
};

export interface ImportDefaults {
  legal_basis: string;
  owner: string;
  reason: string;
  expires: string;
}

export const watchlists = {
  entries: (state: string, q: string, cursor: string | null) =>
    ask<T.Page<T.Entry>>("/v1/watchlists/entries", { query: { state, q, cursor } }),
  propose: (body: T.ProposeEntry) => post<T.Entry>("/v1/watchlists/entries", body),
  approve: (id: T.Id) => post<T.Entry>(`/v1/watchlists/entries/${id}/approve`),
  refuse: (id: T.Id, reason: string) => post<T.Entry>(`/v1/watchlists/entries/${id}/refuse`, { reason }),
  withdraw: (id: T.Id, reason: string) => post<T.Entry>(`/v1/watchlists/entries/${id}/withdraw`, { reason }),
  /** `defaults` fill what the file's rows leave out. */
  importFile: (file: Blob, dry_run: boolean, encoding: string, defaults: ImportDefaults) =>
    ask<T.ImportReport>("/v1/watchlists/import", {
      method: "POST",
      query: { dry_run, encoding, ...defaults },
      raw: file,
      contentType: "application/octet-stream",
      ...(dry_run ? {} : { idempotencyKey: newKey() }),
    }),
  approveImport: (id: T.Id) =>
    post<{ approved: number; waiting?: number }>(`/v1/watchlists/imports/${id}/approve`),
  legalBases: () => ask<{ items: T.LegalBasis[] }>("/v1/watchlists/legal-bases"),
};

export const hits = {
  list: (state: T.HitState | "", limit = 50) => ask<T.Page<T.Hit>>("/v1/hits", { query: { state, limit } }),
  get: (id: T.Id) => ask<T.Hit>(`/v1/hits/${id}`),
  confirm: (id: T.Id, plate_seen: string, note: string) =>
    post<T.Hit>(`/v1/hits/${id}/confirm`, { plate_seen, note }),
  reject: (id: T.Id, reason: T.RejectReason, note: string) =>
    post<T.Hit>(`/v1/hits/${id}/reject`, { reason, note }),
  standDown: (id: T.Id, reason: NotFollowed, note: string) =>
    post<T.Hit>(`/v1/hits/${id}/stand-down`, { reason, note }),
  picture: (id: T.Id, which: "crop" | "frame") => `/v1/hits/${id}/${which}`,
};

export const dispatch = {
  incidents: (state: "open" | "closed" | "all") =>
    ask<T.Page<T.Incident>>("/v1/incidents", { query: { state, limit: 100 } }),
  incident: (id: T.Id) => ask<T.Incident>(`/v1/incidents/${id}`),
  open: (body: T.OpenIncident) => post<T.Incident>("/v1/incidents", body),
  /** `without_unit`: how it was dealt with where no unit has worked on it. */
  close: (id: T.Id, code: T.ClosingCode, note: string, without_unit: WithoutUnit | null = null) =>
    post<T.Incident>(`/v1/incidents/${id}/close`, { code, note, without_unit }),
  log: (id: T.Id) => ask<{ items: T.IncidentLogLine[] }>(`/v1/incidents/${id}/log`),
  /** `overriding`: why this unit although another one is ranked first. */
  assign: (id: T.Id, unit: T.Id, overriding: Overriding | null = null) =>
    post<T.Assignment>(`/v1/incidents/${id}/assignments`, { unit, overriding }),
  /** A question: nobody is sent by it. */
  ring: (id: T.Id, question: T.AskRing) => post<T.RingPlan>(`/v1/incidents/${id}/ring`, question),
  /** Crews that were sent see on their phones which junction they hold. */
  tellRing: (id: T.Id, ring: T.TellRing) => post<{ told: T.Id[] }>(`/v1/incidents/${id}/ring/posts`, ring),
  myRing: (signal?: AbortSignal) =>
    ask<{ hold: T.MyHold | null }>("/v1/assignments/mine/ring", { ...(signal ? { signal } : {}) }),
  cancel: (id: T.Id, reason: string) => post<void>(`/v1/assignments/${id}/cancel`, { reason }),
  step: (id: T.Id, step: T.AssignmentStep, idempotencyKey: string) =>
    post<T.Assignment>(`/v1/assignments/${id}/step`, step, idempotencyKey),
  mine: (signal?: AbortSignal) =>
    ask<{ items: T.MyAssignment[] }>("/v1/assignments/mine", { ...(signal ? { signal } : {}) }),
  kinds: () => ask<{ items: T.IncidentKind[] }>("/v1/incident-kinds"),
  /** `near` orders what is equally good. */
  places: (q: string, near: T.Wgs84 | null, signal?: AbortSignal) =>
    ask<FoundPlaces>("/v1/places", {
      query: { q, near_lon: near?.lon, near_lat: near?.lat },
      ...(signal ? { signal } : {}),
    }),
};

export const units = {
  list: () => ask<T.Page<T.Unit>>("/v1/units", { query: { limit: 200 } }),
  add: (call_sign: string, kind: T.UnitKind) => post<T.Unit>("/v1/units", { call_sign, kind }),
  position: (body: T.ReportPosition) => post<void>("/v1/units/mine/position", body),
  state: (state: T.UnitState) => post<T.Unit>("/v1/units/mine/state", { state }),
  join: (unit: T.Id) => post<T.Unit>("/v1/units/mine/join", { unit }),
};

export const map = {
  info: () => ask<T.MapInfo>("/v1/map"),
  addresses: () => ask<T.Page<AddressFile>>("/v1/map/addresses"),
};

export const operations = {
  health: () => ask<T.Health>("/v1/operations/health"),
  jobs: (state: string) => ask<T.Page<T.Job>>("/v1/operations/jobs", { query: { state, limit: 100 } }),
  retry: (id: T.Id) => post<void>(`/v1/operations/jobs/${id}/retry`),
};

export const oversight = {
  audit: (cursor: string | null) =>
    ask<T.Page<T.AuditLine>>("/v1/oversight/audit", { query: { cursor, limit: 100 } }),
  verify: () => ask<T.AuditVerdict>("/v1/oversight/audit/verify"),
  witnesses: () => ask<T.Witnesses>("/v1/oversight/witnesses"),
};
