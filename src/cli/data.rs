//! `sparling data`: look at samples, and make the assets they need.
#![allow(clippy::print_stdout, reason = "a subcommand reports where it wrote")]

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use crate::domain::digit_circle::{DigitCircle, DigitCircleConfig, make_stamps, stamps};
use crate::domain::{Domain, Split};
use crate::figures::sample_image::{Panel, grid, marks_of, save_png};

/// Domains that can be previewed.
const DOMAINS: [&str; 1] = ["digit-circle"];

/// Arguments of `sparling data`.
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Draw samples of a domain with their true motifs and outputs
    Preview(PreviewArgs),
    /// Render the digit stamps of DigitCircle from a font
    MakeStamps(MakeStampsArgs),
}

#[derive(Debug, ClapArgs)]
struct PreviewArgs {
    /// Domain: digit-circle
    domain: String,
    /// Number of samples
    #[arg(short, long, default_value_t = 9, value_parser = clap::value_parser!(u16).range(1..=400))]
    n: u16,
    /// Stream of samples
    #[arg(long, value_enum, default_value_t = SplitName::Train)]
    split: SplitName,
    /// Index of the first sample
    #[arg(long, default_value_t = 0)]
    start: u64,
    /// Side of the square that an input pixel becomes
    #[arg(long, value_name = "K", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    scale_factor: u8,
    /// Change a setting of the domain, e.g. --set domain.flip-probability=0 (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Where to write the picture [default: DOMAIN-preview.png]
    #[arg(short, long, value_name = "FILE.png")]
    output: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
struct MakeStampsArgs {
    /// The font: FreeMono.ttf of the Debian package fonts-freefont-ttf
    #[arg(long, default_value = make_stamps::DEFAULT_FONT)]
    font: PathBuf,
    /// Where to write the stamps
    #[arg(short, long, value_name = "FILE.txt", default_value = "data/digit-stamps.txt")]
    output: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SplitName {
    Train,
    Validation,
    Test,
}

impl From<SplitName> for Split {
    fn from(name: SplitName) -> Self {
        match name {
            SplitName::Train => Self::Train,
            SplitName::Validation => Self::Validation,
            SplitName::Test => Self::Test,
        }
    }
}

/// Runs `sparling data`.
///
/// # Errors
/// When a setting is refused, a sample cannot be made, or a file cannot be read or written.
pub fn run(args: &Args) -> Result<()> {
    match &args.command {
        Command::Preview(args) => preview(args),
        Command::MakeStamps(args) => {
            let made = make_stamps::make_stamps(&args.font)?;
            let text = stamps::to_text(&made, &make_stamps::header());
            std::fs::write(&args.output, text)
                .with_context(|| format!("cannot write {}", args.output.display()))?;
            println!("wrote {}", args.output.display());
            Ok(())
        }
    }
}

fn preview(args: &PreviewArgs) -> Result<()> {
    let domain = domain(&args.domain, &args.settings)?;
    let last = args.start.checked_add(u64::from(args.n));
    let last =
        last.with_context(|| format!("--start {} leaves no room for {} samples", args.start, args.n))?;
    let kinds = marks_of(domain.motif_kinds());
    let panels = (args.start..last)
        .map(|index| {
            let sample = domain.sample(args.split.into(), index)?;
            let mut panel = Panel::new(&sample.input, domain.input_shape());
            panel.scale = args.scale_factor.into();
            panel.boxes = &sample.motifs;
            panel.kinds = &kinds;
            let tokens = sample.target.iter().map(|&token| domain.vocabulary()[token as usize].as_str());
            panel.captions = vec![format!("#{index}: {}", tokens.collect::<Vec<_>>().join(" "))];
            panel.draw()
        })
        .collect::<Result<Vec<_>>>()?;
    let columns = f64::from(args.n).sqrt().ceil() as usize;
    let default = PathBuf::from(format!("{}-preview.png", domain.name()));
    let output = args.output.as_ref().unwrap_or(&default);
    save_png(&grid(&panels, columns, 16)?, output)?;
    println!("wrote {}", output.display());
    Ok(())
}

/// The domain called `name` under the given settings.
fn domain(name: &str, settings: &[String]) -> Result<Box<dyn Domain>> {
    if name == "digit-circle" {
        return Ok(Box::new(DigitCircle::new(digit_circle_config(settings)?)?));
    }
    let hint = nearest(name, DOMAINS).map_or_else(String::new, |near| format!("; did you mean {near}?"));
    bail!("unknown domain {name:?}, expected one of: {}{hint}", DOMAINS.join(", "))
}

/// The paper's settings with `key=value` or `domain.key=value` laid over them.
fn digit_circle_config(settings: &[String]) -> Result<DigitCircleConfig> {
    let mut table = toml::Table::try_from(DigitCircleConfig::default())?;
    for setting in settings {
        let (key, value) = setting
            .split_once('=')
            .with_context(|| format!("--set {setting}: expected KEY=VALUE, e.g. domain.size=64"))?;
        let key = key.trim();
        let plain = key.strip_prefix("domain.").unwrap_or(key);
        if !table.contains_key(plain) {
            let hint = nearest(plain, table.keys().map(String::as_str))
                .map_or_else(String::new, |near| format!("; did you mean domain.{near}?"));
            let known: Vec<_> = table.keys().map(|known| format!("domain.{known}")).collect();
            bail!("--set {setting}: unknown key {key:?}, expected one of: {}{hint}", known.join(", "));
        }
        let parsed: toml::Table = toml::from_str(&format!("value = {value}"))
            .with_context(|| format!("--set {setting}: {value:?} is no TOML value"))?;
        ensure!(parsed.len() == 1, "--set {setting}: expected one value");
        table.extend(parsed.into_iter().map(|(_, value)| (plain.to_owned(), value)));
        // Checked one by one, so that the message names the setting at fault.
        let _: DigitCircleConfig = table.clone().try_into().with_context(|| format!("--set {setting}"))?;
    }
    Ok(table.try_into()?)
}

/// The candidate closest to `word` by edit distance, if it is close at all.
fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= 0.4)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(settings: &[&str]) -> Result<DigitCircleConfig> {
        digit_circle_config(&settings.iter().map(|&s| s.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn settings_are_laid_over_the_papers() {
        let found = config(&["domain.size=64", "flip-probability = 0"]).unwrap();
        let expected = DigitCircleConfig { size: 64, flip_probability: 0.0, ..DigitCircleConfig::default() };
        assert_eq!(found, expected);
    }

    #[test]
    fn wrong_settings_say_what_was_expected() {
        for (setting, needles) in [
            ("domain.sise=64", ["unknown key \"domain.sise\"", "did you mean domain.size?"]),
            ("domain.size", ["expected KEY=VALUE", "domain.size"]),
            ("domain.size=many words", ["no TOML value", "many words"]),
            ("domain.size=\"64\"", ["--set domain.size", "invalid type"]),
            ("size=64\nseed=2", ["--set size", "expected one value"]),
        ] {
            let message = format!("{:#}", config(&[setting]).unwrap_err());
            for needle in needles {
                assert!(message.contains(needle), "{setting}: {message}");
            }
        }
    }

    #[test]
    fn an_unknown_domain_names_the_nearest() {
        let Err(error) = domain("digitcircle", &[]) else {
            panic!("there is no such domain");
        };
        let message = format!("{error:#}");
        assert!(message.contains("did you mean digit-circle?"), "{message}");
    }
}
