export const codes = {
  codes: {
    intro:
      "CSV 欄位：代碼、狀態（備勤、忙碌、退勤、接受、出發、到場、結束）、說明。整份採用或整份退回；沒列出的代碼不再有意義。",
    built_in: "目前是內建的 10 碼，取自北美 APCO，並非臺灣標準；請匯入本單位的代碼表。",
    drop: "拖放代碼 CSV",
    added: "新增 {{count}}",
    changed: "修改 {{count}}",
    removed: "移除 {{count}}",
    unchanged: "不變 {{count}}",
    code: "代碼",
    meaning: "意義",
    title: "說明",
    means: {
      available: "備勤",
      busy: "忙碌",
      off_duty: "退勤",
      accept: "接受派遣",
      en_route: "出發",
      on_scene: "到場",
      clear: "結束派遣",
    },
  },
};
