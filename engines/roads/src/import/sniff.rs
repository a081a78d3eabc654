//! Tells a file's format from its first bytes, and says what it is when it is none of ours.

use super::report::{Format, ImportError};
use super::{csv, text};

/// How much of a text file is looked at.
const HEAD_BYTES: usize = 4_096;

/// Openings of files that people try by mistake.
const NOT_OURS: [(&[u8], &str); 11] = [
    (b"PK\x03\x04", "a zip archive; unpack it and import the file inside"),
    (b"\x1f\x8b", "a gzip file; unpack it and import the file inside"),
    (b"BZh", "a bzip2 file; unpack it and import the file inside"),
    (b"\xfd7zXZ", "an xz file; unpack it and import the file inside"),
    (b"\x28\xb5\x2f\xfd", "a zstd file; unpack it and import the file inside"),
    (b"SQLite format 3", "a GeoPackage or other SQLite database; export it as GeoJSON"),
    (b"\x00\x00\x27\x0a", "a shapefile; export it as GeoJSON in WGS84"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"%PDF", "a PDF document"),
    (b"\xff\x00\xe0\x04o5m", "an o5m file; convert it to .osm.pbf"),
];

/// # Errors
/// When the content is of no known road format, with what it looks like instead.
pub fn sniff(bytes: &[u8]) -> Result<Format, ImportError> {
    if bytes.is_empty() {
        return Err(ImportError::NotARoadFile { looks_like: "an empty file" });
    }
    if bytes.starts_with(b"SHRD") {
        return Ok(Format::Network);
    }
    if bytes.get(4..).is_some_and(|rest| rest.starts_with(b"\x0a\x09OSMHeader")) {
        return Ok(Format::OsmPbf);
    }
    if let Some((_, looks_like)) = NOT_OURS.iter().find(|(opening, _)| bytes.starts_with(opening)) {
        return Err(ImportError::NotARoadFile { looks_like });
    }
    let head = bytes.get(..HEAD_BYTES.min(bytes.len())).unwrap_or(bytes);
    let head = text::head(head);
    let start = head.trim_start_matches('\u{feff}').trim_start();
    match start.chars().next() {
        Some('<') if start.contains("<osm") => Ok(Format::OsmXml),
        Some('<') if start.contains("<html") || start.contains("<!DOCTYPE html") => {
            Err(ImportError::NotARoadFile { looks_like: "a web page, perhaps the download's error message" })
        }
        Some('<') if start.contains("<kml") || start.contains("<gpx") => {
            Err(ImportError::NotARoadFile { looks_like: "KML or GPX; export it as GeoJSON" })
        }
        Some('<') => Err(ImportError::NotARoadFile { looks_like: "XML, but not OpenStreetMap's" }),
        Some('{') if start.contains("\"Topology\"") => {
            Err(ImportError::NotARoadFile { looks_like: "TopoJSON; export it as GeoJSON" })
        }
        Some('{') => Ok(Format::GeoJson),
        Some(_) => csv::sniff(start),
        None => Err(ImportError::NotARoadFile { looks_like: "an empty file" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_kind_is_named() {
        for (bytes, word) in [
            (&b""[..], "empty"),
            (b"   ", "empty"),
            (b"PK\x03\x04....", "zip"),
            (b"<html><body>404", "web page"),
            (b"<?xml version='1.0'?><kml>", "KML"),
            (b"{\"type\":\"Topology\"}", "TopoJSON"),
            (b"Dear colleague,\nplease find", "text"),
            (b"\x00\x01\x02\x03\x04\x05\x06\x07", "binary"),
        ] {
            let refused = sniff(bytes);
            assert!(
                matches!(refused, Err(ImportError::NotARoadFile { looks_like }) if looks_like.contains(word)),
                "{word}: {refused:?}"
            );
        }
    }
}
