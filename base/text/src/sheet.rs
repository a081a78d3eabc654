//! Cells of a CSV file that people open in a spreadsheet.

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// Text that a spreadsheet shows and never calculates (OWASP, "CSV Injection"): what begins like a formula gets an
/// apostrophe before it, control characters go, and everything that needs quotation marks has them.
#[must_use]
pub fn cell(text: &str) -> String {
    let is_formula = text.trim_start().starts_with(FORMULA) || text.starts_with(FORMULA);
    let plain: String = text.chars().filter(|ch| !ch.is_control()).collect();
    let safe = if is_formula { format!("'{plain}") } else { plain };
    if safe.contains([',', '"', ';', '\'']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_shown_and_not_calculated() {
        for (text, shown) in [
            ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
            (" +1", "\"' +1\""),
            ("＝1+1", "\"'＝1+1\""),
            ("-2", "\"'-2\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("中山路, 民生路口", "\"中山路, 民生路口\""),
            ("中山路\n口", "中山路口"),
            ("偵查隊", "偵查隊"),
            ("=cmd", "\"'=cmd\""),
            ("\t=cmd", "\"'=cmd\""),
            ("a,\"b\"", "\"a,\"\"b\"\"\""),
        ] {
            assert_eq!(cell(text), shown);
        }
    }
}
