// For citizens, without signing in.

export const citizens = {
  citizens: {
    title: "What do the police look up?",
    intro:
      "How often police used this system to look up people and vehicles. The numbers are by month and name no person and no plate; each of them stands in a log that nobody can quietly change, and anybody can check it.",
    numbers: "Numbers by month",
    month: "Month",
    none: "No month has been published yet",
    none_hint: "A month is published on the morning after it ends.",
    asked_caption: "Questions about people or vehicles, by purpose",
    head_what: "What",
    head_purpose: "Purpose",
    head_link: "Case",
    head_count: "Times",
    link_live: "a live case or call",
    link_unlinked: "a case number that names no live case",
    link_no_case: "no case needed by law",
    line_asked: "Questions about people or vehicles",
    line_refused: "Turned away for want of permission",
    line_hit_confirmed: "Alerts confirmed by a person",
    line_hit_rejected: "Alerts rejected by a person",
    line_entry_approved: "List entries approved by a second person",
    line_entry_refused: "List entries refused by a second person",
    line_log_read: "Readings of the audit log",
    few: "fewer than {{count}}",
    hidden:
      "Numbers below {{count}} are not told, because they might point at somebody; sometimes another one is hidden with them, or the sum would tell.",
    save: "Download CSV",
    proof: "Download the proof",
    verify: "How can I check that these numbers were not changed?",
    verify_how:
      "Download the proof and run this with the open program. It checks that the month's numbers stand in the audit log, and prints what stands there.",
    recorded_title: "What is recorded?",
    recorded_text:
      "Cameras at junctions and on patrol cars read the plates of passing vehicles, with time and place. Calls, dispatch and patrols leave records too. There is no face recognition, and nobody is given a score.",
    kept_title: "For how long?",
    kept_text:
      "By Article 10 of the Police Power Exercise Act, what was collected is destroyed within one year unless an investigation needs it. The keys of the backups are destroyed with it, and a certificate that can be checked remains.",
    asked_title: "Who may look?",
    asked_text:
      "Only officers whose duty needs it, and each time with a purpose, mostly with a case number. Following one vehicle over a longer time needs a chief's written consent (Article 11).",
    checked_title: "What keeps them from looking without reason?",
    checked_text:
      "Every question is in the audit log before its answer is shown. Independent witnesses sign the log, so not even the administrators can change it. Auditors see who asked, when and why.",
    rights_title: "What are my rights?",
    rights_text:
      "By Article 3 of the Personal Data Protection Act you may ask the police to see, correct or erase your data. Ask the police department that serves you; if you disagree with the outcome, complain to the Personal Data Protection Commission.",
    officers: "Sign in, for officers",
    from_outside: "What do the police look up? A page for citizens",
  },
};
