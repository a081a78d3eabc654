//! The built web app, read into memory once, so that no request can name a path on disk.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use shouhu_env::{Disk, DiskError};
use shouhu_module::Problem;

#[derive(Debug)]
struct Page {
    bytes: Bytes,
    media: &'static str,
    etag: String,
}

/// Cheap to clone. An empty site answers every path with a problem.
#[derive(Debug, Clone, Default)]
pub struct Site(Arc<HashMap<String, Page>>);

fn media_of(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

impl Site {
    /// # Errors
    /// When the folder cannot be read. A folder without `index.html` is an empty site.
    pub fn load(disk: &dyn Disk, folder: &Path) -> Result<Self, DiskError> {
        let mut pages = HashMap::new();
        for path in disk.list(folder)? {
            let Ok(inside) = path.strip_prefix(folder) else { continue };
            let name = format!("/{}", inside.to_string_lossy());
            let bytes = disk.read(&path)?;
            let etag = format!("\"{}\"", hex::encode(Sha256::digest(&bytes)).get(..16).unwrap_or_default());
            pages.insert(name.clone(), Page { bytes: bytes.into(), media: media_of(&name), etag });
        }
        Ok(Self(Arc::new(pages)))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.0.contains_key("/index.html")
    }

    /// A file, or the app's one page for every path that the app routes by itself.
    #[must_use]
    pub fn answer(&self, path: &str, headers: &HeaderMap) -> Response {
        let is_api = path.starts_with("/v1/") || path == "/v1";
        let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
        // A page with a folder of its own, such as the caller's, is small: whoever needs it stands in the street.
        let own = || self.0.get(&format!("{}/index.html", path.trim_end_matches('/')));
        let page = match self.0.get(path).or_else(own) {
            Some(page) => page,
            None if is_api || is_file => return Problem::not_found("page").into_response(),
            None => match self.0.get("/index.html") {
                Some(page) => page,
                None => return Problem::new(StatusCode::NOT_FOUND, "http.not_found", "the web app is not built").into_response(),
            },
        };
        // Names in /assets carry a hash of their content; everything else must be asked for again.
        let cache = if path.starts_with("/assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
        let known = headers.get(header::IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == page.etag.as_bytes());
        let status = if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        let body = if known { Bytes::new() } else { page.bytes.clone() };
        let headers =
            [(header::CONTENT_TYPE, page.media), (header::CACHE_CONTROL, cache), (header::ETAG, page.etag.as_str())];
        (status, headers, body).into_response()
    }
}

#[cfg(test)]
mod tests {
    use shouhu_env::SimDisk;

    use super::*;

    #[test]
    fn the_app_answers_its_own_paths_and_nothing_outside() -> Result<(), DiskError> {
        let disk = SimDisk::default();
        disk.write_durably(Path::new("/web/index.html"), b"<html>")?;
        disk.write_durably(Path::new("/web/assets/a.js"), b"1")?;
        disk.write_durably(Path::new("/web/c/index.html"), b"<html lang>")?;
        disk.write_durably(Path::new("/secret"), b"x")?;
        let site = Site::load(&disk, Path::new("/web"))?;
        let status = |path: &str| site.answer(path, &HeaderMap::new()).status().as_u16();
        assert_eq!(["/", "/command", "/assets/a.js"].map(status), [200, 200, 200]);
        let tag = |path: &str| site.answer(path, &HeaderMap::new()).headers().get(header::ETAG).cloned();
        assert!(tag("/c/") == tag("/c") && tag("/c/") != tag("/command"), "a folder's own page is another one");
        assert_eq!(["/v1/nothing", "/assets/b.js", "/../secret.txt"].map(status), [404, 404, 404]);
        Ok(())
    }
}
