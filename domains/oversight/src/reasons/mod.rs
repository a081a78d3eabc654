//! Why something was not done 未辦理原因: every time the system asks a person to act and the person does not, a reason of a closed list.
//!
//! | word | meaning |
//! |---|---|
//! | asked | what was asked for: to look at a hit, to send the unit that is ranked first … (`Asked` of `base/wire`) |
//! | code | why not, of the closed list of what was asked; more can be said in a note beside it |
//! | not answered | nobody did anything until the time for it was over; written by a job, never by a person |
//!
//! The rooms refuse whoever declines without a code, keep it where they keep the decision, name it in the audit leaf, and tell it as a
//! fact (`Event::NotDone`) in the transaction of the decision. Here facts are counted, by month, code and office. What nobody answered has no
//! leaf by a person: it gets one here.
//!
//! **Invariant:** a fact counts once, however often it is told.

mod react;
mod store;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::Serialize;
use shouhu_wire::Asked;

pub use react::{COUNT, NOT_ANSWERED_JOB, HOUR_UTC_US};
pub use store::lines;

/// How often something was not done for one reason by one office in one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReasonLine {
    /// `2026-11`, by the clock of Taipei.
    pub month: String,
    pub asked: Asked,
    pub code: String,
    /// Empty: nobody answered, or somebody who serves in no office.
    pub office: String,
    pub count: i64,
}

/// The closed list of one thing that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReasonList {
    pub asked: Asked,
    /// Besides `not_answered`.
    pub codes: Vec<&'static str>,
}

/// `GET /v1/oversight/reasons`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reasons {
    pub from: String,
    pub until: String,
    pub lists: Vec<ReasonList>,
    /// By month, what was asked, code and office.
    pub lines: Vec<ReasonLine>,
}

#[must_use]
pub fn lists() -> Vec<ReasonList> {
    Asked::ALL.map(|asked| ReasonList { asked, codes: asked.codes().to_vec() }).into()
}

/// As a spreadsheet takes it: UTF-8 with a mark at its beginning, or Excel reads the offices as gibberish.
#[must_use]
pub fn csv(lines: &[ReasonLine]) -> String {
    let mut text = String::from("\u{feff}month,asked,code,office,count\r\n");
    for line in lines {
        let asked = shouhu_store::tag_of(&line.asked);
        text += &format!("{},{asked},{},{},{}\r\n", line.month, line.code, shouhu_text::sheet::cell(&line.office), line.count);
    }
    text
}
