//! Lists of `tests/exceptions`, one name a line, with the reason after a `#`. Those of routes that lack something may only shrink.

/// # Panics
/// When there is no such list.
pub fn of(file: &str) -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exceptions").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let named = |line: &str| line.split('#').next().unwrap_or_default().trim().to_owned();
    text.lines().map(named).filter(|name| !name.is_empty()).collect()
}
