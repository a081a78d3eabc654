//! Times on the command line.

use anyhow::{Context, bail};
use clap::Args;
use shouhu_ids::Micros;
use shouhu_sightings::feeds::TAIPEI_US;
use shouhu_sightings::feeds::moment::{MomentError, TimeForm, parse};

#[derive(Debug, Clone, Default, Args)]
pub struct Span {
    /// Begin: 2026-05-01, "2026-05-01 08:00", 115/05/01 08:00, 2026-05-01T00:00:00Z. Taipei time where no zone is given.
    #[arg(long, global = true)]
    pub from: Option<String>,
    /// End, not included; now when absent.
    #[arg(long, global = true)]
    pub until: Option<String>,
    /// Instead of --from: so long before the end. 30m, 12h, 7d.
    #[arg(long, global = true, conflicts_with = "from")]
    pub last: Option<String>,
}

/// From and until, microseconds.
pub type Window = (Micros, Micros);

impl Span {
    /// # Errors
    /// When a time is none, or the window empty.
    pub fn window(&self, now: Micros, default_us: i64) -> anyhow::Result<Window> {
        let until = self.until.as_deref().map_or(Ok(now), moment)?;
        let from = match (&self.from, &self.last) {
            (Some(from), _) => moment(from)?,
            (None, Some(last)) => until.plus(-length_us(last)?),
            (None, None) => until.plus(-default_us),
        };
        if from >= until {
            bail!("the window must begin before it ends");
        }
        Ok((from, until))
    }
}

/// # Errors
/// When it is no time.
pub fn moment(text: &str) -> anyhow::Result<Micros> {
    match parse(text, TimeForm::Auto, TAIPEI_US) {
        Err(MomentError::DayOnly(_)) => parse(&format!("{text} 00:00:00"), TimeForm::Auto, TAIPEI_US),
        other => other,
    }
    .with_context(|| format!("{text:?}"))
}

fn length_us(text: &str) -> anyhow::Result<i64> {
    let unit_us = match text.chars().last() {
        Some('m') => Micros::MINUTE,
        Some('h') => Micros::HOUR,
        Some('d') => Micros::DAY,
        _ => bail!("{text:?} is no length of time: write 30m, 12h or 7d"),
    };
    let number: i64 = text.get(..text.len() - 1).unwrap_or_default().parse().with_context(|| format!("{text:?} is no length of time"))?;
    if !(1..=100_000).contains(&number) {
        bail!("{text:?} is not between 1 and 100000");
    }
    Ok(number * unit_us)
}
