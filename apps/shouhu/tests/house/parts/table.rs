use serde_json::json;
use shouhu::lake::table::{Kind, column, render};

#[test]
fn chinese_names_keep_their_columns_straight() {
    let columns = [column("plate", "/plate", Kind::Text), column("place", "/place", Kind::Text), column("at", "/at", Kind::Time), column("n", "/n", Kind::Number)];
    let rows = [
        json!({ "plate": "ABC-1234", "place": "中山路", "at": 1_777_593_600_250_000_i64, "n": 7 }),
        json!({ "plate": "X-1", "place": "A\u{1b}[31m", "at": null, "n": 1.5 }),
    ];
    let expected = "plate     place   at                      n\nABC-1234  中山路  2026-05-01 08:00:00     7\nX-1       A[31m                        1.50\n";
    assert_eq!(render(&rows, &columns), expected);
}
