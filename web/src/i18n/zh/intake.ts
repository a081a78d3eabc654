// Calls, and incidents that are reports of one another.

export const intake = {
  duplicate: {
    maybe: "可能是同一件事",
    join: "併入",
    score: "相似 {{percent}}%",
    reason: {
      away: "相距 {{value}}",
      ago: "{{value}}前",
      same_kind: "案類相同",
      kind_alike: "案類相近",
      kind_other: "案類不同",
      kind_open: "尚未選案類",
      same_address: "地址相同",
      place_unknown: "地點不明",
      same_caller: "同一支電話",
    },
  },
  merge: {
    is_merged: "本案是另一件案件的重複報案，已併入處理；派遣與結案都在那一件。",
    go_target: "前往併入的案件",
    undo: "取消併案",
    reports: "併入本案的報案",
    resembles: "可能與這些案件重複",
    into: "併入",
  },
};
