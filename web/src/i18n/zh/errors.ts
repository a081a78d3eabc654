// Stable error keys of the server (problem+json). What is missing here is shown in the server's own words.

export const errors = {
  offline: "連不上伺服器，請確認網路後再試。",
  unexpected: "發生未預期的錯誤：{{message}}",
  "identity.session_required": "登入已逾時，請重新登入。",
  "identity.not_permitted": "您沒有執行這個動作的權限。",
  "oversight.purpose_required": "查詢需要事由與案號，請先填寫。",
  "hits.already_decided": "這筆命中已由他人處理。",
  "hits.plate_differs": "您輸入的車牌與系統的任何辨識結果都不同。請再看一次照片；若確實不同，請駁回為「車牌讀錯」。",
  "dispatch.unit_not_available": "這組警力剛剛已不可派遣，請選擇另一組。",
  "dispatch.step_not_allowed": "案件狀態已改變，這個步驟不再適用。",
  "watchlists.approve.same_person": "提報人不能核准自己的清單，須由另一人核准。",
  "http.body_too_large": "檔案太大。",
};
