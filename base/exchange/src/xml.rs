//! XML as CAP and PIDF-LO use it: a tree of elements, read within limits.
//!
//! **Invariant:** a document type is refused and no entity is expanded but the five of XML itself (XML 1.0 §4.6) and
//! character references, so a document can neither grow while it is read nor make the reader open anything.

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

/// Elements inside one another; CAP has four, PIDF-LO eight.
pub const DEPTH_MAX: usize = 24;
/// Elements of one document.
pub const ELEMENTS_MAX: usize = 20_000;
/// Attributes of one element, declarations of namespaces included.
pub const ATTRIBUTES_MAX: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    #[error("the document has {bytes} bytes; {max} are the most")]
    TooLarge { bytes: usize, max: usize },
    #[error("the document is not UTF-8, beginning with byte {at}")]
    NotUtf8 { at: usize },
    #[error("line {line}: a document type is not taken")]
    DocumentType { line: usize },
    #[error("line {line}: entity {name:?} is none of XML's own five")]
    Entity { line: usize, name: String },
    #[error("line {line}: elements lie deeper than {DEPTH_MAX} in one another")]
    TooDeep { line: usize },
    #[error("line {line}: more than {ELEMENTS_MAX} elements, or more than {ATTRIBUTES_MAX} attributes of one")]
    TooMany { line: usize },
    #[error("line {line}: {reason}")]
    Malformed { line: usize, reason: String },
    #[error("the document has no element")]
    Empty,
}

/// One element. Text of all its parts is joined; comments and instructions are gone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    /// Without its prefix.
    pub name: String,
    /// Empty when it is bound to none.
    pub namespace: String,
    pub attributes: Vec<(String, String)>,
    pub text: String,
    pub children: Vec<Element>,
    /// Where it begins, from 1.
    pub line: usize,
}

impl Element {
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first element of that name at any depth, this one included, in the order of the document.
    pub fn find(&self, name: &str) -> Option<&Self> {
        if self.name == name {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(name))
    }
}

/// Counts lines as the reader goes on.
struct Lines<'t> {
    text: &'t str,
    offset: usize,
    line: usize,
}

impl Lines<'_> {
    fn at(&mut self, offset: u64) -> usize {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(self.text.len());
        let passed = self.text.as_bytes().get(self.offset..offset).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.offset = self.offset.max(offset);
        self.line
    }
}

/// Reads a whole document.
///
/// # Errors
/// Says what is wrong and in which line.
pub fn read(bytes: &[u8], bytes_max: usize) -> Result<Element, XmlError> {
    if bytes.len() > bytes_max {
        return Err(XmlError::TooLarge { bytes: bytes.len(), max: bytes_max });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| XmlError::NotUtf8 { at: error.valid_up_to() })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut lines = Lines { text, offset: 0, line: 1 };
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut count = 0;
    loop {
        let line = lines.at(reader.buffer_position());
        let malformed = |reason: String| XmlError::Malformed { line, reason };
        let (namespace, event) = reader.read_resolved_event().map_err(|error| malformed(error.to_string()))?;
        match event {
            Event::Start(start) => {
                count += 1;
                if count > ELEMENTS_MAX {
                    return Err(XmlError::TooMany { line });
                }
                if open.len() >= DEPTH_MAX {
                    return Err(XmlError::TooDeep { line });
                }
                if root.is_some() {
                    return Err(malformed("a second element stands after the first has ended".into()));
                }
                open.push(opened(&start, &namespace, line)?);
            }
            Event::End(_) => {
                let Some(done) = open.pop() else { return Err(malformed("an element ends that did not begin".into())) };
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => root = Some(done),
                }
            }
            Event::Text(text) => push(&mut open, &text.xml10_content(), line)?,
            Event::CData(text) => push(&mut open, &text.xml10_content(), line)?,
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref().map_err(|error| malformed(error.to_string()))? {
                    Some(ch) if is_xml_char(ch) => ch,
                    Some(ch) => return Err(malformed(format!("character {ch:?} is not allowed in XML"))),
                    None => predefined(&reference)
                        .ok_or_else(|| XmlError::Entity { line, name: reference.chars().take(40).collect() })?,
                };
                push(&mut open, resolved.encode_utf8(&mut [0; 4]), line)?;
            }
            Event::DocType(_) => return Err(XmlError::DocumentType { line }),
            Event::Eof => break,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    if open.last().is_some() {
        return Err(XmlError::Malformed { line: lines.line, reason: "the document ends inside an element".into() });
    }
    root.ok_or(XmlError::Empty)
}

fn opened(start: &BytesStart<'_>, namespace: &ResolveResult<'_>, line: usize) -> Result<Element, XmlError> {
    let malformed = |reason: String| XmlError::Malformed { line, reason };
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        if attributes.len() >= ATTRIBUTES_MAX {
            return Err(XmlError::TooMany { line });
        }
        let attribute = attribute.map_err(|error| malformed(error.to_string()))?;
        let value =
            attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(|error| malformed(error.to_string()))?;
        attributes.push((attribute.key.local_name().into_inner().to_owned(), value.into_owned()));
    }
    let namespace = match namespace {
        ResolveResult::Bound(bound) => bound.0.to_owned(),
        ResolveResult::Unbound => String::new(),
        ResolveResult::Unknown(prefix) => return Err(malformed(format!("prefix {prefix:?} is bound to no namespace"))),
    };
    let name = start.local_name().into_inner().to_owned();
    Ok(Element { name, namespace, attributes, line, ..Element::default() })
}

fn push(open: &mut [Element], text: &str, line: usize) -> Result<(), XmlError> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(XmlError::Malformed { line, reason: "text stands outside of the document's element".into() }),
    }
    Ok(())
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "apos" => '\'',
        "quot" => '"',
        _ => return None,
    })
}

/// XML 1.0 §2.2, `Char`.
#[must_use]
pub const fn is_xml_char(ch: char) -> bool {
    matches!(ch, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Text for between two tags. Characters that XML cannot hold are dropped; a carriage return is written as a reference,
/// for a reader would make a line feed of it.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars().filter(|ch| is_xml_char(*ch)) {
        match ch {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            _ => out.push(ch),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAX: usize = 64 * 1024;

    fn refused(text: &str) -> Option<XmlError> {
        read(text.as_bytes(), MAX).err()
    }

    #[test]
    fn a_tree_keeps_names_namespaces_text_and_lines() {
        let root =
            read(b"<?xml version='1.0'?>\n<a xmlns='urn:x' b='1 &lt; 2'>\n<c>x &amp; &#x5b88;<![CDATA[<y>]]></c><d/></a>", MAX)
                .unwrap_or_default();
        assert_eq!((root.name.as_str(), root.namespace.as_str(), root.line), ("a", "urn:x", 2));
        assert_eq!(root.attribute("b"), Some("1 < 2"));
        let child = root.child("c").cloned().unwrap_or_default();
        assert_eq!((child.text.as_str(), child.namespace.as_str(), child.line), ("x & 守<y>", "urn:x", 3));
        assert_eq!(root.find("d").map(|d| d.children.len()), Some(0));
    }

    #[test]
    fn a_document_type_and_foreign_entities_are_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\">]>\n<a>&b;</a>";
        assert_eq!(refused(bomb), Some(XmlError::DocumentType { line: 1 }));
        assert_eq!(refused("<a>\n&b;</a>"), Some(XmlError::Entity { line: 2, name: "b".into() }));
        assert!(matches!(refused("<a>&#0;</a>"), Some(XmlError::Malformed { .. })));
    }

    #[test]
    fn depth_number_and_size_have_bounds() {
        let deep = "<a>".repeat(DEPTH_MAX + 1);
        assert_eq!(refused(&deep), Some(XmlError::TooDeep { line: 1 }));
        let many = format!("<a>{}</a>", "<b/>".repeat(ELEMENTS_MAX));
        assert_eq!(read(many.as_bytes(), 1 << 20).err(), Some(XmlError::TooMany { line: 1 }));
        let wide: String = (0..=ATTRIBUTES_MAX).map(|n| format!(" a{n}='1'")).collect();
        assert_eq!(refused(&format!("<a{wide}/>")), Some(XmlError::TooMany { line: 1 }));
        assert_eq!(read(b"<a/>", 3).err(), Some(XmlError::TooLarge { bytes: 4, max: 3 }));
    }

    #[test]
    fn what_is_cut_off_or_crossed_is_refused() {
        for text in ["", "  ", "<a>", "<a><b></a></b>", "<a/><b/>", "x<a/>", "<a b='1' b='2'/>", "<p:a/>", "<a", "</a>"] {
            assert!(refused(text).is_some(), "{text}");
        }
        assert!(matches!(read(b"<a>\xff</a>", MAX), Err(XmlError::NotUtf8 { at: 3 })));
    }

    proptest! {
        #[test]
        fn text_survives_writing_and_reading(text in "\\PC{0,80}|[ \\r\\n\\t<>&'\"\\]]{0,20}") {
            let root = read(format!("<a>{}</a>", escaped(&text)).as_bytes(), MAX);
            prop_assert_eq!(root.map(|a| a.text), Ok(text.chars().filter(|ch| is_xml_char(*ch)).collect::<String>()));
        }

        #[test]
        fn rubbish_never_breaks_the_reader(text in "[<>/&;!?\\[\\]a'\"= \\n:x#-]{0,120}") {
            let _ = read(text.as_bytes(), MAX);
        }
    }
}
