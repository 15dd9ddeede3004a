//! The words of the report, explained.

/// A word and what it means here.
#[derive(Debug)]
pub(super) struct Term {
    /// As it is written in the report.
    pub(super) word: &'static str,
    /// Where it is short for something, what it is short for.
    pub(super) long: Option<&'static str>,
    pub(super) meaning: &'static str,
}

const fn term(word: &'static str, meaning: &'static str) -> Term {
    Term { word, long: None, meaning }
}

const fn short(word: &'static str, long: &'static str, meaning: &'static str) -> Term {
    Term { word, long: Some(long), meaning }
}

/// In the order in which they build on each other.
pub(super) const TERMS: [Term; 20] = [
    term(
        "motif",
        "A small pattern at one place of the input that the output depends on: a digit in a picture, a symbol of a \
         formula, a spoken digit. The network is never told what the motifs are or where they sit.",
    ),
    term(
        "ĝ",
        "The first part of the network. It sees a small patch of the input at a time and gives each place a value in \
         each channel.",
    ),
    term(
        "channel",
        "One layer of the map that ĝ makes. After training one channel should stand for one kind of motif.",
    ),
    term(
        "motif map, m̂",
        "What the sparsity layer lets through of ĝ's map: zero nearly everywhere, positive where a motif is marked.",
    ),
    term("ĥ", "The second part of the network. It sees nothing but the motif map and writes the output."),
    term(
        "density, δ",
        "The share of the motif map that may be non-zero. Training starts dense, in the paper at one half, and \
         lowers δ step by step, each time the answers are good enough.",
    ),
    term(
        "theoretical minimum",
        "The density of the true motifs: the mean number of motifs in an input divided by the number of places and \
         channels. A sparser map would have to leave motifs out.",
    ),
    short("FPE", "false positive error", "The share of the marks that are at no motif."),
    short("FNE", "false negative error", "The share of the true motifs that are not marked."),
    short(
        "CE",
        "confusion error",
        "Of the motifs that are marked, the share marked by a channel that stands for another kind. Which channel \
         stands for which kind is chosen afterwards, as well as it can be.",
    ),
    short(
        "E2EE",
        "end-to-end error",
        "How far the outputs are from the true ones: the edit distance divided by the longer length, averaged. 0 is \
         right, 100 % shares nothing.",
    ),
    term("exact match", "The share of the outputs that are right from the first token to the last."),
    term(
        "Sparling, MT",
        "The method of the paper: a threshold for each channel (multiple thresholds), density lowered step by step.",
    ),
    short("ST", "single threshold", "The same with one threshold for all channels together."),
    term("Non-Sparse", "The same network, its density never lowered."),
    term(
        "Retrained",
        "Sparling's ĝ kept as it is, the sparsity layer taken out, and ĥ trained on: it shows what the bottleneck \
         costs.",
    ),
    term(
        "swap",
        "A motif's value is moved to another kind's channel in the map. If ĥ reads the motifs, its output changes \
         just as if the input had changed.",
    ),
    term("plateau", "A stretch of training in which the loss does not fall."),
    term(
        "seed",
        "The number that all chance in training is drawn from. Runs with several seeds show what is luck.",
    ),
    term(
        "scale",
        "How large the experiment is. `paper` is the published setting, `laptop` has smaller networks and for two \
         domains smaller inputs, `demo` learns in minutes, `smoke` is for tests and says nothing about the method.",
    ),
];

/// The meaning of a word that stands alone in a table's head, if it is one of the [`TERMS`].
pub(super) fn meaning(word: &str) -> Option<String> {
    let term = TERMS.iter().find(|t| t.word == word && t.long.is_some())?;
    Some(format!("{}: {}", term.long?, term.meaning))
}

/// The words as a list in Markdown.
pub(super) fn markdown() -> String {
    let line = |term: &Term| {
        let long = term.long.map_or(String::new(), |long| format!(" ({long})"));
        format!("- **{}**{long}: {}\n", term.word, term.meaning)
    };
    format!("## Words\n\n{}\n", TERMS.iter().map(line).collect::<String>())
}
