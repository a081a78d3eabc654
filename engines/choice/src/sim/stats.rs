//! What is said about many days: percentiles, and paired differences with their uncertainty.

use serde::Serialize;

/// The smallest value that at least this share of the values does not exceed (nearest rank); sorts in place.
#[must_use]
pub fn percentile(values: &mut [f64], share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let rank = (share * values.len() as f64).ceil() as usize;
    values.get(rank.max(1) - 1).copied()
}

#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// A mean difference and half the width of its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Paired {
    pub mean: f64,
    pub half_width: f64,
}

/// Student's paired t interval at 95 %; none for fewer than two pairs.
#[must_use]
pub fn paired(differences: &[f64]) -> Option<Paired> {
    let count = differences.len();
    if count < 2 {
        return None;
    }
    let mean = mean(differences)?;
    let squares: f64 = differences.iter().map(|difference| (difference - mean).powi(2)).sum();
    let freedom = (count - 1) as f64;
    let half_width = t_975(freedom) * (squares / freedom / count as f64).sqrt();
    Some(Paired { mean, half_width })
}

/// The 97.5 % quantile of Student's t by Fisher's expansion around the normal quantile (Abramowitz & Stegun 26.7.5);
/// within 0.001 from 8 degrees of freedom on.
fn t_975(freedom: f64) -> f64 {
    const Z: f64 = 1.959_963_984_540_054;
    let g1 = (Z.powi(3) + Z) / 4.0;
    let g2 = (5.0 * Z.powi(5) + 16.0 * Z.powi(3) + 3.0 * Z) / 96.0;
    let g3 = (3.0 * Z.powi(7) + 19.0 * Z.powi(5) + 17.0 * Z.powi(3) - 15.0 * Z) / 384.0;
    let g4 = (79.0 * Z.powi(9) + 776.0 * Z.powi(7) + 1_482.0 * Z.powi(5) - 1_920.0 * Z.powi(3) - 945.0 * Z) / 92_160.0;
    Z + g1 / freedom + g2 / freedom.powi(2) + g3 / freedom.powi(3) + g4 / freedom.powi(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let mut values: Vec<f64> = (1..=10).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut values, 0.5), Some(5.0));
        assert_eq!(percentile(&mut values, 0.9), Some(9.0));
        assert_eq!(percentile(&mut values, 0.0), Some(1.0));
        assert_eq!(percentile(&mut [], 0.5), None);
    }

    #[test]
    fn the_t_quantile_is_that_of_the_tables() {
        for (freedom, table) in [(8.0, 2.306), (9.0, 2.2622), (19.0, 2.0930), (29.0, 2.0452)] {
            assert!((t_975(freedom) - table).abs() < 1e-3, "{freedom}");
        }
        let paired = paired(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]).unwrap();
        assert!((paired.mean - 5.5).abs() < 1e-12);
        assert!((paired.half_width - 2.2622 * (9.166_667f64 / 10.0).sqrt()).abs() < 1e-3);
        assert_eq!(super::paired(&[1.0]), None);
    }
}
