//! A warning from XML. What the standard demands is demanded; the order of elements is not, for many senders mix it.

use shouhu_ids::Micros;
use shouhu_place::Wgs84;

use super::words::{Category, Certainty, MsgType, ResponseType, Scope, Severity, Status, Urgency};
use super::{
    AREAS_MAX, Alert, AlertReference, Area, CAP_BYTES_MAX, Circle, INFOS_MAX, Info, LIST_MAX, NAMESPACE, Named, POINTS_MAX,
    Resource, TEXT_CHARS_MAX,
};
use crate::moment::Moment;
use crate::xml::{self, Element, XmlError};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CapError {
    #[error(transparent)]
    Xml(#[from] XmlError),
    #[error("line {line}: <{name}> in namespace {namespace:?} is no alert of CAP 1.2 ({NAMESPACE})")]
    NoAlert { line: usize, name: String, namespace: String },
    #[error("line {line}: <{parent}> lacks <{name}>")]
    Missing { line: usize, parent: String, name: &'static str },
    #[error("line {line}: <{name}> stands more than once")]
    Twice { line: usize, name: &'static str },
    #[error("line {line}: <{name}> is {text:?}; {expected}")]
    Value { line: usize, name: &'static str, text: String, expected: String },
    #[error("line {line}: more than {max} {what}")]
    TooMany { line: usize, what: &'static str, max: usize },
}

/// Children of one element by name; those of other namespaces (signatures, extensions) are not seen.
struct Within<'e>(&'e Element);

impl<'e> Within<'e> {
    fn all(&self, name: &str) -> impl Iterator<Item = &'e Element> {
        self.0.children.iter().filter(move |child| child.name == name && child.namespace == NAMESPACE)
    }

    fn many(&self, name: &'static str, max: usize) -> Result<Vec<&'e Element>, CapError> {
        let found: Vec<_> = self.all(name).collect();
        if found.len() > max { Err(CapError::TooMany { line: self.0.line, what: name, max }) } else { Ok(found) }
    }

    fn may(&self, name: &'static str) -> Result<Option<&'e Element>, CapError> {
        let mut found = self.all(name);
        let first = found.next();
        match found.next() {
            Some(second) => Err(CapError::Twice { line: second.line, name }),
            None => Ok(first),
        }
    }

    fn must(&self, name: &'static str) -> Result<&'e Element, CapError> {
        self.may(name)?.ok_or_else(|| CapError::Missing { line: self.0.line, parent: self.0.name.clone(), name })
    }

    /// Text that is there and not empty.
    fn text(&self, name: &'static str) -> Result<Option<String>, CapError> {
        self.may(name)?.map(|element| checked_text(element, name)).transpose().map(|text| text.filter(|text| !text.is_empty()))
    }

    fn must_text(&self, name: &'static str) -> Result<String, CapError> {
        let element = self.must(name)?;
        let text = checked_text(element, name)?;
        if text.is_empty() { Err(value(element, name, "it must not be empty")) } else { Ok(text) }
    }

    fn moment(&self, name: &'static str) -> Result<Option<Moment>, CapError> {
        self.may(name)?.map(|element| moment(element, name)).transpose()
    }

    fn texts(&self, name: &'static str) -> Result<Vec<String>, CapError> {
        self.many(name, LIST_MAX)?.into_iter().map(|element| checked_text(element, name)).collect()
    }

    fn word<T>(&self, name: &'static str, parse: fn(&str) -> Option<T>, words: &str) -> Result<T, CapError> {
        let element = self.must(name)?;
        parse(&element.text).ok_or_else(|| value(element, name, &format!("one of: {}", words.trim_end())))
    }

    fn words<T>(&self, name: &'static str, parse: fn(&str) -> Option<T>, words: &str) -> Result<Vec<T>, CapError> {
        let read = |element: &Element| {
            parse(&element.text).ok_or_else(|| value(element, name, &format!("one of: {}", words.trim_end())))
        };
        self.many(name, LIST_MAX)?.into_iter().map(read).collect()
    }

    fn named(&self, name: &'static str) -> Result<Vec<Named>, CapError> {
        let pair = |element: &Element| {
            let within = Within(element);
            let text = within.may("value")?.map(|value| checked_text(value, "value")).transpose()?.unwrap_or_default();
            Ok(Named { name: within.must_text("valueName")?, value: text })
        };
        self.many(name, LIST_MAX)?.into_iter().map(pair).collect()
    }

    fn number(&self, name: &'static str) -> Result<Option<f64>, CapError> {
        let Some(element) = self.may(name)? else { return Ok(None) };
        let number = element.text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        number.map(Some).ok_or_else(|| value(element, name, "a number"))
    }
}

fn value(element: &Element, name: &'static str, expected: &str) -> CapError {
    let text = element.text.trim().chars().take(60).collect();
    CapError::Value { line: element.line, name, text, expected: expected.to_owned() }
}

fn checked_text(element: &Element, name: &'static str) -> Result<String, CapError> {
    let text = element.text.trim();
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(CapError::TooMany { line: element.line, what: name, max: TEXT_CHARS_MAX });
    }
    Ok(text.to_owned())
}

fn moment(element: &Element, name: &'static str) -> Result<Moment, CapError> {
    whole_second(element.text.trim()).ok_or_else(|| value(element, name, "a moment such as 2026-11-21T22:05:00+08:00"))
}

/// CAP knows whole seconds only (§3.3.2); a fraction is dropped, so that a reference names what it refers to.
fn whole_second(text: &str) -> Option<Moment> {
    let moment = Moment::parse(text).ok()?;
    Some(Moment { at: Micros(moment.at.0.div_euclid(Micros::SECOND) * Micros::SECOND), ..moment })
}

/// §3.2.1: no spaces, commas or restricted characters.
fn identifier(within: &Within<'_>, name: &'static str) -> Result<String, CapError> {
    let text = within.must_text(name)?;
    let is_good =
        text.chars().count() <= 200 && !text.chars().any(|ch| ch.is_whitespace() || ch.is_control() || ",<&".contains(ch));
    if is_good { Ok(text) } else { Err(value(within.must(name)?, name, "up to 200 characters, no spaces, commas, < or &")) }
}

impl Alert {
    /// Reads a document.
    ///
    /// # Errors
    /// Names the line and the element.
    pub fn read(bytes: &[u8]) -> Result<Self, CapError> {
        let root = xml::read(bytes, CAP_BYTES_MAX)?;
        if root.name != "alert" || root.namespace != NAMESPACE {
            return Err(CapError::NoAlert {
                line: root.line,
                name: root.name,
                namespace: root.namespace.chars().take(80).collect(),
            });
        }
        let within = Within(&root);
        let mut points_left = POINTS_MAX;
        let infos = within.many("info", INFOS_MAX)?.into_iter().map(|info| read_info(info, &mut points_left));
        let alert = Self {
            identifier: identifier(&within, "identifier")?,
            sender: identifier(&within, "sender")?,
            sent: moment(within.must("sent")?, "sent")?,
            status: within.word("status", Status::parse, Status::WORDS)?,
            msg_type: within.word("msgType", MsgType::parse, MsgType::WORDS)?,
            source: within.text("source")?,
            scope: within.word("scope", Scope::parse, Scope::WORDS)?,
            restriction: within.text("restriction")?,
            addresses: quoted(within.may("addresses")?),
            codes: within.texts("code")?,
            note: within.text("note")?,
            references: references(within.may("references")?)?,
            incidents: quoted(within.may("incidents")?),
            infos: infos.collect::<Result<_, _>>()?,
        };
        alert.check(&root)?;
        Ok(alert)
    }

    /// What one element demands of another (§3.2.1).
    fn check(&self, root: &Element) -> Result<(), CapError> {
        let missing = |name| CapError::Missing { line: root.line, parent: root.name.clone(), name };
        if self.scope == Scope::Restricted && self.restriction.is_none() {
            return Err(missing("restriction"));
        }
        if self.scope == Scope::Private && self.addresses.is_empty() {
            return Err(missing("addresses"));
        }
        if matches!(self.msg_type, MsgType::Update | MsgType::Cancel) && self.references.is_empty() {
            return Err(missing("references"));
        }
        Ok(())
    }
}

/// Items separated by spaces, those with spaces in double quotes.
fn quoted(element: Option<&Element>) -> Vec<String> {
    let mut items = Vec::new();
    for (n, part) in element.map(|element| element.text.as_str()).unwrap_or_default().split('"').enumerate() {
        if n % 2 == 1 {
            items.push(part.to_owned());
        } else {
            items.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    items.retain(|item| !item.trim().is_empty());
    items.truncate(LIST_MAX);
    items
}

fn references(element: Option<&Element>) -> Result<Vec<AlertReference>, CapError> {
    let Some(element) = element else { return Ok(Vec::new()) };
    let bad = || value(element, "references", "sender,identifier,sent separated by spaces");
    let mut read = Vec::new();
    for triple in element.text.split_whitespace() {
        if read.len() >= LIST_MAX {
            return Err(CapError::TooMany { line: element.line, what: "references", max: LIST_MAX });
        }
        let mut parts = triple.splitn(3, ',');
        let (Some(sender), Some(identifier), Some(sent)) = (parts.next(), parts.next(), parts.next()) else { return Err(bad()) };
        let sent = whole_second(sent).ok_or_else(bad)?;
        read.push(AlertReference { sender: sender.to_owned(), identifier: identifier.to_owned(), sent });
    }
    Ok(read)
}

fn read_info(element: &Element, points_left: &mut usize) -> Result<Info, CapError> {
    let within = Within(element);
    let categories = within.words("category", Category::parse, Category::WORDS)?;
    if categories.is_empty() {
        return Err(CapError::Missing { line: element.line, parent: element.name.clone(), name: "category" });
    }
    let areas = within.many("area", AREAS_MAX)?.into_iter().map(|area| read_area(area, points_left));
    let areas = areas.collect::<Result<_, _>>()?;
    Ok(Info {
        language: within.text("language")?.unwrap_or_else(|| "en-US".into()),
        categories,
        event: within.must_text("event")?,
        response_types: within.words("responseType", ResponseType::parse, ResponseType::WORDS)?,
        urgency: within.word("urgency", Urgency::parse, Urgency::WORDS)?,
        severity: within.word("severity", Severity::parse, Severity::WORDS)?,
        // "Very Likely" of CAP 1.0 is read as "Likely" (§3.2.2, certainty).
        certainty: within.word(
            "certainty",
            |text| if text.trim() == "Very Likely" { Some(Certainty::Likely) } else { Certainty::parse(text) },
            Certainty::WORDS,
        )?,
        audience: within.text("audience")?,
        event_codes: within.named("eventCode")?,
        effective: within.moment("effective")?,
        onset: within.moment("onset")?,
        expires: within.moment("expires")?,
        sender_name: within.text("senderName")?,
        headline: within.text("headline")?,
        description: within.text("description")?,
        instruction: within.text("instruction")?,
        web: within.text("web")?,
        contact: within.text("contact")?,
        parameters: within.named("parameter")?,
        resources: within.many("resource", LIST_MAX)?.into_iter().map(read_resource).collect::<Result<_, _>>()?,
        areas,
    })
}

fn read_resource(element: &Element) -> Result<Resource, CapError> {
    let within = Within(element);
    let size_bytes = match within.may("size")? {
        Some(size) => Some(size.text.trim().parse::<u64>().map_err(|_| value(size, "size", "bytes as a whole number"))?),
        None => None,
    };
    Ok(Resource {
        description: within.must_text("resourceDesc")?,
        mime_type: within.must_text("mimeType")?,
        size_bytes,
        uri: within.text("uri")?,
        // Larger than a text may be; the bounds of the document hold.
        deref_uri: within.may("derefUri")?.map(|element| element.text.trim().to_owned()),
        digest: within.text("digest")?,
    })
}

/// `lat,lon` in WGS84 (§3.2.4).
fn point(text: &str) -> Option<Wgs84> {
    let (lat, lon) = text.split_once(',')?;
    Wgs84::new(lon.trim().parse().ok()?, lat.trim().parse().ok()?).ok()
}

fn read_area(element: &Element, points_left: &mut usize) -> Result<Area, CapError> {
    let within = Within(element);
    let mut polygons = Vec::new();
    for polygon in within.many("polygon", LIST_MAX)? {
        let count = polygon.text.split_whitespace().count();
        *points_left = points_left.checked_sub(count).ok_or(CapError::TooMany {
            line: polygon.line,
            what: "points of polygons",
            max: POINTS_MAX,
        })?;
        let ring: Option<Vec<Wgs84>> = polygon.text.split_whitespace().map(point).collect();
        let ring = ring.filter(|ring| ring.len() >= 4 && ring.first() == ring.last());
        let expected = "at least four latitude,longitude pairs, the last the same as the first";
        polygons.push(ring.ok_or_else(|| value(polygon, "polygon", expected))?);
    }
    let mut circles = Vec::new();
    for circle in within.many("circle", LIST_MAX)? {
        circles.push(read_circle(circle).ok_or_else(|| value(circle, "circle", "latitude,longitude and a radius in km"))?);
    }
    Ok(Area {
        description: within.must_text("areaDesc")?,
        polygons,
        circles,
        geocodes: within.named("geocode")?,
        altitude_ft: within.number("altitude")?,
        ceiling_ft: within.number("ceiling")?,
    })
}

fn read_circle(element: &Element) -> Option<Circle> {
    let mut parts = element.text.split_whitespace();
    let centre = point(parts.next()?)?;
    let radius_km = parts.next()?.parse::<f64>().ok().filter(|km| (0.0..=20_100.0).contains(km))?;
    if parts.next().is_some() { None } else { Some(Circle { centre, radius_km }) }
}
