//! Why a person asks about a vehicle or person: demanded, checked, written to the log.

use axum::http::{HeaderMap, StatusCode};
use shouhu_module::ports::LiveCasesPort;
use shouhu_module::{App, CASE_CHARS_MAX, Problem, Purpose, UNLINKED};
use shouhu_wire::{CASE_HEADER, PURPOSE_HEADER};

/// Purposes, and whether each needs a case or 110 number. 個人資料保護法 §5 asks for a specific purpose, and no more than
/// it needs.
pub const PURPOSES: [(&str, bool); 6] = [
    ("patrol", false),
    ("investigation", true),
    ("dispatch", true),
    ("traffic", true),
    ("audit", true),
    // Life first; such queries are reviewed afterwards.
    ("life_threat", false),
];

/// A header, or the query parameter of the same meaning: an `<img>` cannot send headers.
fn given(headers: &HeaderMap, header: &str, query: &str, parameter: &str) -> Option<String> {
    let from_header = headers.get(header).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    from_header
        .or_else(|| {
            query.split('&').find_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                (name == parameter).then(|| value.to_owned())
            })
        })
        .map(|text| unescaped(&text).trim().to_owned())
        .filter(|text| !text.is_empty())
}

/// `%E6%A1%88` to `案`: headers and queries carry ASCII only, case numbers do not. Bytes that are no UTF-8 are left as sent.
pub fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_case_number_comes_through_and_rubbish_stays_as_it_was() {
        assert_eq!(unescaped("115-%E5%81%B5-7"), "115-偵-7");
        for odd in ["100%", "%", "%zz", "%ff", ""] {
            assert_eq!(unescaped(odd), odd);
        }
    }
}

/// The purpose as it was said; nobody has checked it.
pub fn said(headers: &HeaderMap, query: &str) -> Option<String> {
    given(headers, PURPOSE_HEADER, query, "purpose")
}

/// # Errors
/// 428 when the purpose or the case that it needs is missing, 400 when the purpose is none of ours.
pub async fn required(app: &App, headers: &HeaderMap, query: &str) -> Result<Purpose, Problem> {
    let refused = |key: &str, detail: &str| Problem::new(StatusCode::PRECONDITION_REQUIRED, key, detail);
    let code = said(headers, query).ok_or_else(|| {
        refused("oversight.purpose_required", "a query about a vehicle or person needs the header shouhu-purpose")
    })?;
    let Some((_, needs_case)) = PURPOSES.iter().find(|(known, _)| *known == code) else {
        let known: Vec<&str> = PURPOSES.iter().map(|(known, _)| *known).collect();
        let detail = format!("purpose is none of {}", known.join(", "));
        return Err(Problem::new(StatusCode::BAD_REQUEST, "oversight.purpose_unknown", detail));
    };
    let case_ref = given(headers, CASE_HEADER, query, "case").map(|text| text.chars().take(CASE_CHARS_MAX).collect::<String>());
    if *needs_case && case_ref.is_none() {
        let detail = format!("purpose {code} needs a case or 110 number in the header shouhu-case");
        return Err(refused("oversight.case_required", &detail));
    }
    let case_ref = match case_ref {
        Some(case) if !is_live(app, &case).await => Some(format!("{case}{UNLINKED}")),
        other => other,
    };
    Ok(Purpose { code, case_ref })
}

async fn is_live(app: &App, case: &str) -> bool {
    match app.try_room::<LiveCasesPort>() {
        Some(port) => port.0.is_live(case.to_owned()).await,
        None => false,
    }
}
