//! `sparling data import-audio | make-audio`.
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use super::tell::{answer, say, warn};
use crate::domain::audio_sequence::corpus::import::{Summary, import};
use crate::domain::audio_sequence::corpus::{self, Corpus, espeak};
use crate::files::write_atomically;
use crate::hint::{EXPERIMENTS, Hint};

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// Folder of recordings: AudioMNIST's (NN/D_NN_T.wav) or FSDD's (D_speaker_T.wav)
    dir: PathBuf,
    /// Name of the corpus, for domain.corpus [default: audiomnist or fsdd, by the layout]
    #[arg(long)]
    name: Option<String>,
    /// File with a line for each recording to leave out, by name or path: wrong labels that are known
    #[arg(long, value_name = "FILE")]
    exclude: Option<PathBuf>,
    /// Folder that corpora are kept in
    #[arg(long, value_name = "DIR", default_value = corpus::FOLDER)]
    corpora: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct MakeArgs {
    /// Seed of voices, pitches and speeds
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Name of the corpus, for domain.corpus
    #[arg(long, default_value = "espeak")]
    name: String,
    /// Folder that corpora are kept in
    #[arg(long, value_name = "DIR", default_value = corpus::FOLDER)]
    corpora: PathBuf,
}

pub(super) fn import_audio(args: &ImportArgs) -> Result<()> {
    if let Some(name) = &args.name {
        corpus::check_name(name)?;
    }
    let excluded = args.exclude.as_deref().map(excluded).transpose()?.unwrap_or_default();
    let (mut corpus, summary) = import(&args.dir, args.name.as_deref().unwrap_or_default(), &excluded)?;
    if corpus.name.is_empty() {
        corpus.name.clone_from(&corpus.layout);
    }
    keep(&corpus, &summary, &args.corpora)
}

/// The files that a list names.
fn excluded(list: &Path) -> Result<HashSet<PathBuf>> {
    let text = std::fs::read_to_string(list).with_context(|| {
        format!("cannot read {}; expected a text file with the name of a recording a line", list.display())
    })?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(PathBuf::from).collect())
}

pub(super) fn make_audio(args: &MakeArgs) -> Result<()> {
    corpus::check_name(&args.name)?;
    let (corpus, summary) = espeak::speak(args.seed, &args.name)?;
    keep(&corpus, &summary, &args.corpora)
}

fn keep(corpus: &Corpus, summary: &Summary, corpora: &Path) -> Result<()> {
    answer!("{summary}")?;
    let folder = corpora.join(&corpus.name);
    corpus::write(corpus, &folder)?;
    let written = corpus::read(&folder)?;
    if !summary.skipped.is_empty() {
        let list = folder.join("skipped.txt");
        write_atomically(&list, summary.list().as_bytes())?;
        answer!("every skipped file with its reason: {}", list.display())?;
    }
    answer!("wrote {} ({})", folder.display(), written.identity())?;
    // By its name it is found in the usual folder alone; a setting is text.
    let usual = corpora == Path::new(corpus::FOLDER);
    match if usual { Some(corpus.name.as_str()) } else { folder.to_str() } {
        Some(corpus) => {
            let experiment = Path::new(EXPERIMENTS).join("audio-sequence/sparling.toml");
            say(false, &format!("next: {}", Hint::TrainOn { experiment: &experiment, corpus }));
        }
        None => {
            warn("no setting can name that folder, whose path is not UTF-8; move it before it is trained on");
        }
    }
    Ok(())
}
