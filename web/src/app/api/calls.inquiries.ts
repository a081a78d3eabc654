// Who looked at me.

import { ask } from "./client";
import type { Id, Micros, Page } from "./types";
import type * as T from "./types.inquiries";

const AT = "/v1/oversight/inquiries";
// Of none of these is an answer kept for a repeat: the first holds a document's number.
const post = <R>(path: string, json: unknown) => ask<R>(path, { method: "POST", json });

export const inquiries = {
  list: (cursor: string | null) => ask<Page<T.Inquiry>>(AT, { query: { cursor } }),
  get: (id: Id) => ask<T.InquiryShown>(`${AT}/${encodeURIComponent(id)}`),
  ask: (body: T.AskInquiry) => post<T.Inquiry>(AT, body),
  confirm: (id: Id, is_confirmed: boolean, note: string) =>
    post<T.Inquiry>(`${AT}/${id}/confirm`, { is_confirmed, note }),
  answer: (id: Id, cases: T.DecideCase[]) => post<T.InquiryShown>(`${AT}/${id}/answer`, { cases }),
  renew: (id: Id, case_ref: string, until_us: Micros, reason: string) =>
    post<T.InquiryShown>(`${AT}/${id}/renew`, { case_ref, until_us, reason }),
  handOver: (id: Id, number: number, document_number: string) =>
    post<T.InquiryShown>(`${AT}/${id}/hand-over`, { number, document_number }),
  proofUrl: (id: Id, number: number) => `${AT}/${id}/answers/${number}/proof`,
};
