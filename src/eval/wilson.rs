//! How sure a share of independent trials is.

/// The ends of a 95 % interval, in the unit of the values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The 2.5 % quantile.
    pub low: f64,
    /// The 97.5 % quantile.
    pub high: f64,
}

/// 95 % Wilson score interval of a probability, from `hits` among `trials` independent draws; `None` of none.
///
/// Unlike the bootstrap it does not shrink to a point where all draws agree: after n hits in n draws
/// the lower end is n/(n + 3.84).
#[must_use]
pub fn share_interval(hits: u64, trials: u64) -> Option<Interval> {
    /// The 97.5 % quantile of the standard normal.
    const Z: f64 = 1.959_963_985;
    if trials == 0 {
        return None;
    }
    let (n, share) = (trials as f64, hits as f64 / trials as f64);
    let centre = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    let end = |value: f64| (value / scale).clamp(0.0, 1.0);
    Some(Interval { low: end(centre - spread), high: end(centre + spread) })
}
