//! Cursor pagination: a page says where the next one begins.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const PAGE_DEFAULT: i64 = 50;
pub const PAGE_MAX: i64 = 200;

/// One page of a list, and the cursor of the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Pass it as `cursor`; absent after the last page.
    pub next_cursor: Option<String>,
}

/// `?cursor=…&limit=…`, to be flattened into or used beside a route's own query.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct PageQuery {
    pub cursor: Option<String>,
    pub limit: Option<i64>,
}

/// How many items a page has when so many are asked for: [`PAGE_DEFAULT`] when nothing is said, at most [`PAGE_MAX`].
#[must_use]
pub fn page_limit(asked: Option<i64>) -> i64 {
    asked.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX)
}

impl<T> Page<T> {
    /// A page from up to `limit + 1` items: the extra one only tells that there is more.
    #[must_use]
    pub fn cut(mut items: Vec<T>, limit: i64, key: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(1);
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = if has_more { items.last().map(key) } else { None };
        Self { items, next_cursor }
    }

    /// A list that is never long enough to be paged.
    #[must_use]
    pub const fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_is_the_last_shown_item_and_only_when_there_is_more() {
        let page = Page::cut(vec![5, 4, 3], 2, ToString::to_string);
        assert_eq!((page.items, page.next_cursor), (vec![5, 4], Some("4".into())));
        assert_eq!(Page::cut(vec![5, 4], 2, ToString::to_string).next_cursor, None);
    }

    #[test]
    fn a_limit_has_bounds() {
        assert_eq!([None, Some(0), Some(7), Some(i64::MAX)].map(page_limit), [50, 1, 7, 200]);
    }
}
