//! Whether what was asked for fits into memory: asked before anything large is made.
//!
//! [`admit`] sets what the work needs at least ([`Need`]) against what there is ([`available`]), and refuses with both
//! figures. The need is a lower bound, so that nothing is refused that would run; docs/reliability.md says how close it
//! comes. `SPARLING_MEMORY` overrides what there is.
//!
//! Where memory runs out all the same, [`ran_out`] tells it from other failures of libtorch, and [`Named`] tells of it
//! where Rust's own allocation fails. [`ask_for_addresses`] looks at `ulimit -v` before libtorch sets itself up.

mod activations;
mod addresses;
mod lighter;
mod limits;
mod need;
mod out;
mod parameters;

use anyhow::{Result, bail, ensure};

use crate::config::Config;
use crate::domain::Domain;

pub use addresses::ask_for_addresses;
pub use limits::{Limit, VARIABLE, available};
pub use need::{Need, Sizes, Work, need};
pub(crate) use out::tell_of_cpp;
pub use out::{Named, ran_out};
pub use parameters::{Parameters, parameters};

/// Bytes of one value of a network.
pub(crate) const VALUE: f64 = 4.0;

/// More bytes than any address has: sizes beyond it overflow.
const MOST: f64 = (1_u64 << 62) as f64;

/// Refuses `work` with the networks of `config` on samples of `domain` where it cannot fit into memory.
///
/// # Errors
/// When it needs more than there is; the message has both figures and the settings to make smaller. When
/// `SPARLING_MEMORY` is neither an amount nor `any`.
pub fn admit(config: &Config, domain: &dyn Domain, work: Work) -> Result<()> {
    let sizes = Sizes::of(domain);
    let need = need(config, sizes, work);
    refuse(work.name(), need.total(), &format!(": {need}"), || lighter::settings(config, sizes, work))
}

/// Refuses `what` where `bytes` cannot fit into memory; `smaller` is what to make smaller.
///
/// # Errors
/// As [`admit`].
pub fn fits(what: &str, bytes: f64, smaller: &str) -> Result<()> {
    refuse(what, bytes, "", || smaller.to_owned())
}

fn refuse(what: &str, bytes: f64, parts: &str, smaller: impl Fn() -> String) -> Result<()> {
    ensure!(
        bytes < MOST,
        "{what} needs {}, more than any machine can address; make {} smaller",
        amount(bytes),
        smaller()
    );
    let Some(limit) = available()?.filter(|limit| (limit.bytes as f64) < bytes) else { return Ok(()) };
    bail!(
        "{what} needs at least {} of memory, and {} are there ({}){parts}. Make {} smaller, or use a machine with more memory; to try all the same, set the environment variable {VARIABLE}=any",
        amount(bytes),
        amount(limit.bytes as f64),
        limit.of,
        smaller()
    );
}

/// Bytes as people read them, rounded to three digits.
#[must_use]
pub fn amount(bytes: f64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let (mut value, mut unit) = (bytes, 0);
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        (value, unit) = (value / 1024.0, unit + 1);
    }
    let unit = UNITS[unit];
    match value {
        _ if value >= 1e6 => format!("{value:.1e} {unit}"),
        _ if value >= 100.0 || unit == "B" => format!("{value:.0} {unit}"),
        _ if value >= 10.0 => format!("{value:.1} {unit}"),
        _ => format!("{value:.2} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_three_digits() {
        for (bytes, text) in [
            (0.0, "0 B"),
            (1023.0, "1023 B"),
            (1536.0, "1.50 KiB"),
            (23.45 * 1024.0 * 1024.0, "23.4 MiB"),
            (640.0 * 1024.0 * 1024.0 * 1024.0, "640 GiB"),
            (1e30, "8.7e11 EiB"),
        ] {
            assert_eq!(amount(bytes), text);
        }
    }
}
