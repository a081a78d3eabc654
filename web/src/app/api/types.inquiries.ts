// Citizens' questions who has looked at their plate: from the counter to the last answer.

import type { Id, Micros } from "./types";

export const DOCUMENTS = [
  "id_card",
  "residence_certificate",
  "passport",
  "driving_licence",
  "company_registration",
] as const;
export type DocumentKind = (typeof DOCUMENTS)[number];
export const CLAIMS = ["keeper", "user", "representative"] as const;
export type PlateClaim = (typeof CLAIMS)[number];
export type InquiryState = "asked" | "confirmed" | "answered" | "refused";

export interface AskInquiry {
  plate: string;
  document: DocumentKind;
  document_number: string;
  claim: PlateClaim;
  claim_shown: string;
}

export interface Inquiry {
  id: Id;
  state: InquiryState;
  plate_display: string;
  document: DocumentKind;
  claim: PlateClaim;
  claim_shown: string;
  from_us: Micros;
  until_us: Micros;
  due_at_us: Micros;
  is_late: boolean;
  asked_by_name: string;
  confirmed_at_us: Micros | null;
  confirmed_by_name: string | null;
  refused_note: string | null;
}

export interface InquiryAnswer {
  number: number;
  made_at_us: Micros;
  text: string;
  sha256: string;
  leaf: number;
  handed_at_us: Micros | null;
  handed_by_name: string | null;
}

export interface CaseUses {
  case_ref: string;
  uses: number;
  first_at_us: Micros;
  last_at_us: Micros;
  offices: string[];
  is_running: boolean;
}

export interface Deferral {
  case_ref: string;
  uses: number;
  until_us: Micros;
  reason: string;
  set_at_us: Micros;
  set_by_name: string;
  renewed_at_us: Micros | null;
  renewed_by_name: string | null;
  renewed_reason: string | null;
  told_in: number | null;
}

export interface InquiryShown extends Inquiry {
  answers: InquiryAnswer[];
  cases: CaseUses[];
  told_anyway: number;
  deferrals: Deferral[];
}

export interface DecideCase {
  case_ref: string;
  until_us: Micros | null;
  reason: string;
}
