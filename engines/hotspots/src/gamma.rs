//! The gamma distribution's tail and quantiles, for intervals of a rate.

use std::f64::consts::PI;

/// ln Γ(x) for x > 0: the recurrence up to 10, then Stirling's series (Abramowitz & Stegun 6.1.15, 6.1.41).
fn ln_gamma(x: f64) -> f64 {
    let (mut shifted, mut fallen) = (x, 0.0);
    while shifted < 10.0 {
        fallen += shifted.ln();
        shifted += 1.0;
    }
    let (inverse, square) = (1.0 / shifted, 1.0 / (shifted * shifted));
    let series = inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1_260.0 - square / 1_680.0)));
    (shifted - 0.5) * shifted.ln() - shifted + 0.5 * (2.0 * PI).ln() + series - fallen
}

/// Enough terms for shapes up to a million: both expansions need about √shape of them.
const TERMS_MAX: u32 = 20_000;

/// P(shape, x), the chance that a gamma variable of unit scale stays below x (Abramowitz & Stegun 6.5.29 below shape + 1, 6.5.31 above).
fn lower_tail(shape: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let front = (shape * x.ln() - x - ln_gamma(shape)).exp();
    if x < shape + 1.0 {
        let (mut term, mut sum) = (1.0 / shape, 1.0 / shape);
        for step in 1..TERMS_MAX {
            term *= x / (shape + f64::from(step));
            sum += term;
            if term < sum * 1e-15 {
                break;
            }
        }
        return (front * sum).min(1.0);
    }
    // The continued fraction from the front, each denominator kept off zero (Lentz 1976).
    let tiny = 1e-300;
    let mut b = x + 1.0 - shape;
    let (mut c, mut d) = (1.0 / tiny, 1.0 / b);
    let mut fraction = d;
    for step in 1..TERMS_MAX {
        let a = f64::from(step) * (shape - f64::from(step));
        b += 2.0;
        d = 1.0 / keep_off_zero(a * d + b, tiny);
        c = keep_off_zero(b + a / c, tiny);
        fraction *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    (1.0 - front * fraction).max(0.0)
}

fn keep_off_zero(value: f64, tiny: f64) -> f64 {
    if value.abs() < tiny { tiny } else { value }
}

/// The x below which a gamma variable of unit scale stays with chance `share` (strictly between 0 and 1). Bisection, because an
/// interval that is a little slow is better than a Newton step that leaves the axis at small shapes.
pub(crate) fn quantile(shape: f64, share: f64) -> f64 {
    let (mut low, mut high) = (0.0, shape + 1.0);
    while lower_tail(shape, high) < share {
        low = high;
        high *= 2.0;
    }
    while high - low > 1e-10 * high {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if lower_tail(shape, middle) < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::{ln_gamma, lower_tail, quantile};

    #[test]
    fn the_log_of_gamma_is_that_of_the_factorials() {
        let mut factorial = 1.0f64;
        for n in 1..20 {
            assert!((ln_gamma(f64::from(n)) - factorial.ln()).abs() < 1e-11, "{n}");
            factorial *= f64::from(n);
        }
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-11);
    }

    /// Twice a gamma variable of shape d/2 is chi-square with d degrees: the tables' 5 % and 95 % points.
    #[test]
    fn quantiles_agree_with_the_chi_square_tables() {
        for (degrees, share, tabled) in [
            (2.0, 0.95, 5.9915),
            (2.0, 0.05, 0.10259),
            (6.0, 0.95, 12.592),
            (6.0, 0.05, 1.6354),
            (20.0, 0.95, 31.410),
            (20.0, 0.05, 10.851),
            (100.0, 0.95, 124.34),
        ] {
            let ours = 2.0 * quantile(degrees / 2.0, share);
            assert!((ours / tabled - 1.0).abs() < 1e-4, "{degrees} {share}: {ours}");
        }
    }

    #[test]
    fn a_quantile_is_the_inverse_of_the_tail_for_small_and_large_shapes() {
        for shape in [1.0, 1.5, 3.0, 40.0, 5_000.0, 300_000.0] {
            for share in [0.001, 0.05, 0.5, 0.95, 0.999] {
                assert!((lower_tail(shape, quantile(shape, share)) - share).abs() < 1e-6, "{shape} {share}");
            }
        }
    }
}
