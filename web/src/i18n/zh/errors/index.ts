// Stable error keys of the server (problem+json). What is missing here is shown in the server's own words.

import { dispatch } from "./dispatch";
import { house } from "./house";
import { identity } from "./identity";
import { oversight } from "./oversight";
import { patrol } from "./patrol";
import { sightings } from "./sightings";
import { sso } from "./sso";
import { warnings } from "./warnings";
import { watchlists } from "./watchlists";

export const errors = {
  offline: "連不上伺服器，請確認網路後再試。",
  unexpected: "發生未預期的錯誤：{{message}}",
  ...house,
  ...identity,
  ...sso,
  ...oversight,
  ...dispatch,
  ...watchlists,
  ...sightings,
  ...patrol,
  ...warnings,
};
