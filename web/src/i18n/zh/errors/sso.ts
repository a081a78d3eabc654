// Of signing in to the force's own tools.

export const sso = {
  "sso.request.unreadable": "這個登入要求無法讀取。",
  "sso.request.unknown_tool": "本系統沒有這個名稱的工具。",
  "sso.request.other_address": "這個要求想把您帶往的網址，不是這個工具登記的網址。",
  "sso.authorization.other_person":
    "這一頁顯示的不是目前登入的人：另一個分頁已換人登入。請重新載入後再決定。",
  "sso.token.invalid_request": "這個工具的要求缺少資料或重複。",
  "sso.token.invalid_client": "這個工具沒有證明自己的身分。",
  "sso.token.invalid_grant": "這個代碼已使用、已過期，或不屬於這個工具。",
  "sso.token.unsupported_grant_type": "本系統只接受授權碼。",
  "sso.userinfo.invalid_token": "這個存取權杖已失效。",
};
