//! `sparling data`: look at samples, and make the assets they need.
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::builder::PossibleValuesParser;
use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::data_audio::{ImportArgs, MakeArgs, import_audio, make_audio};
use super::data_folder;
use super::tell::answer;
use crate::config::{DomainConfig, Source, parse};
use crate::domain::digit_circle::{make_stamps, stamps};
use crate::domain::{Split, names};
use crate::figures::sample_image::{Panel, grid, marks_of, save_png};
use crate::files::write_atomically;

/// Looks at samples of a domain, or makes the assets they are made from.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  sparling data preview digit-circle -n 9 -o grid.png
  sparling data preview digit-circle --split test --set domain.flip-probability=0.0
  sparling data preview latex-ocr -n 8 --scale-factor 2 --set domain.noise=0.0
  sparling data preview audio-sequence -n 2 --wav clip.wav
  sparling data new mydata                         a folder of your own: its dataset.toml
  sparling data check mydata
  sparling data preview dataset --set domain.folder=mydata
  sparling data make-audio                         speaks a corpus with espeak-ng
  sparling data import-audio AudioMNIST --name audiomnist
  sparling data make-stamps -o data/digit-stamps.txt")]
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
    /// Speak a corpus of spoken digits with espeak-ng: 60 voices, three accents each, 12 takes of each digit
    MakeAudio(MakeArgs),
    /// Write a commented dataset.toml and an experiment into a folder of one's own
    New(FolderArgs),
    /// Look at every row and input of such a folder, and say what is wrong, before anything is trained
    Check(FolderArgs),
    /// Read a folder of recorded digits (AudioMNIST, FSDD) into data/corpora
    ImportAudio(ImportArgs),
}

#[derive(Debug, ClapArgs)]
struct PreviewArgs {
    /// Domain
    #[arg(value_parser = PossibleValuesParser::new(names()))]
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
    /// Also write the sound of the first sample, where samples are sounds
    #[arg(long, value_name = "FILE.wav")]
    wav: Option<PathBuf>,
    /// Where to write the picture [default: DOMAIN-preview.png]
    #[arg(short, long, value_name = "FILE.png")]
    output: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
struct FolderArgs {
    /// The folder
    dir: PathBuf,
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
            write_atomically(&args.output, text.as_bytes())?;
            answer!("wrote {}", args.output.display())?;
            Ok(())
        }
        Command::New(args) => data_folder::new(&args.dir),
        Command::Check(args) => data_folder::check(&args.dir),
        Command::MakeAudio(args) => make_audio(args),
        Command::ImportAudio(args) => import_audio(args),
    }
}

fn preview(args: &PreviewArgs) -> Result<()> {
    let config = domain(&args.domain, &args.settings)?;
    let domain = config.build()?;
    let last = args.start.checked_add(u64::from(args.n));
    let last =
        last.with_context(|| format!("--start {} leaves no room for {} samples", args.start, args.n))?;
    let kinds = marks_of(domain.motif_kinds());
    let last = domain.available(args.split.into()).map_or(last, |all| last.min(all.max(args.start)));
    let panels = (args.start..last)
        .map(|index| {
            let sample = domain.sample(args.split.into(), index)?;
            let mut panel = Panel::new(&sample.input, domain.input_shape());
            panel.tone = domain.tone();
            panel.scale = args.scale_factor.into();
            panel.boxes = &sample.motifs;
            panel.kinds = &kinds;
            panel.captions = vec![format!("#{index}: {}", domain.written(&sample.target))];
            panel.draw()
        })
        .collect::<Result<Vec<_>>>()?;
    // Series are wide: one below the other.
    let series = domain.input_shape()[1] == 1;
    let columns = if series { 1 } else { f64::from(args.n).sqrt().ceil() as usize };
    let default = PathBuf::from(format!("{}-preview.png", domain.name()));
    let output = args.output.as_ref().unwrap_or(&default);
    save_png(&grid(&panels, columns, 16)?, output)?;
    answer!("wrote {}", output.display())?;
    if let Some(remark) = domain.remark(args.split.into(), args.start..last)? {
        answer!("{remark}")?;
    }
    if let Some(wav) = &args.wav {
        let Some(sound) = domain.sound(args.split.into(), args.start)? else {
            bail!("--wav: samples of {} make no sound; expected a domain of sounds", domain.name());
        };
        write_atomically(wav, &sound.wav()?)?;
        answer!("wrote {}", wav.display())?;
    }
    Ok(())
}

/// The settings of the domain called `name`, at the paper's settings with `domain.key=value` laid over them.
fn domain(name: &str, settings: &[String]) -> Result<DomainConfig> {
    let named = format!("domain.name={name}");
    let mut sources = vec![Source::assignment(&named)?];
    for setting in settings {
        sources.push(Source::assignment(setting)?);
    }
    Ok(parse(&sources)?.domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(settings: &[&str]) -> Result<DomainConfig> {
        domain("digit-circle", &settings.iter().map(|&s| s.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn settings_are_laid_over_the_papers() {
        assert_eq!(of(&[]).unwrap().dimensions().unwrap().input_shape, [1, 100, 100]);
        assert_eq!(of(&["domain.size=90"]).unwrap().dimensions().unwrap().input_shape, [1, 90, 90]);
    }

    #[test]
    fn wrong_settings_and_domains_say_what_was_expected() {
        let message = format!("{:#}", of(&["domain.sise=64"]).unwrap_err());
        assert!(message.contains("did you mean `domain.size`"), "{message}");
        let message = format!("{:#}", domain("digitcircle", &[]).unwrap_err());
        assert!(message.contains("did you mean `digit-circle`"), "{message}");
    }
}
