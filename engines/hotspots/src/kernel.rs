//! The two shapes that a trigger is made of.

use crate::DAY_US;

/// Quartic (biweight) kernel `(1 - d²/h²)²`, unnormalised, for a squared distance as a share of the squared reach; 0 from 1 on.
///
/// Usual in hot spot maps (Chainey & Ratcliffe 2005, GIS and Crime Mapping, ch. 6; Silverman 1986, §4.2.1). It ends at its reach,
/// which is what lets a bucket index skip the rest of the city.
pub(crate) fn quartic(squared_share: f64) -> f64 {
    let rest = (1.0 - squared_share).max(0.0);
    rest * rest
}

/// Days from `earlier_us` to `later_us`.
pub(crate) fn days_between(earlier_us: i64, later_us: i64) -> f64 {
    (later_us.saturating_sub(earlier_us)) as f64 / DAY_US as f64
}

/// The share of an exponential life of mean `life_days` that falls between `from_days` and `until_days` after the report:
/// `exp(-from/life) - exp(-until/life)`, the integral of `ω·exp(-ω·t)` (Mohler et al. 2011, JASA 106(493), eq. 4 has the same ω).
pub(crate) fn life_between(life_days: f64, from_days: f64, until_days: f64) -> f64 {
    (-from_days / life_days).exp() * -(-(until_days - from_days) / life_days).exp_m1()
}
