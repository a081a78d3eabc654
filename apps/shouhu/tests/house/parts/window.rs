use shouhu::lake::window::Span;
use shouhu_ids::Micros;

fn window(from: Option<&str>, until: Option<&str>, last: Option<&str>) -> Option<(i64, i64)> {
    let text = |text: Option<&str>| text.map(ToOwned::to_owned);
    let span = Span { from: text(from), until: text(until), last: text(last) };
    span.window(Micros(1_777_600_000_000_000), Micros::DAY).ok().map(|(from, until)| (from.0, until.0))
}

#[test]
fn a_window_is_two_times_or_a_length() {
    let may_first = 1_777_593_600_000_000 - 8 * Micros::HOUR;
    assert_eq!(window(Some("2026-05-01"), Some("2026-05-01 08:00"), None), Some((may_first, may_first + 8 * Micros::HOUR)));
    assert_eq!(window(None, Some("115/05/01 08:00"), Some("30m")), Some((may_first + 8 * Micros::HOUR - 30 * Micros::MINUTE, may_first + 8 * Micros::HOUR)));
    assert_eq!(window(None, None, None).map(|(from, until)| until - from), Some(Micros::DAY));
    for wrong in [window(Some("2026-05-02"), Some("2026-05-01"), None), window(None, None, Some("3w")), window(Some("noon"), None, None), window(None, None, Some("日"))] {
        assert_eq!(wrong, None);
    }
}
