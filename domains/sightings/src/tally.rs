//! How many passages each source had: numbers for oversight, which name no vehicle.

use std::collections::HashMap;

use shouhu_env::BoxFuture;
use shouhu_ids::Micros;
use shouhu_lakehouse::lake::questions::counts::{self, Hours};
use shouhu_module::ports::{PassageTally, PlacedCount};
use shouhu_module::{App, Problem};

use crate::lake::{ask_rows, lake_of};
use crate::passing::position_of;
use crate::window;

/// A day of 20,000 cameras.
const ROWS_OF_A_DAY_MAX: usize = 500_000;

pub struct BySource(pub App);

impl PassageTally for BySource {
    fn passages(&self, from: Micros, until: Micros) -> BoxFuture<'static, Result<Vec<PlacedCount>, Problem>> {
        let app = self.0.clone();
        Box::pin(async move { tallied(&app, from, until).await })
    }
}

/// Day by day, so that no answer grows with the month.
async fn tallied(app: &App, from: Micros, until: Micros) -> Result<Vec<PlacedCount>, Problem> {
    let lake = lake_of(app)?;
    let mut by_source: HashMap<_, u64> = HashMap::new();
    let mut day = from;
    while day < until {
        let end = Micros(day.plus(Micros::DAY).0.min(until.0));
        let hours = Hours::around(window::checked(day.0, end.0, Micros::DAY)?);
        let answer = ask_rows(app, ROWS_OF_A_DAY_MAX, move |view, limits| counts::by_source_hour(view, hours, limits)).await?;
        for count in &answer.rows {
            *by_source.entry(count.source).or_default() += u64::from(count.rows);
        }
        day = end;
    }
    let placed = |(source, count)| {
        let position = lake.source(source).and_then(|source| source.key.place_e6).and_then(position_of);
        PlacedCount { position, count }
    };
    Ok(by_source.into_iter().map(placed).collect())
}
