//! The words of an answer: the same for the same lines, whatever else there is.

use std::fmt::Write;

use shouhu_calendar::Date;
use shouhu_ids::{InquiryId, Micros};

use super::{TOLD_BY_DAYS, UseBasis, UseLine};
use crate::movements::fold::day_of;

/// What stands above the lines.
#[derive(Debug, Clone)]
pub struct Heading {
    pub inquiry: InquiryId,
    pub number: i64,
    pub plate_display: String,
    pub from: Micros,
    pub until: Micros,
    pub made_at: Micros,
    /// When the first answer was made: what is deferred is told within a time from then on.
    pub first_made_at: Micros,
}

const fn day(days: i64) -> Date {
    Date::from_days(days)
}

fn purpose(code: &str) -> &'static str {
    match code {
        "patrol" => "巡邏勤務",
        "investigation" => "犯罪偵查",
        "dispatch" => "110 受理與派遣",
        "traffic" => "交通執法",
        "audit" => "稽核",
        "life_threat" => "生命遭受急迫危險",
        _ => "其他勤務",
    }
}

const fn basis(of: UseBasis) -> &'static str {
    match of {
        UseBasis::Duty => "個人資料保護法第 16 條（執行法定職務必要範圍）",
        UseBasis::Consent => "警察職權行使法第 11 條（經他單位主管長官書面同意）",
        UseBasis::Opening => "個人資料保護法第 16 條（為免除生命急迫危險，事後經稽核檢視）",
    }
}

/// The whole answer. Nothing in it follows from what is not among the lines.
#[must_use]
pub fn answer(heading: &Heading, lines: &[UseLine]) -> String {
    let mut text = String::new();
    // Writing to a string fails for no text.
    let _ = written(&mut text, heading, lines);
    text
}

fn written(text: &mut String, heading: &Heading, lines: &[UseLine]) -> std::fmt::Result {
    let told_by = day_of(heading.first_made_at) + TOLD_BY_DAYS;
    writeln!(text, "車牌查詢使用紀錄答覆書")?;
    writeln!(text)?;
    writeln!(text, "申請編號：{}", heading.inquiry)?;
    writeln!(text, "答覆次序：第 {} 次", heading.number)?;
    writeln!(text, "車牌：{}", heading.plate_display)?;
    writeln!(text, "紀錄期間：{} 至 {}（臺北時間）", day(day_of(heading.from)), day(day_of(heading.until)))?;
    writeln!(text, "答覆日期：{}", day(day_of(heading.made_at)))?;
    writeln!(text)?;
    writeln!(text, "一、依個人資料保護法第 3 條、第 10 條，上述期間內對本車牌行車紀錄之查詢使用如下：")?;
    if lines.is_empty() {
        writeln!(text, "    （無）")?;
    }
    for (number, line) in (1..).zip(lines) {
        let office = line.office.as_deref().unwrap_or("本機關");
        let leaf = line.leaf.map_or_else(|| "－".to_owned(), |leaf| format!("第 {leaf} 筆"));
        let linked = if line.is_linked { "是" } else { "否" };
        writeln!(text, "    {number}. {}　單位：{office}　事由：{}　與案件連結：{linked}", day(line.day), purpose(&line.purpose))?;
        writeln!(text, "       依據：{}　稽核紀錄：{leaf}", basis(line.basis))?;
    }
    writeln!(text)?;
    writeln!(text, "二、依同法第 10 條但書，告知有妨害公務機關執行法定職務之虞者，得暫緩告知；暫緩之部分於原因消滅後另行補充答覆，至遲不逾 {}。", day(told_by))?;
    writeln!(text, "    本段文字於所有答覆書均相同，不表示本件有或無暫緩之部分。")?;
    writeln!(text, "三、車輛是否列於查緝清單及其命中之處理，不在本答覆範圍；承辦人員之姓名不予揭露。")?;
    writeln!(text, "四、本答覆書全文之 SHA-256 雜湊值已先記入稽核紀錄。持本檔案及其證明檔，任何人均得以 shouhu verify --proof 查驗。")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inquiries::cases::told_and_held;

    fn heading() -> Heading {
        let at = Micros(20_000 * Micros::DAY);
        let inquiry = InquiryId::new(at, [7; 16]);
        Heading { inquiry, number: 1, plate_display: "ABC-1234".into(), from: at.plus(-Micros::DAY), until: at, made_at: at, first_made_at: at }
    }

    fn lines() -> impl Strategy<Value = Vec<(Option<String>, UseLine)>> {
        let line = (19_000_i64..19_900, proptest::option::of(0_u8..4), 0_usize..6, any::<u16>()).prop_map(|(day, case, purpose, leaf)| {
            let purpose = ["patrol", "investigation", "dispatch", "traffic", "audit", "life_threat"][purpose].to_owned();
            let basis = if case == Some(0) { UseBasis::Consent } else { UseBasis::Duty };
            let office = (leaf % 3 > 0).then(|| format!("第{}分局", leaf % 3));
            let line = UseLine { day, office, purpose, basis, is_linked: case.is_some(), leaf: (leaf % 5 > 0).then_some(i64::from(leaf)) };
            (case.map(|case| format!("#CASE{case}")), line)
        });
        proptest::collection::vec(line, 0..30)
    }

    proptest! {
        #[test]
        fn an_answer_is_the_same_as_if_what_is_deferred_had_never_been(all in lines(), deferred in proptest::collection::btree_set(0_u8..4, 0..4)) {
            let deferred = deferred.into_iter().map(|case| format!("#CASE{case}")).collect();
            let (told, held) = told_and_held(all.clone(), &deferred);
            let never = all.iter().filter(|(case, _)| !case.as_ref().is_some_and(|case| deferred.contains(case))).cloned().collect();
            let (alone, none) = told_and_held(never, &deferred);
            prop_assert!(none.is_empty());
            prop_assert_eq!(answer(&heading(), &told), answer(&heading(), &alone));
            // Every use is told or held, and held under its own case.
            let mut everything: Vec<UseLine> = told.into_iter().chain(held.values().flatten().cloned()).collect();
            let mut of_all: Vec<UseLine> = all.iter().map(|(_, line)| line.clone()).collect();
            everything.sort();
            of_all.sort();
            prop_assert_eq!(everything, of_all);
            for (case, lines) in &held {
                let own = all.iter().filter(|(of, _)| of.as_ref() == Some(case)).count();
                prop_assert_eq!(lines.len(), own);
            }
        }
    }

    #[test]
    fn it_says_in_words_what_was_done_and_nobodys_name() {
        let line = UseLine { day: 19_999, office: Some("第一分局".into()), purpose: "patrol".into(), basis: UseBasis::Duty, is_linked: false, leaf: Some(12) };
        let text = answer(&heading(), &[line]);
        for part in ["ABC-1234", "2024-10-03　單位：第一分局　事由：巡邏勤務　與案件連結：否", "稽核紀錄：第 12 筆", "至遲不逾 2026-10-04", "不表示本件有或無"] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(answer(&heading(), &[]).contains("（無）"));
    }
}
