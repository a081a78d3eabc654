// Of warnings and webhooks.

export const warnings = {
  "warnings.take.malformed": "這不是 CAP 1.2 的 XML 檔。",
  "warnings.take.too_large": "警報檔案太大。",
  "warnings.take.element": "警報的某個元素缺少或不正確，詳見說明中的行號與元素。",
  "warnings.take.draft": "這份警報還是對方的草稿，不予收錄。",
  "warnings.take.other_sender": "警報的發送者不是這把金鑰所代表的單位。",
  "warnings.draft.text": "警報須有繁體中文（可另附英文），事件與標題不得空白或過長。",
  "warnings.draft.word": "選項不是 CAP 1.2 所定的用語。",
  "warnings.draft.area": "請畫出區域：三個頂點以上的範圍，或半徑 50 公尺至 50 公里的圓。",
  "warnings.draft.expiry": "有效期限須在未來三天之內。",
  "warnings.draft.earlier": "更新或解除須指明本單位有效中的警報；新警報則不指明。",
  "warnings.issue.same_person": "草擬的人不能自行發布，請由另一人發布。",
  "warnings.issue.no_draft": "這份草稿已發布或已捨棄。",
  "warnings.issue.expired": "草稿的有效期限已過，請重新草擬。",
  "warnings.issue.earlier_ended": "所要更新或解除的警報已經結束。",
  "webhooks.subscribe.title": "名稱空白或太長。",
  "webhooks.subscribe.address": "網址須以 https:// 開頭（http:// 僅限本機），且不含帳號或片段。",
  "webhooks.subscribe.kinds": "請至少選擇一種通知。",
  "webhooks.subscribe.too_many": "訂閱已達上限，請先結束一個。",
};
