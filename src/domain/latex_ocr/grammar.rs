//! The grammar of formulas, and exact sampling of formulas of a given length.
//!
//! The productions with their weights (paper section 5) and what each is as tokens:
//!
//! | from | to | weight | tokens |
//! |---|---|---|---|
//! | start | line | 1 | line |
//! | start | \frac{start}{start} | 0.25 | FRAC( start FRACMID start FRAC) |
//! | line | term | 1 | term |
//! | line | term + line | 0.25 | term + line |
//! | term | atom | 1 | atom |
//! | term | atom term | 0.25 | atom term |
//! | atom | sym-expr | 1 | sym-expr |
//! | atom | \left( line \right) | 0.25 | PAREN( line PAREN) |
//! | sym-expr | s | 1 | s |
//! | sym-expr | s^{s} | 1 | s SUP( s SUP) |
//! | sym-expr | s_{s} | 1 | s SUB( s SUB) |
//!
//! A production is chosen with its weight over the sum of weights of its left side; s is
//! uniform over 16 symbols. Fractions therefore stand only at the top or in other fractions.
//!
//! **Every length is reachable**: n symbols side by side are a formula of n tokens, so no
//! target length is ever left out.
//!
//! # Sampling
//!
//! The paper draws formulas until one has the target length n. A formula f then has the
//! probability P(f)/P(n), where P(n) is the sum of P over the formulas of n tokens. The same
//! distribution is drawn here without rejection. Let I(A, n) be the probability that the
//! nonterminal A derives n tokens, and T(r, k, n) that the parts k, k+1, … of production r
//! derive n tokens:
//!
//! ```text
//! T(r, k, n) = T(r, k+1, n−1)                 if part k is a token,
//!            = Σ_i I(B, i)·T(r, k+1, n−i)     if part k is the nonterminal B,
//! I(A, n)    = Σ_{r of A} p(r)·T(r, 0, n).
//! ```
//!
//! To draw n tokens from A, choose r with probability p(r)·T(r, 0, n)/I(A, n), then for each
//! nonterminal part B in turn its length i with probability I(B, i)·T(r, k+1, n−i)/T(r, k, n),
//! and draw B of that length. Along a derivation the numerators and denominators cancel but for
//! the product of all p(r) and 1/I(start, n), which is P(f)/P(n). Nothing derives
//! 0 tokens and no nonterminal derives itself alone, so the tables fill by growing n.
//! Rejection needs 87 draws a formula on average at lengths 1 to 30 (the mean of 1/I(start, n));
//! this needs one. A test compares both.

use rand::{Rng, RngExt as _};

use super::token::Token;

/// A nonterminal, in the order in which one is derived from another without using a token
/// up, reversed: at equal length each needs only those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nonterminal {
    SymExpr,
    Atom,
    Term,
    Line,
    Start,
}

use Nonterminal::{Atom, Line, Start, SymExpr, Term};

const NONTERMINALS: [Nonterminal; 5] = [SymExpr, Atom, Term, Line, Start];

/// A part of a production's right side.
#[derive(Clone, Copy, Debug)]
enum Part {
    One(Nonterminal),
    Token(Token),
    /// Any of the symbols, uniformly.
    AnySymbol,
}

use Part::{AnySymbol, One};

struct Production {
    from: Nonterminal,
    weight: f64,
    to: &'static [Part],
}

const fn production(from: Nonterminal, weight: f64, to: &'static [Part]) -> Production {
    Production { from, weight, to }
}

const fn token(token: Token) -> Part {
    Part::Token(token)
}

const PRODUCTIONS: [Production; 11] = [
    production(SymExpr, 1.0, &[AnySymbol]),
    production(SymExpr, 1.0, &[AnySymbol, token(Token::SupOpen), AnySymbol, token(Token::SupClose)]),
    production(SymExpr, 1.0, &[AnySymbol, token(Token::SubOpen), AnySymbol, token(Token::SubClose)]),
    production(Atom, 1.0, &[One(SymExpr)]),
    production(Atom, 0.25, &[token(Token::ParenOpen), One(Line), token(Token::ParenClose)]),
    production(Term, 1.0, &[One(Atom)]),
    production(Term, 0.25, &[One(Atom), One(Term)]),
    production(Line, 1.0, &[One(Term)]),
    production(Line, 0.25, &[One(Term), token(Token::Plus), One(Line)]),
    production(Start, 1.0, &[One(Line)]),
    production(
        Start,
        0.25,
        &[token(Token::FracOpen), One(Start), token(Token::FracMiddle), One(Start), token(Token::FracClose)],
    ),
];

/// A probability, and the same times the expected number of motifs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Mass {
    probability: f64,
    motifs: f64,
}

impl Mass {
    const ONE: Self = Self { probability: 1.0, motifs: 0.0 };

    /// Both happen, independently.
    fn and(self, other: Self) -> Self {
        Self {
            probability: self.probability * other.probability,
            motifs: self.probability * other.motifs + self.motifs * other.probability,
        }
    }

    /// Either happens, at most one.
    fn or(self, other: Self) -> Self {
        Self { probability: self.probability + other.probability, motifs: self.motifs + other.motifs }
    }

    fn times(self, factor: f64) -> Self {
        Self { probability: self.probability * factor, motifs: self.motifs * factor }
    }
}

/// The tables from which formulas of up to `max` tokens are drawn.
#[derive(Clone, Debug)]
pub struct Grammar {
    min: usize,
    max: usize,
    /// I(A, n) as `inside[A][n]`.
    inside: Vec<Vec<Mass>>,
    /// T(r, k, n) as `tails[r][k][n]`.
    tails: Vec<Vec<Vec<Mass>>>,
}

impl Grammar {
    /// Formulas of `min` to `max` tokens, 1 ≤ `min` ≤ `max`. Takes time in the order of `max`².
    #[must_use]
    pub fn new(min: usize, max: usize) -> Self {
        // Behind the last part nothing is left to derive.
        let mut nothing = vec![Mass::default(); max + 1];
        nothing[0] = Mass::ONE;
        let tails = PRODUCTIONS.iter().map(|production| {
            let mut tails = vec![vec![Mass::default(); max + 1]; production.to.len()];
            tails.push(nothing.clone());
            tails
        });
        let mut grammar = Self {
            min,
            max,
            tails: tails.collect(),
            inside: vec![vec![Mass::default(); max + 1]; NONTERMINALS.len()],
        };
        for length in 1..=max {
            for nonterminal in NONTERMINALS {
                grammar.fill_inside(nonterminal, length);
            }
            grammar.fill_tails(length);
        }
        grammar
    }

    /// I(`nonterminal`, `length`). The first part of a production takes a token at least, so
    /// what follows it is shorter and known.
    fn fill_inside(&mut self, nonterminal: Nonterminal, length: usize) {
        let mut inside = Mass::default();
        for (r, _) in PRODUCTIONS.iter().enumerate().filter(|(_, p)| p.from == nonterminal) {
            self.tails[r][0][length] = self.tail(r, 0, length);
            inside = inside.or(self.tails[r][0][length].times(probability(r)));
        }
        self.inside[nonterminal as usize][length] = inside;
    }

    /// T(r, k, `length`) of all later parts, once every I of this length is known.
    fn fill_tails(&mut self, length: usize) {
        for (r, production) in PRODUCTIONS.iter().enumerate() {
            for k in 1..production.to.len() {
                self.tails[r][k][length] = self.tail(r, k, length);
            }
        }
    }

    fn tail(&self, r: usize, k: usize, length: usize) -> Mass {
        match PRODUCTIONS[r].to[k] {
            One(part) => {
                self.splits(part, r, k, length).map(|(_, mass)| mass).fold(Mass::default(), Mass::or)
            }
            Part::Token(token) => self.after(r, k, length, token.visible().is_some()),
            AnySymbol => self.after(r, k, length, true),
        }
    }

    /// T of what follows part k, a single token that may be a motif.
    fn after(&self, r: usize, k: usize, length: usize, is_motif: bool) -> Mass {
        let token = Mass { probability: 1.0, motifs: f64::from(u8::from(is_motif)) };
        token.and(self.tails[r][k + 1][length - 1])
    }

    /// The ways to give part k of production r, `part`, i of the `length` tokens left, as (i, mass).
    fn splits(
        &self,
        part: Nonterminal,
        r: usize,
        k: usize,
        length: usize,
    ) -> impl Iterator<Item = (usize, Mass)> {
        (1..=length).map(move |i| (i, self.inside[part as usize][i].and(self.tails[r][k + 1][length - i])))
    }

    /// Draws a length uniform in min..=max, then a formula of that length.
    pub fn draw(&self, rng: &mut impl Rng) -> Vec<Token> {
        let length = rng.random_range(self.min..=self.max);
        let mut tokens = Vec::with_capacity(length);
        self.derive(Start, length, rng, &mut tokens);
        tokens
    }

    fn derive(&self, from: Nonterminal, mut length: usize, rng: &mut impl Rng, tokens: &mut Vec<Token>) {
        let own = PRODUCTIONS.iter().enumerate().filter(|(_, p)| p.from == from);
        let weights = own.map(|(r, _)| (r, probability(r) * self.tails[r][0][length].probability));
        let r = choose(weights, self.inside[from as usize][length].probability, rng);
        for (k, part) in PRODUCTIONS[r].to.iter().enumerate() {
            let taken = match *part {
                One(part) => {
                    let splits = self.splits(part, r, k, length).map(|(i, mass)| (i, mass.probability));
                    let taken = choose(splits, self.tails[r][k][length].probability, rng);
                    self.derive(part, taken, rng, tokens);
                    taken
                }
                Part::Token(token) => {
                    tokens.push(token);
                    1
                }
                AnySymbol => {
                    tokens.push(Token::Symbol(rng.random_range(0..Token::SYMBOLS as u8)));
                    1
                }
            };
            length -= taken;
        }
    }

    /// Expected number of motifs (visible glyphs and fraction bars) of a formula, exactly.
    #[must_use]
    pub fn mean_motifs(&self) -> f64 {
        let starts = &self.inside[Start as usize][self.min..=self.max];
        starts.iter().map(|mass| mass.motifs / mass.probability).sum::<f64>() / starts.len() as f64
    }
}

/// p(r): the weight of a production as a share of its left side's.
fn probability(r: usize) -> f64 {
    let own = &PRODUCTIONS[r];
    let all: f64 = PRODUCTIONS.iter().filter(|p| p.from == own.from).map(|p| p.weight).sum();
    own.weight / all
}

/// One of `weights`, which sum to `total`, with its share. At least one must be positive.
fn choose(weights: impl Iterator<Item = (usize, f64)>, total: f64, rng: &mut impl Rng) -> usize {
    let mut left = rng.random::<f64>() * total;
    let mut chosen = 0;
    for (index, weight) in weights.filter(|&(_, weight)| weight > 0.0) {
        // The last positive one stays chosen if rounding leaves something over.
        chosen = index;
        if left < weight {
            break;
        }
        left -= weight;
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths 1 to 4 by hand, from the probabilities 4/5, 1/5 and 1/3.
    #[test]
    fn short_formulas_have_the_probabilities_found_by_hand() {
        let grammar = Grammar::new(1, 4);
        let close = |a: f64, b: f64| (a - b).abs() < 1e-15;
        let inside = |n: usize| grammar.inside[Start as usize][n];
        // One token: start → line → term → atom → sym-expr → s.
        let single = 0.8f64.powi(4) / 3.0;
        assert!(close(inside(1).probability, single));
        // Two: two symbols side by side, the only way.
        let pair = 0.8 * 0.8 * 0.2 * (0.8 / 3.0) * 0.8 * (0.8 / 3.0);
        assert!(close(inside(2).probability, pair) && close(inside(2).motifs, 2.0 * pair));
        // Three: s s s, s + s, ( s ).
        let s = 0.8 / 3.0;
        let term_of_one = 0.8 * s;
        let row = 0.8 * 0.8 * 0.2 * s * 0.2 * s * term_of_one;
        let sum = 0.8 * 0.2 * term_of_one * 0.8 * term_of_one;
        let paren = 0.8f64.powi(3) * 0.2 * 0.8 * term_of_one;
        assert!(close(inside(3).probability, row + sum + paren));
        assert!(close(inside(3).motifs, 3.0 * (row + sum + paren)));
    }

    /// What plain rejection would cost at the paper's lengths, as the documentation says.
    #[test]
    fn rejection_would_need_87_draws_a_formula() {
        let grammar = Grammar::new(1, 30);
        let draws: f64 = grammar.inside[Start as usize][1..].iter().map(|mass| 1.0 / mass.probability).sum();
        assert_eq!((draws / 30.0).round(), 87.0);
    }

    #[test]
    fn a_choice_takes_only_what_is_possible() {
        use rand::SeedableRng as _;
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        for _ in 0..1000 {
            // A total that is too large, as rounding might make it.
            let chosen = choose([(3, 0.0), (4, 0.5), (5, 0.0)].into_iter(), 0.6, &mut rng);
            assert_eq!(chosen, 4);
        }
    }
}
