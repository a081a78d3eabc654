//! What the columns and properties of address files are called, and an address from its parts.

pub(super) const ADDRESS: [&str; 11] =
    ["address", "addr", "addr:full", "full_address", "地址", "門牌", "門牌地址", "住址", "點位住址", "地點", "發生地點"];
pub(super) const LON: [&str; 6] = ["lon", "lng", "long", "longitude", "經度", "x"];
pub(super) const LAT: [&str; 4] = ["lat", "latitude", "緯度", "y"];
pub(super) const COUNTY: [&str; 6] = ["countyname", "county", "addr:city", "縣市", "縣市名稱", "直轄市縣市"];
pub(super) const TOWN: [&str; 7] = ["townname", "town", "district", "addr:district", "鄉鎮市區", "鄉鎮市區名稱", "行政區"];
pub(super) const VILLAGE: [&str; 6] = ["villname", "village", "addr:neighbourhood", "村里", "村里名稱", "里別"];
pub(super) const STREET: [&str; 7] = ["street", "road", "addr:street", "街路段", "街、路段", "路段", "路街"];
/// 地區: a settlement whose houses are numbered without a street.
pub(super) const SETTLEMENT: [&str; 2] = ["地區", "addr:place"];
pub(super) const LANE: [&str; 2] = ["lane", "巷"];
pub(super) const ALLEY: [&str; 2] = ["alley", "弄"];
pub(super) const NUMBER: [&str; 5] = ["number", "housenumber", "addr:housenumber", "號", "門牌號"];

/// As headings are compared: without blanks around them, in small letters.
pub(super) fn heading(text: &str) -> String {
    text.trim().to_ascii_lowercase()
}

/// The whole address if the file has it, else put together from its parts; none without a street or settlement.
pub(super) fn address(value: impl Fn(&[&str]) -> Option<String>) -> Option<String> {
    if let Some(whole) = value(&ADDRESS) {
        return Some(whole);
    }
    let street = value(&STREET).or_else(|| value(&SETTLEMENT))?;
    let mut text: String = [&COUNTY[..], &TOWN, &VILLAGE].into_iter().filter_map(&value).collect();
    text.push_str(&street);
    for (names, unit) in [(&LANE[..], '巷'), (&ALLEY[..], '弄'), (&NUMBER[..], '號')] {
        let Some(part) = value(names) else { continue };
        text.push_str(&part);
        if !part.ends_with(unit) {
            text.push(unit);
        }
    }
    Some(text)
}
