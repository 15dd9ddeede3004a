//! Formulas have the distribution of paper section 5: that of drawing until the length fits.

use std::collections::HashMap;

use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sparling::domain::latex_ocr::{Grammar, LatexOcr, LatexOcrConfig, Token};
use sparling::domain::{Domain as _, Split};

/// The paper's grammar as it stands there, drawn without regard to length: an independent
/// account to compare with. Gives up (`None`) beyond `limit` tokens.
struct Rejection {
    tokens: Vec<String>,
    limit: usize,
}

impl Rejection {
    fn draw(limit: usize, rng: &mut impl Rng) -> Option<Vec<String>> {
        let mut draw = Self { tokens: Vec::new(), limit };
        draw.start(rng).map(|()| draw.tokens)
    }

    fn until(length: usize, rng: &mut impl Rng) -> Vec<String> {
        loop {
            if let Some(tokens) = Self::draw(length, rng).filter(|tokens| tokens.len() == length) {
                return tokens;
            }
        }
    }

    fn push(&mut self, token: &str) -> Option<()> {
        self.tokens.push(token.to_owned());
        (self.tokens.len() <= self.limit).then_some(())
    }

    /// The second of two alternatives of weights 1 and 0.25.
    fn second(rng: &mut impl Rng) -> bool {
        rng.random_range(0..5) == 0
    }

    fn start(&mut self, rng: &mut impl Rng) -> Option<()> {
        if !Self::second(rng) {
            return self.line(rng);
        }
        self.push("FRAC(")?;
        self.start(rng)?;
        self.push("FRACMID")?;
        self.start(rng)?;
        self.push("FRAC)")
    }

    fn line(&mut self, rng: &mut impl Rng) -> Option<()> {
        let more = Self::second(rng);
        self.term(rng)?;
        if more {
            self.push("+")?;
            self.line(rng)?;
        }
        Some(())
    }

    fn term(&mut self, rng: &mut impl Rng) -> Option<()> {
        let more = Self::second(rng);
        self.atom(rng)?;
        if more { self.term(rng) } else { Some(()) }
    }

    fn atom(&mut self, rng: &mut impl Rng) -> Option<()> {
        if Self::second(rng) {
            self.push("PAREN(")?;
            self.line(rng)?;
            return self.push("PAREN)");
        }
        self.symbol(rng)?;
        let script = ["", "SUP", "SUB"][rng.random_range(0..3)];
        if !script.is_empty() {
            self.push(&format!("{script}("))?;
            self.symbol(rng)?;
            self.push(&format!("{script})"))?;
        }
        Some(())
    }

    fn symbol(&mut self, rng: &mut impl Rng) -> Option<()> {
        let symbol = "0123456789xyzabc".chars().nth(rng.random_range(0..16));
        self.push(&symbol.expect("one of 16").to_string())
    }
}

/// What χ² of `freedom` degrees exceeds once in a million right samplers, by Wilson and Hilferty's
/// approximation (4.75 is the normal quantile); the seeds here are fixed.
fn critical(freedom: usize) -> f64 {
    let share = 2.0 / (9.0 * freedom as f64);
    freedom as f64 * (1.0 - share + 4.75 * share.sqrt()).powi(3)
}

/// χ² of counts against equal shares.
fn against_uniform(counts: &[u64]) -> f64 {
    let expected = counts.iter().sum::<u64>() as f64 / counts.len() as f64;
    counts.iter().map(|&count| (count as f64 - expected).powi(2) / expected).sum()
}

/// χ² and degrees of freedom of two samples of equal size; kinds met fewer than 20 times are pooled,
/// so that every expected count but the pool's is at least 10.
fn of_two_samples(counts: &HashMap<String, [u64; 2]>) -> (f64, usize) {
    let (common, rare): (Vec<[u64; 2]>, Vec<[u64; 2]>) =
        counts.values().copied().partition(|c| c[0] + c[1] >= 20);
    let pooled = rare.iter().fold([0, 0], |sum, c| [sum[0] + c[0], sum[1] + c[1]]);
    let cells = common.into_iter().chain([pooled]).filter(|c| c[0] + c[1] > 0);
    let terms: Vec<f64> = cells
        .map(|[a, b]| {
            let (a, b) = (a as f64, b as f64);
            (a - b).powi(2) / (a + b)
        })
        .collect();
    (terms.iter().sum(), terms.len() - 1)
}

/// The structure of a formula: its tokens, every symbol written s.
fn structure(names: &[String]) -> String {
    let one = |name: &String| if name.len() == 1 && name != "+" { "s".into() } else { name.clone() };
    names.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn names(tokens: &[Token]) -> Vec<String> {
    tokens.iter().map(|token| token.name()).collect()
}

/// Whole structures at every length up to 9, where rejection is quick and all but the rarest
/// structures are met often.
#[test]
fn short_formulas_are_those_of_plain_rejection() {
    const DRAWS: usize = 20_000;
    for length in 1..=9 {
        let grammar = Grammar::new(length, length);
        let mut rng = ChaCha8Rng::seed_from_u64(length as u64);
        let mut counts: HashMap<String, [u64; 2]> = HashMap::new();
        for _ in 0..DRAWS {
            counts.entry(structure(&names(&grammar.draw(&mut rng)))).or_default()[0] += 1;
            counts.entry(structure(&Rejection::until(length, &mut rng))).or_default()[1] += 1;
        }
        if counts.len() == 1 {
            assert!(length < 3, "length {length} has one structure only");
            continue;
        }
        let (statistic, freedom) = of_two_samples(&counts);
        assert!(statistic < critical(freedom), "length {length}: χ² {statistic:.1} at {freedom} degrees");
    }
}

/// How often each production was used, at lengths where every formula is one of its own.
#[test]
fn long_formulas_use_productions_as_those_of_plain_rejection() {
    const DRAWS: usize = 3_000;
    for length in [15, 30] {
        let grammar = Grammar::new(length, length);
        let mut rng = ChaCha8Rng::seed_from_u64(100 + length as u64);
        for token in ["FRAC(", "SUP(", "SUB(", "PAREN(", "+"] {
            let of = |names: &[String]| names.iter().filter(|name| *name == token).count().to_string();
            let mut counts: HashMap<String, [u64; 2]> = HashMap::new();
            for _ in 0..DRAWS {
                counts.entry(of(&names(&grammar.draw(&mut rng)))).or_default()[0] += 1;
                counts.entry(of(&Rejection::until(length, &mut rng))).or_default()[1] += 1;
            }
            let (statistic, freedom) = of_two_samples(&counts);
            assert!(
                statistic < critical(freedom),
                "{token} at length {length}: χ² {statistic:.1} at {freedom} degrees"
            );
        }
    }
}

/// Reads a formula by the grammar; `None` if it is none.
fn accepted(names: &[&str]) -> Option<()> {
    fn start<'a, 'b>(rest: &'b [&'a str]) -> Option<&'b [&'a str]> {
        match rest.split_first()? {
            (&"FRAC(", rest) => {
                let (&"FRACMID", rest) = start(rest)?.split_first()? else { return None };
                let (&"FRAC)", rest) = start(rest)?.split_first()? else { return None };
                Some(rest)
            }
            _ => line(rest),
        }
    }
    fn line<'a, 'b>(rest: &'b [&'a str]) -> Option<&'b [&'a str]> {
        let mut rest = atom(rest)?;
        loop {
            rest = match rest.split_first() {
                Some((&"+", rest)) => atom(rest)?,
                _ => match atom(rest) {
                    Some(rest) => rest,
                    None => return Some(rest),
                },
            };
        }
    }
    fn atom<'a, 'b>(rest: &'b [&'a str]) -> Option<&'b [&'a str]> {
        let is_symbol = |name: &str| name.len() == 1 && name != "+";
        match rest.split_first()? {
            (&"PAREN(", rest) => match line(rest)?.split_first()? {
                (&"PAREN)", rest) => Some(rest),
                _ => None,
            },
            (symbol, rest) if is_symbol(symbol) => match rest {
                ["SUP(", script, "SUP)", rest @ ..] | ["SUB(", script, "SUB)", rest @ ..] => {
                    is_symbol(script).then_some(rest)
                }
                _ => Some(rest),
            },
            _ => None,
        }
    }
    start(names)?.is_empty().then_some(())
}

#[test]
fn every_length_is_as_likely_and_every_target_a_formula() {
    const DRAWS: u64 = 30_000;
    let grammar = Grammar::new(1, 30);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let (mut lengths, mut symbols) = (vec![0; 30], vec![0; 16]);
    let mut scripts = [0u64; 2];
    for _ in 0..DRAWS {
        let tokens = grammar.draw(&mut rng);
        lengths[tokens.len() - 1] += 1;
        let names = names(&tokens);
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        assert!(accepted(&names).is_some(), "{names:?}");
        for token in tokens {
            match token {
                Token::Symbol(symbol) => symbols[usize::from(symbol)] += 1,
                Token::SupOpen => scripts[0] += 1,
                Token::SubOpen => scripts[1] += 1,
                _ => {}
            }
        }
    }
    for (what, counts) in [("lengths", lengths), ("symbols", symbols), ("scripts", scripts.to_vec())] {
        let statistic = against_uniform(&counts);
        assert!(statistic < critical(counts.len() - 1), "{what}: χ² {statistic:.1}, {counts:?}");
    }
    assert!(accepted(&["1", "+"]).is_none() && accepted(&["PAREN(", "FRAC(", "1"]).is_none());
}

/// The mean is the grammar's own; the paper's 9.64 is within what a draw of 10,000 samples
/// gives in 99 of 100 cases (2.58 standard errors).
#[test]
fn the_mean_number_of_motifs_is_exact_and_near_the_papers() {
    const DRAWS: usize = 30_000;
    let domain = LatexOcr::new(LatexOcrConfig::default()).expect("the defaults");
    let mean = domain.mean_motifs();
    let grammar = Grammar::new(1, 30);
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let visible = |name: &String| name.len() == 1 || ["PAREN(", "PAREN)", "FRAC)"].contains(&name.as_str());
    let drawn: Vec<f64> = (0..DRAWS)
        .map(|_| names(&grammar.draw(&mut rng)).iter().filter(|name| visible(name)).count() as f64)
        .collect();
    let found = drawn.iter().sum::<f64>() / DRAWS as f64;
    let deviation = (drawn.iter().map(|n| (n - found).powi(2)).sum::<f64>() / DRAWS as f64).sqrt();
    eprintln!("mean {mean:.4} motifs, {found:.4} in a draw, standard deviation {deviation:.3}");
    assert!((found - mean).abs() < 5.0 * deviation / (DRAWS as f64).sqrt(), "{found} against {mean}");
    assert!((mean - 9.64).abs() < 2.58 * deviation / 100.0, "{mean} against the paper's 9.64");
    // The theoretical minimum density of paper section 3.
    let density = mean / (120.0 * 360.0 * 32.0);
    assert!((density - 7.0e-6).abs() < 0.1e-6, "{density}");
}

/// The domain's targets are the grammar's formulas.
#[test]
fn targets_stay_within_the_lengths_asked_for() {
    let config = LatexOcrConfig { min_length: 3, max_length: 5, ..LatexOcrConfig::default() };
    let domain = LatexOcr::new(config).expect("a valid configuration");
    let mut seen = [0; 31];
    for index in 0..300 {
        let sample = domain.sample(Split::Train, index).expect("a sample");
        seen[sample.target.len()] += 1;
        let names: Vec<_> = sample.target.iter().map(|&t| domain.vocabulary()[t as usize].as_str()).collect();
        assert!(accepted(&names).is_some(), "{names:?}");
    }
    assert_eq!(seen[3] + seen[4] + seen[5], 300);
    assert!(seen[3..6].iter().all(|&count| count > 50), "{seen:?}");
}
