//! `sparling data`: look at samples, and make the assets they need.
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::builder::PossibleValuesParser;
use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::data_audio::{ImportArgs, MakeArgs, import_audio, make_audio};
use super::data_folder;
use super::tell::answer;
use crate::config::{DomainConfig, Source, load, parse};
use crate::domain::digit_circle::{make_stamps, stamps};
use crate::domain::{DOMAINS, Split, names};
use crate::figures::sample_image::{Panel, fitting, grid, marks_of, save_png};
use crate::files::write_atomically;
use crate::hint::EXPERIMENTS;
use crate::memory;

/// Looks at samples of a domain, or makes the assets they are made from.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  sparling data preview digit-circle -n 9 -o grid.png
  sparling data preview digit-circle --scale paper
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
    /// demo, laptop, paper or smoke: the samples that `train` at this scale sees; a folder of your own has no scale
    #[arg(long, default_value = "laptop")]
    scale: String,
    /// Stream of samples
    #[arg(long, value_enum, default_value_t = SplitName::Train)]
    split: SplitName,
    /// Index of the first sample
    #[arg(long, default_value_t = 0)]
    start: u64,
    /// Side of the square that an input pixel becomes [default: what keeps the picture 1600 pixels wide or less]
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u8).range(1..=32))]
    scale_factor: Option<u8>,
    /// Change a setting of the domain, e.g. --set domain.flip-probability=0 (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Also write the sound of the first sample, where samples are sounds
    #[arg(long, value_name = "FILE.wav")]
    wav: Option<PathBuf>,
    /// Folder of the experiments, which say what a scale is
    #[arg(long, value_name = "DIR", default_value = EXPERIMENTS)]
    experiments: PathBuf,
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
    let config = domain(args)?;
    let domain = config.build()?;
    let last = args.start.checked_add(u64::from(args.n));
    let last =
        last.with_context(|| format!("--start {} leaves no room for {} samples", args.start, args.n))?;
    let kinds = marks_of(domain.motif_kinds());
    let last = domain.available(args.split.into()).map_or(last, |all| last.min(all.max(args.start)));
    // Series are wide: one below the other.
    let series = domain.input_shape()[1] == 1;
    let columns = if series { 1 } else { f64::from(args.n).sqrt().ceil() as usize };
    let scale = args.scale_factor.map_or_else(|| fitting(domain.input_shape(), columns), usize::from);
    let [_, height, width] = domain.input_shape().map(|side| side as f64);
    let enlarged = (scale as f64).powi(2);
    // Each panel, and the picture of all; a byte a colour.
    let bytes = 2.0 * 3.0 * f64::from(args.n) * height * width * enlarged;
    memory::fits("this picture", bytes, "-n or --scale-factor")?;
    let panels = (args.start..last)
        .map(|index| {
            let sample = domain.sample(args.split.into(), index)?;
            let mut panel = Panel::new(&sample.input, domain.input_shape());
            panel.tone = domain.tone();
            panel.scale = scale;
            panel.boxes = &sample.motifs;
            panel.kinds = &kinds;
            panel.captions = vec![format!("#{index}: {}", domain.written(&sample.target))];
            panel.draw()
        })
        .collect::<Result<Vec<_>>>()?;
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

/// The settings of the domain: those that `train` sees at the scale, with `domain.key=value` laid over them. A folder
/// of samples has settings of its own, so that no scale changes what is seen of it.
fn domain(args: &PreviewArgs) -> Result<DomainConfig> {
    let PreviewArgs { domain: name, settings, scale, experiments, .. } = args;
    if DOMAINS.iter().any(|entry| entry.name == name.as_str() && entry.in_figures) {
        return Ok(load(&experiments.join(name).join("sparling.toml"), scale, settings)?.domain);
    }
    let named = format!("domain.name={name}");
    let mut sources = vec![Source::assignment(&named)?];
    for setting in settings {
        sources.push(Source::assignment(setting)?);
    }
    Ok(parse(&sources)?.domain)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Typed {
        #[command(flatten)]
        preview: PreviewArgs,
    }

    fn of(words: &[&str]) -> Result<DomainConfig> {
        let experiments = concat!(env!("CARGO_MANIFEST_DIR"), "/experiments");
        let words = ["preview"].iter().chain(words).copied().chain(["--experiments", experiments]);
        domain(&<Typed as clap::Parser>::try_parse_from(words)?.preview)
    }

    fn shape(words: &[&str]) -> [usize; 3] {
        of(words).unwrap().dimensions().unwrap().input_shape
    }

    #[test]
    fn samples_are_those_that_training_sees_at_the_scale() {
        for name in DOMAINS.iter().filter(|entry| entry.in_figures).map(|entry| entry.name) {
            for scale in ["smoke", "laptop", "paper"] {
                let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments").join(name);
                let trained = load(&file.join("sparling.toml"), scale, &[]).unwrap().domain;
                assert_eq!(of(&[name, "--scale", scale]).unwrap(), trained, "{name} at {scale}");
            }
            assert_eq!(of(&[name]).unwrap(), of(&[name, "--scale", "laptop"]).unwrap(), "as everywhere");
        }
        assert_eq!(shape(&["digit-circle", "--scale", "smoke"]), [1, 48, 48]);
        assert_eq!(shape(&["digit-circle", "--set", "domain.size=90"]), [1, 90, 90]);
    }

    #[test]
    fn wrong_settings_and_scales_say_what_was_expected() {
        let refused = |words: &[&str]| format!("{:#}", of(words).unwrap_err());
        let message = refused(&["digit-circle", "--set", "domain.sise=64"]);
        assert!(message.contains("did you mean `domain.size`"), "{message}");
        let message = refused(&["digit-circle", "--scale", "lap"]);
        assert!(message.contains("there is no scale `lap`") && message.contains("laptop"), "{message}");
        let message = refused(&["digitcircle"]);
        assert!(message.contains("'digit-circle'"), "the nearest: {message}");
    }
}
