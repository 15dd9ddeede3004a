//! LaTeX-OCR (paper section 5): typeset formulas under noise, read back as commands.
//!
//! The input is a binary image, 1 for white paper; the output is the formula's token sequence;
//! the motifs are its visible glyphs and fraction bars. One sample is made so:
//!
//! 1. A length uniform in min-length..=max-length, then a formula of that many tokens
//!    ([`Grammar`]).
//! 2. The formula is laid out in display style and its glyphs drawn in grey, at pixels-per-em,
//!    in this process, without TeX and without files.
//! 3. The box of its ink is set in the middle of the frame by a shift of whole pixels, and
//!    pixels at least as light as the threshold become white, the others black.
//! 4. Every pixel turns black with probability `noise`, exactly (to 2^-64).
//!
//! **Motifs** come in the order of their tokens: base, then script; "(", body, ")"; numerator,
//! denominator, bar. A box is that of the mark's own black pixels, padded by 2 pixels and clipped
//! to the frame. Every parenthesis is a single glyph: only a line can stand in one, never
//! a fraction, so none grows beyond 1.2 em.
//!
//! # Formulas larger than the frame
//!
//! They are cut centrally, as in the paper: their target stays whole,
//! and a motif without a black pixel on the frame is left out of the list. Measured over the first
//! 10,000 training samples at the paper's settings (`tests/latex_crop.rs`): 0.16 % of the
//! formulas are cut, and 0.01 % of the motifs are not seen.
//!
//! # Motifs a sample
//!
//! The grammar's mean is 9.571 motifs, exactly ([`Grammar::mean_motifs`]).
//! The paper's minimum density has 9.64. Its figure for DigitCircle, 4.49e-5 where the
//! expectation is 4.5e-5, is the mean of a draw, and so may this one be: at a standard deviation
//! of 5.38 motifs a sample (`tests/latex_grammar.rs`), 9.64 is 1.3 standard errors off in a draw of 10,000.
//!
//! # Speed
//!
//! `cargo bench --bench latex_ocr` found 6,170 samples a second on one thread over 100,000 samples, with
//! two trainings on the same two cores, and the process had 115 MiB of resident memory after 1,000 samples as after
//! 100,000. Training takes tens of samples a second at the laptop scale, so there is no cache
//! on disk: it could save nothing.
//!
//! # Example
//! ```
//! # fn main() -> anyhow::Result<()> {
//! use sparling::domain::latex_ocr::{LatexOcr, LatexOcrConfig};
//! use sparling::domain::{Domain, Split};
//!
//! let domain = LatexOcr::new(LatexOcrConfig::default())?;
//! let sample = domain.sample(Split::Train, 3)?;
//! assert_eq!(sample.input.len(), 120 * 360);
//! assert!((1..=30).contains(&sample.target.len()));
//! println!("{}", domain.written(&sample.target)); // as LaTeX
//! # Ok(())
//! # }
//! ```

mod config;
mod edit;
mod glyphs;
mod grammar;
mod layout;
mod marks;
mod page;
mod token;

use std::ops::Range;

use anyhow::Result;
use rand_chacha::ChaCha8Rng;

use super::bernoulli::Bernoulli;
use super::bits::unpack;
use super::sample_rng::sample_rng;
use super::table::DomainSettings;
use super::{Domain, Motif, Sample, Split};
use page::Page;

pub use config::LatexOcrConfig;
pub use grammar::Grammar;
pub use token::{Token, latex, latex_of_names};

/// Name of the domain; also keys its random streams.
pub const NAME: &str = "latex-ocr";

/// The LaTeX-OCR domain: a source of samples at one configuration.
#[derive(Clone, Debug)]
pub struct LatexOcr {
    config: LatexOcrConfig,
    grammar: Grammar,
    mean_motifs: f64,
    noise: Bernoulli,
    vocabulary: Vec<String>,
    kinds: Vec<String>,
}

/// Everything about a sample but its pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// The motifs that the frame shows, in the order of their tokens.
    pub motifs: Vec<Motif>,
    /// Motifs that lie outside of the frame.
    pub lost: usize,
    /// Rows and columns that the whole formula's ink spans.
    pub ink: [usize; 2],
}

impl LatexOcr {
    /// A source of samples.
    ///
    /// # Errors
    /// When [`LatexOcrConfig::validate`] refuses the configuration.
    pub fn new(config: LatexOcrConfig) -> Result<Self> {
        config.validate()?;
        let grammar = Grammar::new(config.min_length, config.max_length);
        Ok(Self {
            mean_motifs: grammar.mean_motifs(),
            grammar,
            noise: Bernoulli::new(config.noise),
            vocabulary: Token::all().map(Token::name).collect(),
            kinds: token::kind_names(),
            config,
        })
    }

    /// The settings samples are drawn with.
    #[must_use]
    pub fn config(&self) -> &LatexOcrConfig {
        &self.config
    }

    /// The formula of the sample at `index` of `split`, without its pixels. It does not depend
    /// on the noise.
    ///
    /// # Errors
    /// When the formula cannot be laid out.
    pub fn formula(&self, split: Split, index: u64) -> Result<Formula> {
        let (tokens, page) = self.page(&mut self.rng(split, index))?;
        Ok(Formula { tokens, motifs: page.motifs, lost: page.lost, ink: page.ink })
    }

    /// Whether a formula's ink is larger than the frame.
    #[must_use]
    pub fn is_cropped(&self, formula: &Formula) -> bool {
        let [rows, columns] = formula.ink;
        rows > self.config.height || columns > self.config.width
    }

    fn page(&self, rng: &mut ChaCha8Rng) -> Result<(Vec<Token>, Page)> {
        let tokens = self.grammar.draw(rng);
        let marks = marks::marks(&tokens, self.config.pixels_per_em)?;
        Ok((tokens, Page::new(&marks, &self.config)))
    }

    fn rng(&self, split: Split, index: u64) -> ChaCha8Rng {
        sample_rng(NAME, self.config.seed, split, index)
    }
}

impl DomainSettings for LatexOcrConfig {
    fn build(&self) -> Result<Box<dyn Domain>> {
        Ok(Box::new(LatexOcr::new(self.clone())?))
    }
}

impl Domain for LatexOcr {
    fn name(&self) -> &'static str {
        NAME
    }

    fn input_shape(&self) -> [usize; 3] {
        [1, self.config.height, self.config.width]
    }

    fn vocabulary(&self) -> &[String] {
        &self.vocabulary
    }

    fn max_target_len(&self) -> usize {
        self.config.max_length
    }

    fn motif_kinds(&self) -> &[String] {
        &self.kinds
    }

    fn mean_motifs(&self) -> f64 {
        self.mean_motifs
    }

    /// The largest glyph, a parenthesis of 1.2 em, with its padding. Fraction bars can be longer.
    fn motif_extent(&self) -> [usize; 2] {
        [(1.2 * self.config.pixels_per_em).ceil() as usize + 2 * page::PADDING as usize; 2]
    }

    fn inferable_kinds(&self) -> &[usize] {
        &token::INFERABLE
    }

    fn written(&self, tokens: &[u32]) -> String {
        latex(&tokens.iter().filter_map(|&token| Token::of_index(token)).collect::<Vec<_>>())
    }

    fn remark(&self, split: Split, indices: Range<u64>) -> Result<Option<String>> {
        let (mut count, mut cropped) = (0, 0);
        for index in indices {
            count += 1;
            cropped += u64::from(self.is_cropped(&self.formula(split, index)?));
        }
        let LatexOcrConfig { width, height, .. } = self.config;
        Ok(Some(format!("{cropped} of {count} formulas are larger than {width}×{height} pixels and cropped")))
    }

    /// Only symbols (0-9, a-c, x-z) are a token each, of which one can stand for another; where a motif lies
    /// outside of the frame, it is not known which motif is which token.
    fn target_if_swapped(&self, sample: &Sample, motif: usize, kind: usize) -> Option<Vec<u32>> {
        let tokens = edit::read(sample)?;
        Some(edit::write(&edit::swapped(&tokens, motif, kind)?))
    }

    /// The token is taken out, with the commands of a script that held nothing else. `None` for a parenthesis
    /// or fraction bar, and where the rest is no formula of the grammar (a sum without a
    /// summand, say): no output belongs to such a page.
    fn target_if_dropped(&self, sample: &Sample, motif: usize) -> Option<Vec<u32>> {
        let tokens = edit::read(sample)?;
        Some(edit::write(&edit::dropped(&tokens, motif)?))
    }

    fn target(&self, split: Split, index: u64) -> Result<Vec<u32>> {
        let tokens = self.grammar.draw(&mut self.rng(split, index));
        Ok(tokens.into_iter().map(Token::index).collect())
    }

    fn sample(&self, split: Split, index: u64) -> Result<Sample> {
        let mut rng = self.rng(split, index);
        let (tokens, mut page) = self.page(&mut rng)?;
        for word in &mut page.white {
            *word &= !self.noise.word(&mut rng);
        }
        let mut input = vec![0.0; self.config.height * self.config.width];
        unpack(&page.white, &mut input);
        Ok(Sample { input, target: tokens.into_iter().map(Token::index).collect(), motifs: page.motifs })
    }
}
