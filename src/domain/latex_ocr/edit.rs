//! What a formula becomes when one of its motifs is another one, or missing.

use super::token::{Token, symbol_of_kind};
use crate::domain::Sample;

/// The tokens of a sample's target; `None` unless every visible token is a motif, in the same order.
pub(super) fn read(sample: &Sample) -> Option<Vec<Token>> {
    let tokens = sample.target.iter().map(|&t| Token::of_index(t)).collect::<Option<Vec<_>>>()?;
    let visible = tokens.iter().filter_map(|token| token.visible().map(|v| v.kind()));
    visible.eq(sample.motifs.iter().map(|m| m.kind)).then_some(tokens)
}

/// Tokens as indices into the vocabulary.
pub(super) fn write(tokens: &[Token]) -> Vec<u32> {
    tokens.iter().map(|token| token.index()).collect()
}

/// The tokens with the symbol that is motif number `motif` replaced by that of kind `kind`; `None` unless
/// both are symbols.
pub(super) fn swapped(tokens: &[Token], motif: usize, kind: usize) -> Option<Vec<Token>> {
    let place = place(tokens, motif)?;
    let symbol = symbol_of_kind(kind)?;
    matches!(tokens[place], Token::Symbol(_)).then(|| {
        let mut tokens = tokens.to_vec();
        tokens[place] = symbol;
        tokens
    })
}

/// The tokens without motif number `motif`: a symbol or `+`, or a script with its only symbol. `None` if the
/// motif is another one, or the rest is no formula.
pub(super) fn dropped(tokens: &[Token], motif: usize) -> Option<Vec<Token>> {
    use Token::{Plus, SubClose, SubOpen, SupClose, SupOpen, Symbol};
    let place = place(tokens, motif)?;
    let around = (place.checked_sub(1).map(|before| tokens[before]), tokens.get(place + 1).copied());
    let gone = match (tokens[place], around) {
        (Symbol(_), (Some(SupOpen), Some(SupClose)) | (Some(SubOpen), Some(SubClose))) => {
            place - 1..=place + 1
        }
        (Symbol(_) | Plus, _) => place..=place,
        _ => return None,
    };
    let mut rest = tokens.to_vec();
    rest.drain(gone);
    is_formula(&rest).then_some(rest)
}

/// Index of the token that motif number `motif` belongs to.
fn place(tokens: &[Token], motif: usize) -> Option<usize> {
    let mut visible = tokens.iter().enumerate().filter(|(_, token)| token.visible().is_some());
    visible.nth(motif).map(|(place, _)| place)
}

/// Whether the grammar ([`super::grammar`]) derives these tokens.
fn is_formula(tokens: &[Token]) -> bool {
    start(tokens) == Some(&[])
}

/// What is left behind a start; `None` if there is none. Every production is told by its first token.
fn start(tokens: &[Token]) -> Option<&[Token]> {
    let Some(Token::FracOpen) = tokens.first() else { return line(tokens) };
    let rest = start(&tokens[1..])?.strip_prefix(&[Token::FracMiddle])?;
    start(rest)?.strip_prefix(&[Token::FracClose])
}

/// What is left behind a line.
fn line(tokens: &[Token]) -> Option<&[Token]> {
    let rest = term(tokens)?;
    rest.strip_prefix(&[Token::Plus]).map_or(Some(rest), line)
}

/// What is left behind a term.
fn term(tokens: &[Token]) -> Option<&[Token]> {
    let mut rest = atom(tokens)?;
    while let Some(next) = atom(rest) {
        rest = next;
    }
    Some(rest)
}

/// What is left behind an atom: a line in parentheses, or a symbol with or without a script.
fn atom(tokens: &[Token]) -> Option<&[Token]> {
    match tokens {
        [Token::ParenOpen, body @ ..] => line(body)?.strip_prefix(&[Token::ParenClose]),
        [Token::Symbol(_), Token::SupOpen, Token::Symbol(_), Token::SupClose, rest @ ..]
        | [Token::Symbol(_), Token::SubOpen, Token::Symbol(_), Token::SubClose, rest @ ..]
        | [Token::Symbol(_), rest @ ..] => Some(rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::super::Grammar;
    use super::*;

    fn tokens(names: &str) -> Vec<Token> {
        names.split_whitespace().map(|name| Token::of_name(name).unwrap()).collect()
    }

    fn names(tokens: Option<Vec<Token>>) -> Option<String> {
        tokens.map(|tokens| tokens.into_iter().map(Token::name).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn all_that_the_grammar_draws_is_a_formula() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let grammar = Grammar::new(1, 30);
        for _ in 0..2000 {
            let drawn = grammar.draw(&mut rng);
            assert!(is_formula(&drawn), "{drawn:?}");
            // Nothing that ends too early or goes on is one: brackets are open, or operators wait.
            assert!(!is_formula(&[&drawn[..], &[Token::Plus]].concat()), "{drawn:?}");
        }
    }

    #[test]
    fn what_the_grammar_does_not_derive_is_none() {
        for wrong in [
            "",
            "+",
            "1 +",
            "+ 1",
            "PAREN( PAREN)",
            "PAREN( 1",
            "1 PAREN)",
            "SUP( 1 SUP)",
            "1 SUP( 2",
            "1 SUP( 2 SUP) SUB( 3 SUB)",
            "FRAC( 1 FRACMID FRAC)",
            "1 FRAC( 1 FRACMID 2 FRAC)",
            "FRAC( 1 FRACMID 2 FRAC) + 1",
            "PAREN( FRAC( 1 FRACMID 2 FRAC) PAREN)",
        ] {
            assert!(!is_formula(&tokens(wrong)), "{wrong}");
        }
    }

    #[test]
    fn a_dropped_motif_takes_its_token_and_an_empty_script_along() {
        let of = |formula: &str, motif| names(dropped(&tokens(formula), motif));
        assert_eq!(of("1 2 3", 1).as_deref(), Some("1 3"));
        assert_eq!(of("a + b", 1).as_deref(), Some("a b"));
        assert_eq!(of("x SUP( 2 SUP)", 1).as_deref(), Some("x"));
        assert_eq!(of("x SUB( 2 SUB) y", 1).as_deref(), Some("x y"));
        assert_eq!(of("FRAC( 1 2 FRACMID 3 FRAC)", 0).as_deref(), Some("FRAC( 2 FRACMID 3 FRAC)"));
        for (formula, motif) in [
            ("1", 0),
            ("a + b", 0),
            ("x SUP( 2 SUP)", 0),
            ("PAREN( x PAREN)", 0),
            ("PAREN( x PAREN)", 1),
            ("PAREN( x PAREN)", 2),
            ("FRAC( 1 FRACMID 3 FRAC)", 1),
            ("FRAC( 1 FRACMID 3 FRAC)", 2),
            ("1 2", 2),
        ] {
            assert_eq!(of(formula, motif), None, "{formula} without motif {motif}");
        }
    }

    #[test]
    fn only_symbols_are_exchanged() {
        let of = |formula: &str, motif, kind| names(swapped(&tokens(formula), motif, kind));
        // Kinds: ( ) + 0-9 a b c x y z FRACBAR; 5 is the digit 2, 14 is b.
        assert_eq!(of("x SUP( 1 SUP) + y", 1, 5).as_deref(), Some("x SUP( 2 SUP) + y"));
        assert_eq!(of("x SUP( 1 SUP) + y", 3, 14).as_deref(), Some("x SUP( 1 SUP) + b"));
        assert_eq!(of("x SUP( 1 SUP) + y", 2, 5), None, "a plus");
        assert_eq!(of("PAREN( 1 PAREN)", 1, 0), None, "into a parenthesis");
        assert_eq!(of("1", 0, 19), None, "into a bar");
        assert_eq!(of("1", 0, 99), None, "no such kind");
        assert_eq!(of("1", 1, 5), None, "no such motif");
    }
}
