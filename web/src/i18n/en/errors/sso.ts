// Of signing in to the force's own tools.

export const sso = {
  "sso.request.unreadable": "This request to sign in cannot be read.",
  "sso.request.unknown_tool": "No tool of this name signs people in here.",
  "sso.request.other_address": "This request would take you to an address that is none of the tool's.",
  "sso.authorization.other_person":
    "This page shows somebody else than who is signed in now: another tab has signed in anew. Load it again, then decide.",
  "sso.token.invalid_request": "The tool's request lacks something or says it twice.",
  "sso.token.invalid_client": "The tool has not proved which one it is.",
  "sso.token.invalid_grant": "This code was used, is too old, or is another tool's.",
  "sso.token.unsupported_grant_type": "Only authorization codes are taken here.",
  "sso.userinfo.invalid_token": "This access token opens nothing any more.",
};
