//! Where along its way a vehicle was: noise across the road is gone once the way is known, noise along it is not.
//!
//! Each fix is projected onto the way, and the distances driven are smoothed with a constant-velocity Kalman filter run
//! forwards and backwards (Rauch, Tung & Striebel 1965). At one fix per second this places fixes near a junction on the
//! right side of it; at thirty seconds it changes nothing, as it should.
#![allow(clippy::indexing_slicing, reason = "the backward pass walks the indices that the forward pass made")]

/// Standard deviation of the acceleration that is believed of a vehicle in traffic.
const ACCELERATION_M_PER_S2: f64 = 1.5;
/// A vehicle that is first seen may stand or drive; one standard deviation.
const FIRST_SPEED_M_PER_S: f64 = 15.0;

/// A fix on its way: when, how far along the way it seems to lie, and how far that may be wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub time_s: f64,
    pub along_m: f64,
    pub sigma_m: f64,
}

/// Distance and speed with their covariance.
#[derive(Debug, Clone, Copy)]
struct Motion {
    along: f64,
    speed: f64,
    p_aa: f64,
    p_as: f64,
    p_ss: f64,
}

impl Motion {
    /// White-noise acceleration over a time.
    fn after(self, time_s: f64) -> Self {
        let q = ACCELERATION_M_PER_S2.powi(2) * time_s;
        Self {
            along: self.along + self.speed * time_s,
            speed: self.speed,
            p_aa: self.p_aa + time_s * (2.0 * self.p_as + time_s * self.p_ss) + q * time_s.powi(2) / 3.0,
            p_as: self.p_as + time_s * self.p_ss + q * time_s / 2.0,
            p_ss: self.p_ss + q,
        }
    }

    fn with(self, seen: &Seen) -> Self {
        let s = self.p_aa + seen.sigma_m.powi(2);
        let (k_a, k_s) = (self.p_aa / s, self.p_as / s);
        let surprise = seen.along_m - self.along;
        Self {
            along: self.along + k_a * surprise,
            speed: self.speed + k_s * surprise,
            p_aa: (1.0 - k_a) * self.p_aa,
            p_as: (1.0 - k_a) * self.p_as,
            p_ss: self.p_ss - k_s * self.p_as,
        }
    }
}

/// Distances along the way, never falling.
pub(super) fn smoothed(seen: &[Seen]) -> Vec<f64> {
    let Some(first) = seen.first() else { return Vec::new() };
    let start =
        Motion { along: first.along_m, speed: 0.0, p_aa: first.sigma_m.powi(2), p_as: 0.0, p_ss: FIRST_SPEED_M_PER_S.powi(2) };
    let (mut told, mut expected) = (vec![start], vec![start]);
    for (before, now) in seen.iter().zip(&seen[1..]) {
        let ahead = told[told.len() - 1].after((now.time_s - before.time_s).max(1e-3));
        expected.push(ahead);
        told.push(ahead.with(now));
    }
    let mut later = told[told.len() - 1];
    let mut found = vec![later.along];
    for index in (0..told.len() - 1).rev() {
        let time_s = (seen[index + 1].time_s - seen[index].time_s).max(1e-3);
        let (here, ahead) = (told[index], expected[index + 1]);
        // Gain: covariance of here with ahead, times the inverse of the covariance of ahead.
        let (c_aa, c_as) = (here.p_aa + time_s * here.p_as, here.p_as);
        let (c_sa, c_ss) = (here.p_as + time_s * here.p_ss, here.p_ss);
        let determinant = (ahead.p_aa * ahead.p_ss - ahead.p_as.powi(2)).max(1e-12);
        let gain = |a: f64, s: f64| ((a * ahead.p_ss - s * ahead.p_as) / determinant, (s * ahead.p_aa - a * ahead.p_as) / determinant);
        let ((g_aa, g_as), (g_sa, g_ss)) = (gain(c_aa, c_as), gain(c_sa, c_ss));
        let (along, speed) = (later.along - ahead.along, later.speed - ahead.speed);
        later = Motion { along: here.along + g_aa * along + g_as * speed, speed: here.speed + g_sa * along + g_ss * speed, ..here };
        found.push(later.along);
    }
    found.reverse();
    let mut farthest = f64::NEG_INFINITY;
    for along_m in &mut found {
        farthest = farthest.max(*along_m);
        *along_m = farthest;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_along_a_steady_drive_falls_by_more_than_half() {
        let noise = [9.0, -11.0, 4.0, -7.0, 12.0, -3.0, -10.0, 8.0, 1.0, -6.0, 7.0, -4.0];
        let seen: Vec<Seen> = (0..48)
            .map(|index| Seen { time_s: f64::from(index), along_m: 10.0 * f64::from(index) + noise[index as usize % 12], sigma_m: 8.0 })
            .collect();
        let found = smoothed(&seen);
        let error = |along: &dyn Fn(usize) -> f64| (0..48).map(|index| (along(index) - 10.0 * index as f64).powi(2)).sum::<f64>().sqrt();
        let (raw, smooth) = (error(&|index| seen[index].along_m), error(&|index| found[index]));
        assert!(smooth < 0.5 * raw, "{smooth} of {raw}");
        assert!(found.windows(2).all(|pair| pair[1] >= pair[0]));
    }
}
