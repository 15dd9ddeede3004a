//! The 26 output tokens, the 20 kinds of motif, and LaTeX as people write it.

/// The symbols, in the order of their tokens.
const SYMBOLS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'x', 'y', 'z', 'a', 'b', 'c'];

/// Kinds of motif by name; the last is the fraction bar.
const KINDS: [&str; 20] = [
    "(", ")", "+", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "x", "y", "z", "FRACBAR",
];

/// `(`, `)`, `+` and the fraction bar by their index: what stands around them often tells them.
pub(super) const INFERABLE: [usize; 4] = [0, 1, 2, 19];

/// One output token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    /// `\frac{`: the numerator follows.
    FracOpen,
    /// `}{`: the denominator follows.
    FracMiddle,
    /// `}`: the fraction ends; stands for its bar.
    FracClose,
    /// `^{`.
    SupOpen,
    /// `}` of a superscript.
    SupClose,
    /// `_{`.
    SubOpen,
    /// `}` of a subscript.
    SubClose,
    /// `\left(`.
    ParenOpen,
    /// `\right)`.
    ParenClose,
    /// `+`.
    Plus,
    /// One of the 16 symbols, by its place in `0123456789xyzabc`.
    Symbol(u8),
}

/// What a token puts on paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visible {
    /// A glyph: this character, in whatever font and size.
    Glyph(char),
    /// The bar of a fraction.
    Bar,
}

impl Token {
    /// How many tokens there are.
    pub const COUNT: usize = 10 + Self::SYMBOLS;
    /// How many of them are symbols.
    pub const SYMBOLS: usize = SYMBOLS.len();

    /// Every token, by index.
    pub fn all() -> impl Iterator<Item = Self> {
        use Token::{
            FracClose, FracMiddle, FracOpen, ParenClose, ParenOpen, Plus, SubClose, SubOpen, SupClose,
            SupOpen,
        };
        [FracOpen, FracMiddle, FracClose, SupOpen, SupClose, SubOpen, SubClose, ParenOpen, ParenClose, Plus]
            .into_iter()
            .chain((0..Self::SYMBOLS as u8).map(Self::Symbol))
    }

    /// Place in the vocabulary.
    #[must_use]
    pub fn index(self) -> u32 {
        match self {
            Self::FracOpen => 0,
            Self::FracMiddle => 1,
            Self::FracClose => 2,
            Self::SupOpen => 3,
            Self::SupClose => 4,
            Self::SubOpen => 5,
            Self::SubClose => 6,
            Self::ParenOpen => 7,
            Self::ParenClose => 8,
            Self::Plus => 9,
            Self::Symbol(symbol) => 10 + u32::from(symbol),
        }
    }

    /// The token at a place in the vocabulary.
    #[must_use]
    pub fn of_index(index: u32) -> Option<Self> {
        Self::all().nth(index as usize)
    }

    /// Name in the vocabulary, as in the paper.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::FracOpen => "FRAC(".into(),
            Self::FracMiddle => "FRACMID".into(),
            Self::FracClose => "FRAC)".into(),
            Self::SupOpen => "SUP(".into(),
            Self::SupClose => "SUP)".into(),
            Self::SubOpen => "SUB(".into(),
            Self::SubClose => "SUB)".into(),
            Self::ParenOpen => "PAREN(".into(),
            Self::ParenClose => "PAREN)".into(),
            Self::Plus => "+".into(),
            Self::Symbol(symbol) => SYMBOLS[usize::from(symbol)].into(),
        }
    }

    /// The token of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::all().find(|token| token.name() == name)
    }

    /// The LaTeX it stands for.
    fn latex(self) -> &'static str {
        match self {
            Self::FracOpen => "\\frac{",
            Self::FracMiddle => "}{",
            Self::FracClose | Self::SupClose | Self::SubClose => "}",
            Self::SupOpen => "^{",
            Self::SubOpen => "_{",
            Self::ParenOpen => "\\left(",
            Self::ParenClose => "\\right)",
            Self::Plus => "+",
            Self::Symbol(symbol) => &"0123456789xyzabc"[usize::from(symbol)..][..1],
        }
    }

    /// What it puts on paper, if anything. A fraction's bar belongs to its last token, so
    /// that what is seen comes in the order of the tokens: numerator, denominator, bar.
    pub(super) fn visible(self) -> Option<Visible> {
        match self {
            Self::ParenOpen => Some(Visible::Glyph('(')),
            Self::ParenClose => Some(Visible::Glyph(')')),
            Self::Plus => Some(Visible::Glyph('+')),
            Self::Symbol(symbol) => Some(Visible::Glyph(SYMBOLS[usize::from(symbol)])),
            Self::FracClose => Some(Visible::Bar),
            _ => None,
        }
    }
}

/// The symbol whose kind of motif is `kind`, if it is one of a symbol.
pub(super) fn symbol_of_kind(kind: usize) -> Option<Token> {
    let name = KINDS.get(kind)?;
    let place = SYMBOLS.iter().position(|symbol| name.chars().eq([*symbol]))?;
    u8::try_from(place).ok().map(Token::Symbol)
}

impl Visible {
    /// Index of its kind of motif.
    pub(super) fn kind(self) -> usize {
        let is_own = |name: &&str| match self {
            Self::Glyph(character) => name.chars().eq([character]),
            Self::Bar => *name == "FRACBAR",
        };
        // Every visible token has its kind, which a test checks.
        KINDS.iter().position(is_own).unwrap_or(KINDS.len())
    }
}

/// Names of the motif kinds, by index.
pub(super) fn kind_names() -> Vec<String> {
    KINDS.map(str::to_owned).into()
}

/// Tokens as LaTeX. Any sequence has a text, also one that is no formula, as a model may answer.
#[must_use]
pub fn latex(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.latex()).collect()
}

/// The same of tokens by name; names that are none are left out.
#[must_use]
pub fn latex_of_names(names: &[String]) -> String {
    latex(&names.iter().filter_map(|name| Token::of_name(name)).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_names_and_tokens_agree() {
        let names: Vec<_> = Token::all().map(Token::name).collect();
        assert_eq!(
            names.join(" "),
            "FRAC( FRACMID FRAC) SUP( SUP) SUB( SUB) PAREN( PAREN) + 0 1 2 3 4 5 6 7 8 9 x y z a b c"
        );
        for (index, token) in (0u32..).zip(Token::all()) {
            assert_eq!((token.index(), Token::of_index(index)), (index, Some(token)));
            assert_eq!(Token::of_name(&token.name()), Some(token));
        }
        assert_eq!(Token::of_index(Token::COUNT as u32), None);
    }

    #[test]
    fn every_kind_belongs_to_exactly_one_token() {
        let mut kinds: Vec<_> = Token::all().filter_map(Token::visible).map(Visible::kind).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, (0..KINDS.len()).collect::<Vec<_>>());
        assert_eq!(Visible::Glyph('x').kind(), 16);
        assert_eq!(Visible::Bar.kind(), 19);
    }

    #[test]
    fn latex_is_what_people_write() {
        use Token::{
            FracClose, FracMiddle, FracOpen, ParenClose, ParenOpen, Plus, SubClose, SubOpen, SupClose,
            SupOpen, Symbol,
        };
        let tokens = [
            FracOpen,
            ParenOpen,
            Symbol(10),
            Plus,
            Symbol(1),
            ParenClose,
            FracMiddle,
            Symbol(13),
            SupOpen,
            Symbol(2),
            SupClose,
            Symbol(9),
            SubOpen,
            Symbol(15),
            SubClose,
            FracClose,
        ];
        assert_eq!(latex(&tokens), "\\frac{\\left(x+1\\right)}{a^{2}9_{c}}");
        assert_eq!(latex(&[SupClose, Plus]), "}+");
    }
}
