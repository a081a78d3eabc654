//! `GET /v1/operations/backups`: what was backed up and drilled, with RPO and RTO for the chart.

use axum::Json;
use axum::extract::State;
use shouhu_ids::Micros;
use shouhu_module::{App, Audit, Page, PageQuery, Params, Problem, Route, page_limit};

use crate::backups::{BackupNote, list};

pub const ROUTE: Route =
    Route::get("/v1/operations/backups", "Backups and drills, newest first, with what they took", || axum::routing::get(handle))
        .permission("operations.watch")
        .audit(Audit::None("times and sizes of backups, no personal data"))
        .asks::<PageQuery>()
        .gives::<Page<BackupNote>>();

async fn handle(State(app): State<App>, Params(query): Params<PageQuery>) -> Result<Json<Page<BackupNote>>, Problem> {
    let limit = page_limit(query.limit);
    let before = query.cursor.and_then(|text| text.parse().ok()).map_or(Micros(i64::MAX), Micros);
    let notes = list(&app.store, before, limit + 1).await?;
    Ok(Json(Page::cut(notes, limit, |note| note.began_at_us.0.to_string())))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use shouhu_http::testing::House;
    use shouhu_ids::Micros;
    use shouhu_module::{App, Module};
    use shouhu_wire::Role;

    use crate::backups::{BACKUP_AGE_MAX_US, BackupKind, BackupNote, DRILL_AGE_MAX_US, keep, list_of, told};

    static MODULES: &[Module] = &[crate::MODULE, shouhu_http::MODULE];

    fn note(kind: BackupKind, began_at_us: Micros, is_good: bool) -> BackupNote {
        BackupNote {
            kind,
            began_at_us,
            node: None,
            is_good,
            backup: is_good.then(|| "1-a".to_owned()),
            took_us: 5,
            bytes_written: None,
            rpo_us: (kind == BackupKind::Drill).then_some(7),
            newest_passage_age_us: None,
            detail: "well".into(),
        }
    }

    async fn kept(app: &App, kind: BackupKind, age_us: i64, is_good: bool) {
        let noted = keep(&app.store, &note(kind, app.env.now().plus(-age_us), is_good)).await;
        assert!(noted.is_ok(), "{noted:?}");
    }

    async fn is_well(app: &App) -> bool {
        told(&app.store).await.is_ok_and(|(is_good, _)| is_good)
    }

    #[tokio::test]
    async fn the_operator_sees_backups_and_drills_and_the_officer_none() {
        let house = House::open(MODULES).await;
        kept(&house.app, BackupKind::Backup, 2_000, true).await;
        kept(&house.app, BackupKind::Drill, 1_000, true).await;
        let seen = house.call(&house.person(Role::Operator), "GET", "/v1/operations/backups?limit=1", Value::Null).await;
        assert_eq!((seen.status, seen.json.pointer("/items/0/kind")), (200, Some(&"drill".into())), "{}", seen.json);
        let cursor = seen.json.pointer("/next_cursor").and_then(Value::as_str).unwrap_or_default().to_owned();
        let older = house.call(&house.person(Role::Operator), "GET", &format!("/v1/operations/backups?cursor={cursor}"), Value::Null).await;
        assert_eq!(older.json.pointer("/items/0/kind"), Some(&"backup".into()), "{}", older.json);
        let refused = house.call(&house.person(Role::Officer), "GET", "/v1/operations/backups", Value::Null).await;
        assert_eq!(refused.status, 403);
    }

    #[tokio::test]
    async fn a_house_is_not_well_when_its_last_good_backup_or_drill_is_old() {
        let house = House::open(MODULES).await;
        let app = &house.app;
        assert!(is_well(app).await, "a house that was never backed up says so and is well");
        kept(app, BackupKind::Backup, BACKUP_AGE_MAX_US + Micros::HOUR, true).await;
        // What failed since does not count.
        kept(app, BackupKind::Backup, Micros::HOUR, false).await;
        assert!(!is_well(app).await);
        kept(app, BackupKind::Backup, Micros::MINUTE, true).await;
        assert!(is_well(app).await, "backups began some days ago: the first drill may still come");
        kept(app, BackupKind::Drill, DRILL_AGE_MAX_US + Micros::HOUR, true).await;
        assert!(!is_well(app).await);
        kept(app, BackupKind::Drill, Micros::MINUTE, true).await;
        assert!(is_well(app).await);
    }

    async fn kept_of(app: &App, node: &str, kind: BackupKind, age_us: i64) {
        let noted = keep(&app.store, &BackupNote { node: Some(node.into()), ..note(kind, app.env.now().plus(-age_us), true) }).await;
        assert!(noted.is_ok(), "{noted:?}");
    }

    #[tokio::test]
    async fn of_several_servers_each_is_asked_after_and_none_is_well_by_anothers_backup() {
        let house = House::open(MODULES).await;
        let app = &house.app;
        // Of before servers were told apart: it counts for whoever comes.
        kept(app, BackupKind::Drill, Micros::DAY, true).await;
        kept_of(app, "north", BackupKind::Backup, BACKUP_AGE_MAX_US + Micros::HOUR).await;
        assert!(!is_well(app).await);
        kept_of(app, "south", BackupKind::Backup, Micros::MINUTE).await;
        let (is_good, said) = told(&app.store).await.unwrap_or_else(|e| panic!("{e}"));
        let expected = "server north: last good backup 2 days ago, last good drill 1 days ago; server south: last good backup 0 days ago, last good drill 1 days ago";
        assert_eq!((is_good, said.as_str()), (false, expected));
        kept_of(app, "north", BackupKind::Backup, 2 * Micros::MINUTE).await;
        assert!(is_well(app).await);
        let of_north = list_of(&app.store, "north", 10).await.unwrap_or_else(|e| panic!("{e}"));
        let nodes: Vec<_> = of_north.iter().map(|note| note.node.as_deref()).collect();
        assert_eq!(nodes, [Some("north"), None, Some("north")]);
    }

    #[tokio::test]
    async fn a_server_that_is_gone_is_not_asked_after_for_ever_but_the_last_one_is() {
        let house = House::open(MODULES).await;
        let app = &house.app;
        kept_of(app, "north", BackupKind::Backup, 31 * Micros::DAY).await;
        assert!(!is_well(app).await, "nobody else backs anything up");
        kept_of(app, "south", BackupKind::Backup, Micros::MINUTE).await;
        assert!(is_well(app).await);
        kept_of(app, "north", BackupKind::Backup, 29 * Micros::DAY).await;
        assert!(!is_well(app).await);
    }
}
