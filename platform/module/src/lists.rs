//! Finds lists that stand where a type has an object: serde reads one as the object's fields, in the order of our source.
//!
//! A deserializer that refuses them would not see all of a body: what serde reads into a tagged, untagged or flattened type it first keeps in a
//! form of its own, from which no deserializer of ours is asked. The schema that the OpenAPI document shows says everywhere where a list is due.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// Whether a list stands in this body where the schema of `T` has none. Whatever else may be wrong with a body is serde's to find, before.
pub fn has_misplaced_list<T: JsonSchema>(body: &[u8]) -> bool {
    // Most bodies hold no list, and cost no schema.
    if !body.contains(&b'[') {
        return false;
    }
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return false };
    let root = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    !fits(&root, &root, &value)
}

/// Whether lists and objects stand where the schema has them. Of other values only constants are compared, which tell variants apart.
fn fits(root: &Value, schema: &Value, value: &Value) -> bool {
    let Some(says) = schema.as_object() else { return *schema != Value::Bool(false) };
    if !is_of_kind(says, value) || says.get("const").is_some_and(|only| only != value) {
        return false;
    }
    let several = |word: &str| says.get(word).and_then(Value::as_array);
    let named = says.get("$ref").and_then(Value::as_str).and_then(|name| root.pointer(name.trim_start_matches('#')));
    let is_whole = named.into_iter().chain(several("allOf").into_iter().flatten()).all(|schema| fits(root, schema, value));
    let is_one = |word: &str| several(word).is_none_or(|schemas| schemas.iter().any(|schema| fits(root, schema, value)));
    is_whole && is_one("oneOf") && is_one("anyOf") && fits_inside(root, says, value)
}

fn fits_inside(root: &Value, says: &Map<String, Value>, value: &Value) -> bool {
    let fits_one = |schema: Option<&Value>, one: &Value| schema.is_none_or(|schema| fits(root, schema, one));
    match value {
        Value::Array(list) => {
            let first = says.get("prefixItems").and_then(Value::as_array);
            let of_item = |at: usize| first.and_then(|schemas| schemas.get(at)).or_else(|| says.get("items"));
            list.iter().enumerate().all(|(at, one)| fits_one(of_item(at), one))
        }
        Value::Object(fields) => {
            let named = says.get("properties").and_then(Value::as_object);
            let of_field = |name: &str| named.and_then(|schemas| schemas.get(name)).or_else(|| says.get("additionalProperties"));
            fields.iter().all(|(name, one)| fits_one(of_field(name), one))
        }
        _ => true,
    }
}

fn is_of_kind(says: &Map<String, Value>, value: &Value) -> bool {
    let kind = match value {
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        _ => return true,
    };
    match says.get("type") {
        Some(Value::String(only)) => only == kind,
        Some(Value::Array(several)) => several.iter().any(|one| one == kind),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(PartialEq, Deserialize, JsonSchema)]
    struct Place {
        lon: f64,
        lat: f64,
    }

    #[derive(PartialEq, Deserialize, JsonSchema)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    enum Area {
        Circle { center: Place },
        Line { points: Vec<Place> },
        Ring { center: Vec<[f64; 2]> },
    }

    #[derive(PartialEq, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Step {
        Wait,
        Go { to: Place },
    }

    #[derive(PartialEq, Deserialize, JsonSchema)]
    struct Way {
        from: Option<Place>,
    }

    #[derive(PartialEq, Deserialize, JsonSchema)]
    struct Asked {
        place: Option<Place>,
        #[serde(default)]
        places: Vec<Place>,
        area: Option<Area>,
        step: Option<Step>,
        #[serde(default)]
        by_name: BTreeMap<String, Place>,
        more: Option<Value>,
        #[serde(flatten)]
        way: Way,
    }

    fn is_refused(body: &str) -> bool {
        let read = serde_json::from_str::<Asked>(body);
        assert!(read.is_ok(), "{body}: {:?}", read.err());
        has_misplaced_list::<Asked>(body.as_bytes())
    }

    #[test]
    fn a_list_for_an_object_is_found_wherever_it_stands() {
        for body in [
            r#"{"place":[120.2,23.0]}"#,
            r#"{"places":[{"lon":120.2,"lat":23.0},[120.2,23.0]]}"#,
            r#"{"area":{"kind":"circle","center":[120.2,23.0]}}"#,
            r#"{"area":{"kind":"line","points":[[120.2,23.0]]}}"#,
            r#"{"step":{"go":[{"lon":120.2,"lat":23.0}]}}"#,
            r#"{"step":{"go":{"to":[120.2,23.0]}}}"#,
            r#"{"by_name":{"a":[120.2,23.0]}}"#,
            r#"{"from":[120.2,23.0]}"#,
        ] {
            assert!(is_refused(body), "{body}");
        }
        assert!(has_misplaced_list::<Place>(b"[120.2, 23.0]"));
    }

    #[test]
    fn a_list_where_one_is_due_or_nobody_looks_is_none_of_them() {
        for body in [
            "{}",
            r#"{"place":{"lon":120.2,"lat":23.0},"places":[{"lon":120.2,"lat":23.0}],"area":null}"#,
            r#"{"area":{"kind":"line","points":[{"lon":120.2,"lat":23.0}]}}"#,
            r#"{"area":{"kind":"ring","center":[[120.2,23.0],[120.3,23.1]]}}"#,
            r#"{"step":{"go":{"to":{"lon":120.2,"lat":23.0}}},"places":[]}"#,
            r#"{"step":"wait","from":{"lon":120.2,"lat":23.0},"places":[]}"#,
            r#"{"more":[[1],{"a":[2]}],"by_name":{"a":{"lon":120.2,"lat":23.0}}}"#,
            r#"{"unknown":[1]}"#,
        ] {
            assert!(!is_refused(body), "{body}");
        }
    }
}
