//! A warning as XML, in the order of the schema (CAP 1.2 §3.4).

use std::fmt::Display;

use shouhu_place::Wgs84;

use super::{Alert, Area, Info, NAMESPACE, Named, Resource};
use crate::xml::escaped;

struct Xml {
    out: String,
    depth: usize,
}

impl Xml {
    fn leaf(&mut self, name: &str, value: impl Display) {
        self.indent();
        self.out.push_str(&format!("<{name}>{}</{name}>\n", escaped(&value.to_string())));
    }

    fn may(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.leaf(name, value);
        }
    }

    fn indent(&mut self) {
        self.out.extend(std::iter::repeat_n("  ", self.depth));
    }

    fn within(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        self.indent();
        self.out.push_str(&format!("<{name}>\n"));
        self.depth += 1;
        fill(self);
        self.depth -= 1;
        self.indent();
        self.out.push_str(&format!("</{name}>\n"));
    }

    fn named(&mut self, name: &str, named: &[Named]) {
        for pair in named {
            self.within(name, |xml| {
                xml.leaf("valueName", &pair.name);
                xml.leaf("value", &pair.value);
            });
        }
    }
}

impl Alert {
    /// Its XML document.
    #[must_use]
    pub fn write(&self) -> String {
        let mut xml = Xml { out: String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"), depth: 1 };
        xml.out.push_str(&format!("<alert xmlns=\"{NAMESPACE}\">\n"));
        xml.leaf("identifier", &self.identifier);
        xml.leaf("sender", &self.sender);
        xml.leaf("sent", self.sent);
        xml.leaf("status", self.status.as_str());
        xml.leaf("msgType", self.msg_type.as_str());
        xml.may("source", self.source.as_ref());
        xml.leaf("scope", self.scope.as_str());
        xml.may("restriction", self.restriction.as_ref());
        xml.may("addresses", listed(&self.addresses));
        for code in &self.codes {
            xml.leaf("code", code);
        }
        xml.may("note", self.note.as_ref());
        let references: Vec<String> =
            self.references.iter().map(|r| format!("{},{},{}", r.sender, r.identifier, r.sent)).collect();
        xml.may("references", Some(references.join(" ")).filter(|text| !text.is_empty()));
        xml.may("incidents", listed(&self.incidents));
        for info in &self.infos {
            xml.within("info", |xml| write_info(xml, info));
        }
        xml.out.push_str("</alert>\n");
        xml.out
    }
}

/// Separated by spaces; what has one itself stands in double quotes (§3.2.1, addresses and incidents).
fn listed(items: &[String]) -> Option<String> {
    let quoted = |item: &String| if item.contains(char::is_whitespace) { format!("\"{item}\"") } else { item.clone() };
    if items.is_empty() { None } else { Some(items.iter().map(quoted).collect::<Vec<_>>().join(" ")) }
}

fn write_info(xml: &mut Xml, info: &Info) {
    xml.leaf("language", &info.language);
    for category in &info.categories {
        xml.leaf("category", category.as_str());
    }
    xml.leaf("event", &info.event);
    for response in &info.response_types {
        xml.leaf("responseType", response.as_str());
    }
    xml.leaf("urgency", info.urgency.as_str());
    xml.leaf("severity", info.severity.as_str());
    xml.leaf("certainty", info.certainty.as_str());
    xml.may("audience", info.audience.as_ref());
    xml.named("eventCode", &info.event_codes);
    xml.may("effective", info.effective);
    xml.may("onset", info.onset);
    xml.may("expires", info.expires);
    xml.may("senderName", info.sender_name.as_ref());
    xml.may("headline", info.headline.as_ref());
    xml.may("description", info.description.as_ref());
    xml.may("instruction", info.instruction.as_ref());
    xml.may("web", info.web.as_ref());
    xml.may("contact", info.contact.as_ref());
    xml.named("parameter", &info.parameters);
    for resource in &info.resources {
        xml.within("resource", |xml| write_resource(xml, resource));
    }
    for area in &info.areas {
        xml.within("area", |xml| write_area(xml, area));
    }
}

fn write_resource(xml: &mut Xml, resource: &Resource) {
    xml.leaf("resourceDesc", &resource.description);
    xml.leaf("mimeType", &resource.mime_type);
    xml.may("size", resource.size_bytes);
    xml.may("uri", resource.uri.as_ref());
    xml.may("derefUri", resource.deref_uri.as_ref());
    xml.may("digest", resource.digest.as_ref());
}

/// Latitude, then longitude (§3.2.4).
fn point(place: &Wgs84) -> String {
    format!("{},{}", place.lat, place.lon)
}

fn write_area(xml: &mut Xml, area: &Area) {
    xml.leaf("areaDesc", &area.description);
    for ring in &area.polygons {
        xml.leaf("polygon", ring.iter().map(point).collect::<Vec<_>>().join(" "));
    }
    for circle in &area.circles {
        xml.leaf("circle", format!("{} {}", point(&circle.centre), circle.radius_km));
    }
    xml.named("geocode", &area.geocodes);
    xml.may("altitude", area.altitude_ft);
    xml.may("ceiling", area.ceiling_ft);
}
