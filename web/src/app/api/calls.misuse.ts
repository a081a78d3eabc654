// Looking at how the system is used.

import { ask, newKey } from "./client";
import type { Id, Page } from "./types";
import type * as T from "./types.misuse";
import type { NotFounded } from "./types.reasons";

const AT = "/v1/oversight/misuse";
const MINE = "/v1/oversight/questions";
const post = <R>(path: string, json: unknown = {}) =>
  ask<R>(path, { method: "POST", json, idempotencyKey: newKey() });

export const misuse = {
  alerts: (is_new: boolean, cursor: string | null) =>
    ask<Page<T.MisuseAlert>>(`${AT}/alerts`, { query: { is_new, cursor, limit: 50 } }),
  setAside: (id: Id, reason: T.AsideReason, note: string) =>
    post<T.MisuseAlert>(`${AT}/alerts/${id}/set-aside`, { reason, note }),
  cases: (is_open: boolean, cursor: string | null) =>
    ask<Page<T.MisuseCase>>(`${AT}/cases`, { query: { is_open, cursor, limit: 50 } }),
  case: (id: Id) => ask<T.MisuseCaseShown>(`${AT}/cases/${id}`),
  open: (json: T.OpenCase) => post<T.MisuseCaseShown>(`${AT}/cases`, json),
  question: (id: Id, text: string) => post<T.MisuseCaseShown>(`${AT}/cases/${id}/question`, { text }),
  /** `code`: why it is not founded. */
  finding: (id: Id, finding: T.CaseFinding, reason: string, code: NotFounded | null) =>
    post<T.MisuseCaseShown>(`${AT}/cases/${id}/finding`, { finding, reason, code }),
  marks: (cursor: string | null) => ask<Page<T.PlateMark>>(`${AT}/marks`, { query: { cursor, limit: 50 } }),
  setMark: (json: T.SetMark) => post<T.PlateMark>(`${AT}/marks`, json),
  endMark: (id: Id) => post<T.PlateMark>(`${AT}/marks/${id}/end`),
  samples: (cursor: string | null) => ask<Page<T.Sample>>(`${AT}/samples`, { query: { cursor, limit: 10 } }),
  questions: (cursor: string | null) => ask<Page<T.QuestionToMe>>(MINE, { query: { cursor, limit: 50 } }),
  answer: (id: Id, text: string) => post<T.QuestionToMe>(`${MINE}/${id}/answer`, { text }),
};
