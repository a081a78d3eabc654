//! The KPIs of a run: read → hit → confirmed → dispatched → arrived.

use std::fmt;

use serde::Serialize;

/// Values of one measure.
#[derive(Debug, Default, Clone)]
pub struct Series(Vec<f64>);

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Percentiles {
    pub n: usize,
    pub mean: f64,
    pub p50: f64,
    pub p95: f64,
    pub max: f64,
}

impl Series {
    pub fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    /// Nearest-rank percentiles; `None` without values.
    pub fn percentiles(&self) -> Option<Percentiles> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let n = sorted.len();
        let rank = |share: f64| {
            let index = (share * n as f64).ceil() as usize;
            sorted.get(index.clamp(1, n.max(1)) - 1).copied()
        };
        let mean = sorted.iter().sum::<f64>() / n.max(1) as f64;
        Some(Percentiles { n, mean, p50: rank(0.5)?, p95: rank(0.95)?, max: *sorted.last()? })
    }
}

#[derive(Debug, Default)]
pub struct Kpis {
    /// Sighting sent → hit on the dispatcher's stream, wall milliseconds.
    pub read_to_hit_ms: Series,
    /// Frame written → hit on the dispatcher's stream, wall milliseconds, through the real edge agent.
    pub frame_to_hit_ms: Series,
    pub hit_to_decision_s: Series,
    pub confirmed_to_dispatched_s: Series,
    pub call_to_dispatched_s: Series,
    pub dispatched_to_arrived_s: Series,
    pub call_to_arrived_s: Series,
    pub sightings: u64,
    pub hits: u64,
    pub confirmed: u64,
    pub rejected: u64,
    pub calls: u64,
    pub closed: u64,
    pub declined: u64,
    pub ignored: u64,
    pub refused_requests: u64,
}

#[derive(Debug, Serialize)]
pub struct Report {
    pub seed: u64,
    pub speed: u32,
    pub city_minutes: f64,
    pub wall_seconds: f64,
    pub counts: Vec<(&'static str, u64)>,
    pub measures: Vec<(&'static str, &'static str, Option<Percentiles>)>,
}

impl Kpis {
    pub fn report(&self, seed: u64, speed: u32, city_minutes: f64, wall_seconds: f64) -> Report {
        Report {
            seed,
            speed,
            city_minutes,
            wall_seconds,
            counts: vec![
                ("sightings sent", self.sightings),
                ("hits raised", self.hits),
                ("hits confirmed", self.confirmed),
                ("hits rejected", self.rejected),
                ("110 calls", self.calls),
                ("assignments closed", self.closed),
                ("orders declined", self.declined),
                ("orders ignored", self.ignored),
                ("requests refused", self.refused_requests),
            ],
            measures: vec![
                ("read → hit on screen", "ms", self.read_to_hit_ms.percentiles()),
                ("frame → hit on screen (edge)", "ms", self.frame_to_hit_ms.percentiles()),
                ("hit → decided by a person", "s", self.hit_to_decision_s.percentiles()),
                ("confirmed → dispatched", "s", self.confirmed_to_dispatched_s.percentiles()),
                ("call → dispatched", "s", self.call_to_dispatched_s.percentiles()),
                ("dispatched → arrived", "s", self.dispatched_to_arrived_s.percentiles()),
                ("call → arrived", "s", self.call_to_arrived_s.percentiles()),
            ],
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nseed {} · {:.0} minutes of the city in {:.0} s ({}×)", self.seed, self.city_minutes, self.wall_seconds, self.speed)?;
        for (name, count) in &self.counts {
            writeln!(f, "  {name:<22} {count:>8}")?;
        }
        writeln!(f, "  {:<32} {:>6} {:>9} {:>9} {:>9} {:>9}", "", "n", "mean", "p50", "p95", "max")?;
        for (name, unit, percentiles) in &self.measures {
            match percentiles {
                Some(p) => writeln!(
                    f,
                    "  {:<32} {:>6} {:>9.1} {:>9.1} {:>9.1} {:>9.1}",
                    format!("{name} ({unit})"),
                    p.n,
                    p.mean,
                    p.p50,
                    p.p95,
                    p.max
                )?,
                None => writeln!(f, "  {:<32} {:>6}", format!("{name} ({unit})"), 0)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let mut series = Series::default();
        assert_eq!(series.percentiles(), None);
        (1..=100).rev().for_each(|n| series.add(f64::from(n)));
        let p = series.percentiles();
        assert_eq!(p.map(|p| (p.n, p.p50, p.p95, p.max)), Some((100, 50.0, 95.0, 100.0)));
    }
}
