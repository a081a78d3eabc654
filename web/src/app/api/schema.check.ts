// Holds our types against the server's own description: each line stops compiling when a body that the server sends can
// no longer be read as the app reads it. `make openapi` renews schema.ts.

import type { components } from "./schema";
import type * as ours from "./types";
import type * as trust from "./types.attestation";
import type * as breaches from "./types.breaches";
import type * as caller from "./types.caller";
import type * as choice from "./types.choice";
import type * as disclosures from "./types.disclosures";
import type * as exchange from "./types.exchange";
import type * as feeds from "./types.feeds";
import type * as inquiries from "./types.inquiries";
import type * as intake from "./types.intake";
import type * as lake from "./types.lake";
import type * as patrol from "./types.patrol";
import type * as photos from "./types.photos";
import type * as places from "./types.places";
import type * as positions from "./types.positions";
import type * as providers from "./types.providers";
import type * as reasons from "./types.reasons";
import type * as register from "./types.register";
import type * as report from "./types.report";
import type * as seals from "./types.seals";
import type * as sharing from "./types.sharing";
import type * as shifts from "./types.shifts";
import type * as sso from "./types.sso";
import type * as streets from "./types.streets";
import type * as tours from "./types.tours";
import type * as sessions from "./types.trust";
import type * as warnings from "./types.warnings";

/** The server writes every field; what has no value is null. JSON Schema can only say that it may be missing. */
type Sent<T> = T extends (infer Item)[]
  ? Sent<Item>[]
  : T extends object
    ? { [Key in keyof T]-?: Sent<Exclude<T[Key], undefined>> }
    : T;
type Served = { [Name in keyof components["schemas"]]: Sent<components["schemas"][Name]> };
type Reads<Ours, Theirs extends Ours> = [Ours, Theirs];

export type Checked = [
  Reads<ours.Me, Served["Me"]>,
  Reads<register.RegisterLine, Served["RegisterLine"]>,
  Reads<breaches.Breach, Served["Breach"]>,
  Reads<trust.TrustChange, Served["TrustChange"]>,
  Reads<sessions.MyTrust, Served["MyTrust"]>,
  Reads<sessions.TrustState, Served["TrustState"]>,
  Reads<caller.CallerView, Served["CallerView"]>,
  Reads<caller.MadeLink, Served["MadeLink"]>,
  Reads<caller.LiveCaller, Served["LiveCaller"]>,
  Reads<caller.CallerPage, Served["CallerPage"]>,
  Reads<inquiries.Inquiry, Served["Inquiry"]>,
  Reads<inquiries.InquiryShown, Served["InquiryShown"]>,
  Reads<seals.Seal, Served["SealShown"]>,
  Reads<seals.SealCandidate, Served["SealCandidate"]>,
  Reads<Served["AskSeal"], seals.AskSeal>,
  Reads<reasons.Reasons, Served["Reasons"]>,
  Reads<reasons.CaseOutcome, Served["CaseOutcome"]>,
  Reads<reasons.AreaReport, Served["AreaReport"]>,
  Reads<reasons.AreasListed, Served["AreasListed"]>,
  Reads<disclosures.Disclosure, Served["Disclosure"]>,
  Reads<Served["AskDisclosure"], disclosures.AskDisclosure>,
  Reads<disclosures.DisclosurePreview, Served["DisclosurePreview"]>,
  Reads<Served["ReleaseDisclosure"], disclosures.ReleaseDisclosure>,
  Reads<Served["Overriding"], reasons.Overriding>,
  Reads<Served["Declining"], reasons.Declining>,
  Reads<Served["WithoutUnit"], reasons.WithoutUnit>,
  Reads<Served["PlanDeclined"], reasons.PlanDeclined>,
  Reads<Served["LeftAside"], reasons.LeftAside>,
  Reads<Served["NotFounded"], reasons.NotFounded>,
  Reads<Served["NotFollowed"], reasons.NotFollowed>,
  Reads<sharing.SharingPartner, Served["SharingPartner"]>,
  Reads<sharing.SharingPartnerShown, Served["SharingPartnerShown"]>,
  Reads<ours.Hit, Served["Hit"]>,
  Reads<ours.Unit, Served["Unit"]>,
  Reads<ours.Assignment, Served["Assignment"]>,
  Reads<ours.Incident, Served["Incident"]>,
  Reads<places.FoundPlaces, Served["FoundPlaces"]>,
  Reads<choice.Advised, Served["Advised"]>,
  Reads<ours.RingPlan, Served["RingPlan"]>,
  Reads<ours.Sighting, Served["Sighting"]>,
  Reads<ours.Invitation, Served["Invitation"]>,
  Reads<lake.PartialNote, Served["PartialNote"]>,
  Reads<lake.Passing, Served["Passing"]>,
  Reads<lake.Leg, Served["Leg"]>,
  Reads<lake.Companion, Served["Companion"]>,
  Reads<lake.Meeting, Served["Meeting"]>,
  Reads<lake.FirstAndLast, Served["FirstAndLast"]>,
  Reads<lake.Export, Served["Export"]>,
  Reads<lake.Hold, Served["Hold"]>,
  Reads<lake.KnownPlate, Served["PlatePassages"]>,
  Reads<lake.Counts, Served["Counts"]>,
  Reads<lake.PassedBoth, Served["PassedBoth"]>,
  Reads<lake.TheftZone, Served["TheftZone"]>,
  Reads<Served["AskZones"]["vehicles"], lake.StolenVehicle[]>,
  Reads<feeds.Feed, Served["Feed"]>,
  Reads<feeds.FeedPush, Served["FeedPush"]>,
  Reads<feeds.FeedSite, Served["Site"]>,
  Reads<lake.Retention, Served["Retention"]>,
  Reads<patrol.PatrolBox, Served["PatrolBox"]>,
  Reads<patrol.BoxImport, Served["BoxImport"]>,
  Reads<patrol.BoxCode, Served["BoxCode"]>,
  Reads<patrol.TagKeys, Served["TagKeys"]>,
  Reads<patrol.DeviceSecret, Served["DeviceSecret"]>,
  Reads<patrol.Nonces, Served["Nonces"]>,
  Reads<patrol.CheckIn, Served["CheckIn"]>,
  Reads<patrol.PatrolSummary, Served["Summary"]>,
  Reads<tours.TourPlan, Served["TourPlan"]>,
  Reads<tours.TourPlanLine, Served["TourPlanLine"]>,
  Reads<tours.MyTour, Served["MyTour"]>,
  Reads<tours.TourReport, Served["TourReport"]>,
  Reads<shifts.Kpis, Served["Kpis"]>,
  Reads<choice.Proposal, Served["Proposal"]>,
  Reads<choice.AdviceBoard, Served["AdviceBoard"]>,
  Reads<choice.DispatchPolicy, Served["DispatchPolicy"]>,
  Reads<choice.UnitSkills, Served["UnitSkills"]>,
  Reads<choice.Panic, Served["Panic"]>,
  // Passages of every citizen are never on the stream.
  Reads<
    ours.LiveEvent,
    Exclude<Served["Event"], { kind: "sightings_recorded" | "not_done" | "access_changed" }>
  >,
  Reads<ours.UnitMoved, Served["UnitMoved"]>,
  Reads<warnings.Warning, Served["Warning"]>,
  Reads<warnings.WarningInForce, Served["WarningInForce"]>,
  Reads<warnings.WarningReceipt, Served["WarningReceipt"]>,
  Reads<Served["DraftWarning"], warnings.DraftWarning>,
  Reads<positions.Tracker, Served["Tracker"]>,
  Reads<positions.IssuedTracker, Served["IssuedTracker"]>,
  Reads<positions.UnitPosition, Served["UnitPosition"]>,
  Reads<positions.Track, Served["TrackJson"]>,
  Reads<Served["NewTracker"], positions.NewTracker>,
  Reads<exchange.Subscription, Served["Subscription"]>,
  Reads<exchange.Subscribed, Served["Subscribed"]>,
  Reads<exchange.Partner, Served["Partner"]>,
  Reads<ours.Witnesses, Served["Witnesses"]>,
  Reads<ours.IncidentKind, Served["CatalogueKind"]>,
  Reads<intake.WaitingCalls, Served["WaitingCalls"]>,
  Reads<photos.Photo, Served["Photo"]>,
  Reads<intake.CallSource, Served["CallSource"]>,
  Reads<intake.CallerHistory, Served["CallerHistory"]>,
  Reads<intake.Duplicate, Served["Duplicate"]>,
  Reads<intake.KindsImport, Served["KindsImport"]>,
  Reads<Served["AskDuplicates"], intake.AskDuplicates>,
  Reads<Served["JoinReport"], intake.JoinReport>,
  Reads<shifts.Check, Served["Check"]>,
  Reads<shifts.ParStatus, Served["ParStatus"]>,
  Reads<shifts.SafetyChecks, Served["SafetyChecks"]>,
  Reads<shifts.CardStatus, Served["CardStatus"]>,
  Reads<shifts.SetCards, Served["SetCards"]>,
  Reads<Served["WriteCards"], shifts.WriteCards>,
  Reads<shifts.Shift, Served["Shift"]>,
  Reads<shifts.ShiftBoard, Served["ShiftBoard"]>,
  Reads<shifts.ShiftImport, Served["ShiftImport"]>,
  Reads<shifts.IntervalReport, Served["IntervalReport"]>,
  Reads<Omit<shifts.Replay, "log">, Served["Replay"]>,
  Reads<Served["WriteShift"], shifts.WriteShift>,
  Reads<Served["AnswerCheck"], shifts.AnswerCheck>,
  Reads<streets.StreetCoverage, Served["StreetCoverage"]>,
  // JSON Schema knows no pairs: a place is as long as it likes there.
  Reads<{ items: Omit<streets.StreetLine, "line">[] }, Served["StreetLines"]>,
  Reads<report.PatrolReport, Served["PatrolReport"]>,
  Reads<ours.RingHold, Served["RingHold"]>,
  Reads<ours.MyHold, Served["MyHold"]>,
  Reads<providers.IdentityProvider, Served["IdentityProvider"]>,
  Reads<providers.ProviderLink, Served["ProviderLink"]>,
  Reads<providers.ProviderSignInStarted, Served["ProviderSignInStarted"]>,
  Reads<Served["FinishProviderSignIn"], providers.ProviderReturn & { flow: string }>,
  Reads<sso.SsoRequest, Served["SsoRequest"]>,
  Reads<sso.SsoAnswer, Served["SsoAnswer"]>,
  Reads<sso.SsoAgreedTools, Served["SsoAgreedTools"]>,
  Reads<Served["AuthorizeSso"], sso.AuthorizeSso>,
  Reads<Served["TellRing"], ours.TellRing>,
];
