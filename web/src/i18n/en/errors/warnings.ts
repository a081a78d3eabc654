// Of warnings and webhooks.

export const warnings = {
  "warnings.take.malformed": "This is no XML of CAP 1.2.",
  "warnings.take.too_large": "The warning is too large.",
  "warnings.take.element":
    "An element of the warning is missing or wrong; the detail names line and element.",
  "warnings.take.draft": "The sender marks this warning as a draft; it is not taken in.",
  "warnings.take.other_sender": "The sender of the warning is not whom this key speaks for.",
  "warnings.draft.text":
    "A warning needs a Chinese text and may have an English one; event and headline must be there and not too long.",
  "warnings.draft.word": "This is none of the words that CAP 1.2 has.",
  "warnings.draft.area": "Draw an area: an outline of three corners or more, or a circle of 50 m to 50 km.",
  "warnings.draft.expiry": "A warning ends in the future and within three days.",
  "warnings.draft.earlier":
    "An update or a cancellation names a warning of ours that is in force; a new one names none.",
  "warnings.issue.same_person": "Who drafted it cannot issue it. Ask a second person.",
  "warnings.issue.no_draft": "The draft was issued or discarded already.",
  "warnings.issue.expired": "The draft has expired. Draft it again.",
  "warnings.issue.earlier_ended": "The warning that it updates or cancels has ended.",
  "webhooks.subscribe.title": "The title is empty or too long.",
  "webhooks.subscribe.address":
    "An address begins with https:// (http:// to this machine only), without user name and fragment.",
  "webhooks.subscribe.kinds": "Choose at least one kind of fact.",
  "webhooks.subscribe.too_many": "No more can be subscribed. End one first.",
};
