//! PIDF-LO: a place in coordinates (RFC 5491, GML) and in words (RFC 4119 and RFC 5139, `civicAddress`).
//!
//! GML writes latitude before longitude under `urn:ogc:def:crs:EPSG::4326` (RFC 5491 §5).

use shouhu_place::Wgs84;

use crate::xml::{self, Element, XmlError, escaped};

/// Bytes of one document.
pub const PIDF_BYTES_MAX: usize = 32 * 1024;

/// A place as far as it is known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Place {
    pub position: Option<Wgs84>,
    /// Radius of uncertainty, metres.
    pub accuracy_m: Option<f64>,
    pub address: String,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PidfError {
    #[error(transparent)]
    Xml(#[from] XmlError),
    #[error("line {line}: {text:?} is no latitude and longitude")]
    Position { line: usize, text: String },
    #[error("line {line}: coordinate reference system {name:?} is not WGS84 (EPSG:4326 or EPSG:4979)")]
    ReferenceSystem { line: usize, name: String },
}

/// Writes a point, or a circle where the accuracy is known, and the address as one line.
#[must_use]
pub fn write(entity: &str, place: &Place) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    out.push_str("<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" ");
    out.push_str("xmlns:gp=\"urn:ietf:params:xml:ns:pidf:geopriv10\" xmlns:gml=\"http://www.opengis.net/gml\" ");
    out.push_str("xmlns:gs=\"http://www.opengis.net/pidflo/1.0\" xmlns:ca=\"urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr\" ");
    out.push_str(&format!("entity=\"pres:{0}\"><dm:device id=\"place\"><gp:geopriv><gp:location-info>", escaped(entity)));
    if let Some(at) = place.position {
        let system = "srsName=\"urn:ogc:def:crs:EPSG::4326\"";
        let pos = format!("<gml:pos>{} {}</gml:pos>", at.lat, at.lon);
        match place.accuracy_m {
            Some(radius_m) => out.push_str(&format!(
                "<gs:Circle {system}>{pos}<gs:radius uom=\"urn:ogc:def:uom:EPSG::9001\">{radius_m}</gs:radius></gs:Circle>"
            )),
            None => out.push_str(&format!("<gml:Point {system}>{pos}</gml:Point>")),
        }
    }
    if !place.address.is_empty() {
        out.push_str(&format!(
            "<ca:civicAddress><ca:country>TW</ca:country><ca:LOC>{}</ca:LOC></ca:civicAddress>",
            escaped(&place.address)
        ));
    }
    out.push_str("</gp:location-info><gp:usage-rules/></gp:geopriv></dm:device></presence>");
    out
}

/// Reads the first position and the first civic address of a document.
///
/// # Errors
/// When it is no XML, or a position is none. A document with neither gives an empty place.
pub fn read(text: &str) -> Result<Place, PidfError> {
    let root = xml::read(text.trim_start().as_bytes(), PIDF_BYTES_MAX)?;
    let position = root.find("pos").map(|pos| position_of(&root, pos)).transpose()?;
    let radius = root.find("radius").filter(|radius| radius.attribute("uom").is_none_or(|uom| uom.ends_with("EPSG::9001")));
    let accuracy_m = radius.and_then(|radius| radius.text.trim().parse::<f64>().ok()).filter(|m| m.is_finite() && *m >= 0.0);
    let address = root.find("civicAddress").map(address_of).unwrap_or_default();
    Ok(Place { position, accuracy_m: accuracy_m.filter(|_| position.is_some()), address })
}

fn position_of(root: &Element, pos: &Element) -> Result<Wgs84, PidfError> {
    let shape = ["Point", "Circle", "Ellipse", "Sphere", "Ellipsoid", "ArcBand"].into_iter().find_map(|name| root.find(name));
    let system = pos.attribute("srsName").or_else(|| shape.and_then(|shape| shape.attribute("srsName")));
    if let Some(name) = system.filter(|name| !name.ends_with(":4326") && !name.ends_with(":4979")) {
        return Err(PidfError::ReferenceSystem { line: pos.line, name: name.chars().take(60).collect() });
    }
    let mut numbers = pos.text.split_whitespace().map(str::parse::<f64>);
    let found = match (numbers.next(), numbers.next()) {
        (Some(Ok(lat)), Some(Ok(lon))) => Wgs84::new(lon, lat).ok(),
        _ => None,
    };
    found.ok_or_else(|| PidfError::Position { line: pos.line, text: pos.text.chars().take(60).collect() })
}

/// Parts of a civic address from the large to the small (RFC 5139 §3.1).
const PARTS: [&str; 16] =
    ["A1", "A2", "A3", "A4", "A5", "A6", "PRD", "RD", "RDSEC", "RDBR", "STS", "POD", "HNO", "HNS", "FLR", "LOC"];

fn address_of(civic: &Element) -> String {
    let part = |name: &str| civic.child(name).map(|part| part.text.trim()).filter(|text| !text.is_empty());
    let is_taiwanese = part("country").is_some_and(|country| country.eq_ignore_ascii_case("TW"));
    let mut address = String::new();
    for (name, text) in PARTS.iter().filter_map(|name| part(name).map(|text| (*name, text))) {
        let has_gap = !is_taiwanese || text.is_ascii() && address.is_ascii();
        if has_gap && !address.is_empty() {
            address.push(' ');
        }
        address.push_str(text);
        if is_taiwanese && name == "HNO" && !text.contains('號') {
            address.push('號');
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn latitude_stands_before_longitude() {
        let place = Place {
            position: Wgs84::new(120.25, 23.03).ok(),
            accuracy_m: Some(12.5),
            address: "永康區中正路 1 號 <後門>".into(),
        };
        let text = write("dispatch.example", &place);
        assert!(text.contains("<gml:pos>23.03 120.25</gml:pos>"), "{text}");
        assert_eq!(read(&text), Ok(place));
    }

    #[test]
    fn a_civic_address_is_put_together_as_it_is_said() {
        let read_address = |parts: &str| read(&format!("<p><civicAddress>{parts}</civicAddress></p>")).map(|place| place.address);
        let taiwan = "<country>TW</country><A1>臺南市</A1><A3>永康區</A3><RD>中正路</RD><HNO>21</HNO>";
        assert_eq!(read_address(taiwan), Ok("臺南市永康區中正路21號".into()));
        assert_eq!(
            read_address("<country>US</country><A3>Wilmington</A3><RD>Cellular</RD><HNO>42</HNO>"),
            Ok("Wilmington Cellular 42".into())
        );
    }

    #[test]
    fn a_position_in_another_system_or_off_the_globe_is_refused() {
        let point = |system: &str, pos: &str| read(&format!("<p><Point srsName='{system}'>\n<pos>{pos}</pos></Point></p>"));
        assert!(matches!(point("urn:ogc:def:crs:EPSG::3826", "2550000 170000"), Err(PidfError::ReferenceSystem { line: 2, .. })));
        assert!(matches!(point("urn:ogc:def:crs:EPSG::4326", "123.03 20.25"), Err(PidfError::Position { line: 2, .. })));
        assert!(matches!(point("urn:ogc:def:crs:EPSG::4326", "23.03"), Err(PidfError::Position { .. })));
        assert_eq!(read("<p/>"), Ok(Place::default()));
    }

    proptest! {
        #[test]
        fn a_place_is_read_as_it_was_written(lon in -180.0..=180.0_f64, lat in -90.0..=90.0_f64, address in "[路街巷弄號 a-z0-9<>&]{0,30}") {
            let place = Place { position: Wgs84::new(lon, lat).ok(), accuracy_m: None, address: address.trim().to_owned() };
            prop_assert_eq!(read(&write("x", &place)), Ok(place));
        }
    }
}
