use serde_json::json;
use shouhu::lake::ask::{Shape, escaped, fields, query_of, stolen};

#[test]
fn a_chinese_case_number_can_be_sent_in_a_header() {
    assert_eq!(escaped("115-偵-7 a"), "115-%E5%81%B5-7%20a");
    let query = query_of(&fields(json!({ "plate": "A?*", "limit": 5, "none": null })));
    let mut parts: Vec<&str> = query.split('&').collect();
    parts.sort_unstable();
    assert_eq!(parts, ["limit=5", "plate=A%3F%2A"]);
}

#[test]
fn stolen_vehicles_are_read_line_by_line_and_a_wrong_time_names_its_line() -> anyhow::Result<()> {
    let vehicles = stolen("車牌,失竊,尋獲\nABC-1234,115/05/01 08:00,\n\nXY-9999,2026-05-02 09:30,2026-05-04\n")?;
    assert_eq!(vehicles.len(), 2);
    assert_eq!(vehicles.first(), Some(&json!({ "plate": "ABC-1234", "stolen_at_us": 1_777_593_600_000_000_i64 })));
    let wrong = stolen("ABC-1234,2026-05-01\nXY-9999,yesterday\n").map_err(|error| format!("{error:#}"));
    assert!(wrong.as_ref().is_err_and(|text| text.contains("line 2") && text.contains("yesterday")), "{wrong:?}");
    assert!(stolen("ABC-1234").is_err());
    Ok(())
}

#[test]
fn an_area_is_one_of_four_shapes() -> anyhow::Result<()> {
    let none = Shape { circle: None, bbox: None, polygon: None, h3: Vec::new() };
    let circle = Shape { circle: Some("120.2, 23,500".into()), ..none.clone() }.json()?;
    assert_eq!(circle, json!({ "kind": "circle", "center": { "lon": 120.2, "lat": 23.0 }, "radius_m": 500.0 }));
    assert!(Shape { bbox: Some("1,2,3".into()), ..none }.json().is_err());
    Ok(())
}
