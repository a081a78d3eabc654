//! `GET /v1/oversight/audit`: the log, newest first. Reading it is itself a leaf.

use axum::extract::State;
use shouhu_audit::Leaf;
use shouhu_module::{App, Audit, Audited, Page, PageQuery, Params, Problem, Route, page_limit};

use crate::sealed::log;

pub const ROUTE: Route =
    Route::get("/v1/oversight/audit", "Leaves of the audit log, newest first", || axum::routing::get(handle))
        .permission("oversight.audit")
        .audit(Audit::WorkRead)
        .asks::<PageQuery>()
        .gives::<Page<Leaf>>();

async fn handle(State(app): State<App>, Params(query): Params<PageQuery>) -> Result<Audited<Page<Leaf>>, Problem> {
    let limit = page_limit(query.limit);
    let before = query.cursor.as_deref().and_then(|text| text.parse().ok());
    let mut leaves = app.audit.page(before, limit + 1).await?;
    if let Some(veil) = app.store.veil() {
        leaves.iter_mut().for_each(|leaf| log::blot(&veil, &mut leaf.entry));
    }
    let page = Page::cut(leaves, limit, |leaf| leaf.seq.to_string());
    let object = match (page.items.first(), page.items.last()) {
        (Some(newest), Some(oldest)) => format!("leaves {} to {}", oldest.seq, newest.seq),
        _ => "no leaves".into(),
    };
    Ok(Audited::new(object, page))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use shouhu_http::testing::House;
    use shouhu_module::Module;
    use shouhu_wire::Role;

    static MODULES: &[Module] = &[crate::MODULE];

    #[tokio::test]
    async fn reading_the_log_and_being_refused_are_leaves_themselves() {
        let house = House::open(MODULES).await;
        let auditor = house.person(Role::Auditor);
        let refused = house.call(&house.person(Role::Operator), "GET", "/v1/oversight/audit", Value::Null).await;
        assert_eq!(refused.status, 403);
        let first = house.call(&auditor, "GET", "/v1/oversight/audit", Value::Null).await;
        assert_eq!(first.json.pointer("/items/0/class"), Some(&"security".into()), "{}", first.json);
        let second = house.call(&auditor, "GET", "/v1/oversight/audit", Value::Null).await;
        assert_eq!(second.json.pointer("/items/0/object"), Some(&"leaves 1 to 1".into()), "{}", second.json);
        let verdict = house.call(&auditor, "GET", "/v1/oversight/audit/verify", Value::Null).await;
        assert_eq!(verdict.json.get("is_intact"), Some(&true.into()));
    }
}
