// Stable error keys of the server (problem+json). What is missing here is shown in the server's own words.

export const errors = {
  offline: "The server cannot be reached. Check the network and try again.",
  unexpected: "Something unexpected happened: {{message}}",
  "identity.session_required": "Your session has ended. Sign in again.",
  "identity.not_permitted": "You may not do this.",
  "oversight.purpose_required": "A query needs a purpose and a case number.",
  "hits.already_decided": "Somebody else has decided this hit.",
  "hits.plate_differs": "What you typed is none of the readings. Look again; if the plate is another one, reject as misread.",
  "dispatch.unit_not_available": "This unit cannot be sent any more. Choose another.",
  "dispatch.step_not_allowed": "The incident has moved on; this step no longer applies.",
  "watchlists.approve.same_person": "Whoever proposed an entry cannot approve it; another person must.",
  "http.body_too_large": "The file is too large.",
};
