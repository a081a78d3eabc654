// Calls, and incidents that are reports of one another.

export const intake = {
  duplicate: {
    maybe: "May be the same event",
    join: "Join to",
    score: "{{percent}}% alike",
    reason: {
      away: "{{value}} away",
      ago: "{{value}} ago",
      same_kind: "same kind",
      kind_alike: "similar kind",
      kind_other: "another kind",
      kind_open: "no kind chosen yet",
      same_address: "same address",
      place_unknown: "place unknown",
      same_caller: "same caller",
    },
  },
  merge: {
    is_merged: "This is another report of an incident that is open: units are sent and it is closed there.",
    go_target: "Go to that incident",
    undo: "Undo the merge",
    reports: "Reports merged into this one",
    resembles: "May be another report of",
    into: "Merge into",
  },
};
