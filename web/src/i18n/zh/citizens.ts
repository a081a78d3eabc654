// 給市民看的頁面，不需登入。

export const citizens = {
  citizens: {
    title: "警察查了什麼？",
    intro:
      "這裡公布警察使用本系統查詢人與車的次數。數字依月份統計，不含任何人名與車號；每個數字都寫進一份無法偷改的紀錄，任何人都可以驗證。",
    numbers: "每月數字",
    month: "月份",
    none: "還沒有公布的月份",
    none_hint: "每個月結束後的隔天清晨公布。",
    asked_caption: "查詢人或車的次數，依目的",
    head_what: "項目",
    head_purpose: "目的",
    head_link: "案件",
    head_count: "次數",
    link_live: "有偵辦或受理中的案件",
    link_unlinked: "所寫案號查無進行中的案件",
    link_no_case: "依法不需案號",
    line_asked: "查詢人或車",
    line_refused: "因無權限被拒絕",
    line_hit_confirmed: "警示經人工確認",
    line_hit_rejected: "警示經人工排除",
    line_entry_approved: "名單經第二人核准",
    line_entry_refused: "名單經第二人退回",
    line_log_read: "稽核紀錄被查閱",
    few: "未滿 {{count}}",
    hidden: "未滿 {{count}} 的數字不公布，以免看出是誰；有時也會隱去另一個數字，免得由總數推算出來。",
    save: "下載 CSV",
    proof: "下載證明",
    verify: "怎麼驗證這些數字沒有被改過？",
    verify_how:
      "下載證明，再用公開的程式執行下列指令。它會檢查這個月的數字確實寫在稽核紀錄裡，並顯示紀錄中的原文。",
    recorded_title: "記錄了什麼？",
    recorded_text:
      "路口與巡邏車的攝影機會辨識經過車輛的車號、時間與地點。警察受理案件、派遣與巡邏也留下紀錄。系統不做人臉辨識，也不替任何人打分數。",
    kept_title: "保存多久？",
    kept_text:
      "依《警察職權行使法》第 10 條，蒐集的資料最遲一年內銷毀，除非犯罪調查需要。銷毀時連同備份的鑰匙一起銷毀，並留下可查證的銷毀證明。",
    asked_title: "誰可以查？",
    asked_text:
      "只有因職務需要的警察，而且每次都要寫明目的，多數還要寫案號。長時間追查一部車的行蹤，須經主管書面同意（同法第 11 條）。",
    checked_title: "怎麼防止亂查？",
    checked_text:
      "每次查詢在看到結果之前就已寫進稽核紀錄。紀錄由獨立的見證人簽章，連系統管理者也改不了。稽核人員可以看到是誰、何時、為什麼查。",
    rights_title: "我有什麼權利？",
    rights_text:
      "依《個人資料保護法》第 3 條，你可以向警察機關請求查詢、閱覽、更正或刪除自己的資料。請洽所屬警察局；對處理結果不服，可以向個人資料保護委員會申訴。",
    officers: "警察人員登入",
    from_outside: "警察查了什麼？市民專頁",
  },
};
