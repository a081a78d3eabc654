export const sso = {
  sso: {
    title: "Sign in to a tool",
    into: "Sign in to {{tool}}",
    checking: "Checking what this tool asks for.",
    leaving: "On the way to the tool.",
    confirm: "{{host}} asks who you are. Make sure that it is the tool that you want to use.",
    as_whom: "You are signed in as {{name}}.",
    told: "If you say yes, it learns:",
    told_sub:
      "a name for you that is this tool's alone: every other tool has another one, and none is your account's",
    told_name: "your name",
    told_role: "your role",
    told_unit: "the unit that you crew now",
    told_office: "the office that you serve in",
    once: "You are asked once after each sign-in, and it stands in the audit log. After you sign out here, the tool can no longer ask who you are.",
    yes: "Yes, sign in",
    no: "No",
    verify: "This tool asks you to prove with your passkey that it is you, now.",
    not: "You are not signed in to this tool.",
    refused: "This tool is not open to your role ({{role}}). Ask an operator if you need it.",
    back: "Back to the tool",
    wrong: "This request to sign in cannot be answered",
    wrong_hint:
      "To keep you safe, you were sent nowhere. Begin again at the tool, and tell its keeper if it happens again.",
    home: "To the start page",
  },
};
