//! Every domain there is: its settings, and what the rest of the program needs to know of it.
//!
//! This is the only list of domains. Configuration, figures, report, `doctor`, `list` and `data` go through it; a
//! domain is added by its folder, its `DomainSettings` and an entry here.
//!
//! ```
//! use sparling::domain::{DOMAINS, entry};
//!
//! let names: Vec<&str> = DOMAINS.iter().map(|domain| domain.name).collect();
//! assert_eq!(names[..2], ["digit-circle", "latex-ocr"]);
//! assert_eq!(entry("latex-ocr").expect("a domain").title, "LaTeX-OCR");
//! ```

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::audio_sequence::{self, AudioSequenceConfig};
use super::dataset::{self, DatasetConfig};
use super::digit_circle::{self, DigitCircleConfig};
use super::latex_ocr::{self, LatexOcrConfig};
use super::own::{self, OwnConfig};
use super::splicing::{self, SplicingConfig};
use super::{Domain, TargetKind};
use crate::eval::Relabelling;

/// How values of an input become greys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// High is ink on white paper; in spectrograms loud is dark.
    #[default]
    HighIsDark,
    /// High is white paper: an input is drawn as it looks.
    HighIsLight,
}

/// What is known of a domain without its settings.
#[derive(Debug)]
pub struct DomainEntry {
    /// Name in `domain.name`, paths and result rows.
    pub name: &'static str,
    /// Name on paper.
    pub title: &'static str,
    /// What it needs beside the program, for `doctor`; empty for nothing.
    pub needs: &'static str,
    /// Whether figures and report show its runs. A folder of one's own is another domain each time, so that runs
    /// on it are not compared.
    pub in_figures: bool,
    /// Whether the paper has numbers of it: its claims are judged there, and figures show the others where they were
    /// measured.
    pub published: bool,
    /// Colour in figures, as sRGB.
    pub color: [u8; 3],
    /// How inputs look.
    pub tone: Tone,
    /// How channels are given kinds before they are compared (paper section 6).
    pub relabelling: Relabelling,
    /// Whether motifs of a sample may share positions, see [`Domain::motifs_overlap`].
    pub motifs_overlap: bool,
    /// Whether motifs lie too close to each other for a letter beside one.
    pub crowded: bool,
    /// Names of output tokens as people write them.
    pub written: fn(&[String]) -> String,
    /// The default settings.
    pub defaults: fn() -> DomainConfig,
}

/// Sizes of a domain's inputs and outputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dimensions {
    /// `[channels, height, width]`; height 1 makes a series.
    pub input_shape: [usize; 3],
    /// Mean number of true motifs a sample; `None` where true motifs are not known.
    pub mean_motifs: Option<f64>,
    /// Most tokens that an output can have.
    pub max_target_len: usize,
    /// What an output is.
    pub target: TargetKind,
}

/// What settings of a domain can be asked, beside `validate`, which checks them without reading a corpus.
pub(super) trait DomainSettings: Sized + Clone {
    /// Builds the domain.
    fn build(&self) -> Result<Box<dyn Domain>>;

    /// What the networks must fit; `self` is valid.
    fn dimensions(&self) -> Result<Dimensions> {
        let domain = self.build()?;
        Ok(Dimensions {
            input_shape: domain.input_shape(),
            mean_motifs: domain.knows_motifs().then(|| domain.mean_motifs()),
            max_target_len: domain.max_target_len(),
            target: domain.target_kind(),
        })
    }

    /// See [`DomainConfig::pinned`].
    fn pinned(self) -> Result<Self> {
        Ok(self)
    }

    /// See [`DomainConfig::on_corpus_of`].
    fn on_corpus_of(&self, _other: &Self) -> Option<Self> {
        Some(self.clone())
    }
}

/// Makes [`DomainConfig`] and [`DOMAINS`] out of one list.
macro_rules! domains {
    ($($(#[$doc:meta])* $place:ident: $variant:ident($settings:ty) = $entry:expr;)*) => {
        /// The domain, chosen by `domain.name`, and its settings.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "name", rename_all = "kebab-case")]
        pub enum DomainConfig {
            $($(#[$doc])* $variant($settings),)*
            /// A type of another program, see [`Session::with_domain`](crate::train::Session::with_domain).
            Own(OwnConfig),
        }

        $($(#[$doc])* pub static $place: DomainEntry = $entry;)*

        /// Every domain, in the order of figures and lists.
        pub static DOMAINS: &[&DomainEntry] = &[$(&$place),*];

        impl DomainConfig {
            /// What is known of the domain without its settings.
            #[must_use]
            pub fn entry(&self) -> &'static DomainEntry {
                match self { $(Self::$variant(_) => &$place,)* Self::Own(_) => &OWN }
            }

            /// Checks the settings without reading any corpus.
            ///
            /// # Errors
            /// When a setting is out of range.
            pub fn validate(&self) -> Result<()> {
                match self {
                    $(Self::$variant(settings) => settings.validate(),)*
                    Self::Own(settings) => settings.validate(),
                }
            }

            /// What the networks must fit, from the settings alone: no corpus is read.
            ///
            /// # Errors
            /// When a setting is out of range.
            pub fn dimensions(&self) -> Result<Dimensions> {
                self.validate()?;
                match self {
                    $(Self::$variant(settings) => settings.dimensions(),)*
                    Self::Own(settings) => settings.dimensions(),
                }
            }

            /// The settings with the checksum that `other` has of the corpus of the same name, or as they are if they
            /// name a checksum or hear no corpus; `None` where `other` says nothing of their corpus.
            #[must_use]
            pub fn on_corpus_of(&self, other: &Self) -> Option<Self> {
                match (self, other) {
                    $((Self::$variant(own), Self::$variant(other)) => {
                        own.on_corpus_of(other).map(Self::$variant)
                    })*
                    _ => Some(self.clone()),
                }
            }

            /// The settings with the checksum of the corpus that is there, if they name one and no
            /// checksum: so that a run says which corpus it heard and goes on with no other.
            ///
            /// # Errors
            /// When the corpus is missing, damaged or not the one that the checksum says.
            pub fn pinned(self) -> Result<Self> {
                match self {
                    $(Self::$variant(settings) => settings.pinned().map(Self::$variant),)*
                    Self::Own(settings) => Ok(Self::Own(settings)),
                }
            }

            /// Whether true motifs are known.
            ///
            /// # Errors
            /// When a setting is out of range.
            pub fn knows_motifs(&self) -> Result<bool> {
                Ok(self.dimensions()?.mean_motifs.is_some())
            }

            /// Builds the domain.
            ///
            /// # Errors
            /// When a setting is out of range, or the domain's corpus cannot be read.
            pub fn build(&self) -> Result<Box<dyn Domain>> {
                match self {
                    $(Self::$variant(settings) => settings.build(),)*
                    Self::Own(settings) => settings.build(),
                }
            }
        }
    };
}

/// Colours that the colour-blind can tell apart, and none of those that figures have for errors and methods.
const PURPLE: [u8; 3] = [204, 121, 167];
const SKY: [u8; 3] = [86, 180, 233];
const BROWN: [u8; 3] = [119, 17, 0];
const MINT: [u8; 3] = [136, 221, 187];
const OLIVE: [u8; 3] = [153, 153, 51];
const INDIGO: [u8; 3] = [51, 51, 119];

domains! {
    /// Digits on a circle in a noisy binary image.
    DIGIT_CIRCLE: DigitCircle(DigitCircleConfig) = DomainEntry {
        name: digit_circle::NAME,
        title: "DigitCircle",
        needs: "",
        in_figures: true,
        published: true,
        color: PURPLE,
        tone: Tone::HighIsDark,
        relabelling: Relabelling::OneToOne,
        motifs_overlap: false,
        crowded: false,
        written: spaced,
        defaults: || DomainConfig::DigitCircle(DigitCircleConfig::default()),
    };
    /// Noisy binary images of typeset formulas.
    LATEX_OCR: LatexOcr(LatexOcrConfig) = DomainEntry {
        name: latex_ocr::NAME,
        title: "LaTeX-OCR",
        needs: "",
        in_figures: true,
        published: true,
        color: SKY,
        tone: Tone::HighIsLight,
        relabelling: Relabelling::ManyToOne,
        motifs_overlap: false,
        crowded: true,
        written: latex_ocr::latex_of_names,
        defaults: || DomainConfig::LatexOcr(LatexOcrConfig::default()),
    };
    /// Spoken digits in a noisy clip.
    AUDIO_SEQUENCE: AudioSequence(AudioSequenceConfig) = DomainEntry {
        name: audio_sequence::NAME,
        title: "AudioMNISTSequence",
        needs: "a corpus of spoken digits",
        in_figures: true,
        published: true,
        color: BROWN,
        tone: Tone::HighIsDark,
        relabelling: Relabelling::ManyToOne,
        motifs_overlap: false,
        crowded: false,
        written: spaced,
        defaults: || DomainConfig::AudioSequence(AudioSequenceConfig::default()),
    };
    /// Binding sites in RNA that decide which splice sites are used.
    SPLICING: Splicing(SplicingConfig) = DomainEntry {
        name: splicing::NAME,
        title: "Splicing",
        needs: "",
        in_figures: true,
        published: false,
        color: OLIVE,
        tone: Tone::HighIsDark,
        relabelling: Relabelling::OneToOne,
        motifs_overlap: true,
        crowded: true,
        written: splicing::written_names,
        defaults: || DomainConfig::Splicing(SplicingConfig::default()),
    };
    /// Samples in a folder of one's own.
    DATASET: Dataset(DatasetConfig) = DomainEntry {
        name: dataset::NAME,
        title: "a folder of one's own",
        needs: "a folder with a dataset.toml",
        in_figures: false,
        published: false,
        color: MINT,
        tone: Tone::HighIsLight,
        relabelling: Relabelling::ManyToOne,
        motifs_overlap: false,
        crowded: false,
        written: spaced,
        defaults: || DomainConfig::Dataset(DatasetConfig::default()),
    };
}

/// What stands for a domain of another program. It is not among [`DOMAINS`]: nothing can be made of its name alone.
static OWN: DomainEntry = DomainEntry {
    name: own::NAME,
    title: "a domain of another program",
    needs: "the program that has it",
    in_figures: false,
    published: false,
    color: INDIGO,
    tone: Tone::HighIsDark,
    relabelling: Relabelling::ManyToOne,
    motifs_overlap: false,
    crowded: false,
    written: spaced,
    defaults: || DomainConfig::Own(OwnConfig::default()),
};

impl DomainConfig {
    /// The domain's name in paths and result rows; `own` for every domain of another program.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.entry().name
    }

    /// The default settings of the domain called `name`.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        let entry = if name == OWN.name { Some(&OWN) } else { entry(name) };
        entry.map(|entry| (entry.defaults)())
    }
}

/// The entry of the domain called `name`.
#[must_use]
pub fn entry(name: &str) -> Option<&'static DomainEntry> {
    DOMAINS.iter().copied().find(|entry| entry.name == name)
}

/// The names that `domain.name` can take.
pub fn names() -> impl Iterator<Item = &'static str> {
    DOMAINS.iter().map(|entry| entry.name)
}

/// How channels of the domain called `name` are given kinds; many to one where there is no such domain.
#[must_use]
pub fn relabelling_of(name: &str) -> Relabelling {
    entry(name).map_or(Relabelling::ManyToOne, |entry| entry.relabelling)
}

/// How inputs of the domain called `name` look.
#[must_use]
pub fn tone_of(name: &str) -> Tone {
    entry(name).map_or(Tone::default(), |entry| entry.tone)
}

/// Tokens with a space between.
fn spaced(tokens: &[String]) -> String {
    tokens.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_settings_and_built_domains_agree_on_names() {
        for entry in DOMAINS {
            let settings = (entry.defaults)();
            assert!(std::ptr::eq(settings.entry(), *entry), "{}", entry.name);
            let json = serde_json::to_value(&settings).unwrap();
            assert_eq!(json["name"], entry.name, "the tag in a configuration");
            if entry.needs.is_empty() {
                assert_eq!(settings.build().unwrap().name(), entry.name);
            }
        }
    }

    #[test]
    fn names_titles_and_colours_tell_domains_apart() {
        for (i, one) in DOMAINS.iter().enumerate() {
            for other in &DOMAINS[i + 1..] {
                assert_ne!(one.name, other.name);
                assert_ne!(one.title, other.title);
                assert_ne!(one.color, other.color, "{} and {}", one.name, other.name);
            }
        }
    }
}
