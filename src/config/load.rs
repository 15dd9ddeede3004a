//! From files to a [`Config`]: merge, refuse unknown keys, validate.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use toml::{Table, Value};

use super::number;
use super::schedule::{self, Places};
use super::wire::Config;
use crate::domain::{DomainConfig, names};
use crate::hint::Hint;

/// The setting that says what others there are.
const DOMAIN: &str = "domain.name";

/// A table of settings and where it came from, for messages.
#[derive(Clone, Debug)]
pub struct Source {
    /// A file's path or the `--set` option as typed.
    pub origin: String,
    /// Its settings.
    pub table: Table,
    /// Key and value of a `--set`, as typed.
    pub typed: Option<(String, String)>,
}

impl Source {
    /// Reads a TOML file.
    ///
    /// # Errors
    /// When it cannot be read or is not TOML; the message names file, line and column.
    pub fn file(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the experiment file {}", path.display()))?;
        let table = number::table(&text).map_err(|e| anyhow!("{}: {e}", path.display()))?;
        Ok(Self { origin: path.display().to_string(), table, typed: None })
    }

    /// Takes out the table `fixed`, as a source of its own.
    fn take_fixed(&mut self) -> Result<Option<Self>> {
        match self.table.remove("fixed") {
            None => Ok(None),
            Some(Value::Table(table)) => Ok(Some(Self { origin: self.origin.clone(), table, typed: None })),
            Some(other) => bail!("{}: `fixed` is {other}; expected a table of settings", self.origin),
        }
    }

    /// Parses one `key.path=value`; a value that is not TOML is taken as a string.
    ///
    /// # Errors
    /// When there is no `=` or the key is empty.
    pub fn assignment(text: &str) -> Result<Self> {
        let Some((key, value)) = text.split_once('=') else {
            bail!("--set {text}: expected key=value, for example --set train.batch=32");
        };
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() || key.split('.').any(str::is_empty) {
            bail!("--set {text}: the key `{key}` is empty or has an empty part");
        }
        let raw = (key.to_owned(), value.to_owned());
        // What the other settings are depends on this one, so that it is known to be text before they are.
        let value = typed(value).filter(|_| key != DOMAIN).unwrap_or_else(|| Value::String(value.to_owned()));
        let table = key.rsplit('.').fold(value, |inner, part| {
            let mut table = Table::new();
            table.insert(part.to_owned(), inner);
            Value::Table(table)
        });
        let Value::Table(table) = table else { bail!("--set {text}: expected key=value") };
        Ok(Self { origin: format!("--set {text}"), table, typed: Some(raw) })
    }

    /// Takes what was typed as what the settings in force have there: text where they have text, whatever it looks
    /// like, and an integer where they have one and the number is whole (`1e6`).
    ///
    /// # Errors
    /// When a number was typed that would be taken as 0 and is none, or something that is not what the settings have.
    fn settle(&mut self, defaults: &Table) -> Result<()> {
        if let Some((key, text)) = &self.typed {
            let path: Vec<&str> = key.split('.').collect();
            let is_text = matches!(at(defaults, &path), Some(Value::String(_)));
            if let Some(number) = number::lost_in(text).filter(|_| !is_text) {
                bail!("{}: {key}: {}", self.origin, number::refusal(&number));
            }
            if let (Some(there), Some(own)) = (at(defaults, &path), at_mut(&mut self.table, &path)) {
                *own = settled(there, own, text)
                    .map_err(|expected| anyhow!("{}: {key} is `{text}`; expected {expected}", self.origin))?;
            }
        }
        Ok(())
    }
}

/// What was typed as `text` and read as `own`, as the value in force `there` has it.
///
/// # Errors
/// What was expected, where it cannot be taken so.
fn settled(there: &Value, own: &Value, text: &str) -> Result<Value, &'static str> {
    // Numbers as people and other programs write them, which TOML does not take: .045, 5., 1e18 for an integer.
    let number = || text.parse::<f64>().ok().filter(|number| number.is_finite());
    match (there, own) {
        (Value::String(_), Value::String(_)) => Ok(own.clone()),
        (Value::String(_), _) => Ok(Value::String(text.to_owned())),
        (Value::Float(_), Value::Float(_) | Value::Integer(_)) => Ok(own.clone()),
        (Value::Float(_), _) => number().map(Value::Float).ok_or("a number"),
        (Value::Integer(_), Value::Integer(_)) => Ok(own.clone()),
        (Value::Integer(_), _) => {
            // A number beyond is one of no count.
            let whole = number().filter(|number| number.fract() == 0.0 && number.abs() < i64::MAX as f64);
            whole.map(|number| Value::Integer(number as i64)).ok_or("a whole number")
        }
        (Value::Boolean(_), Value::Boolean(_)) => Ok(own.clone()),
        (Value::Boolean(_), _) => Err("true or false"),
        (Value::Array(_), Value::Array(_)) => Ok(own.clone()),
        (Value::Array(_), _) => Err("a list, as in [1, 2]"),
        _ => Ok(own.clone()),
    }
}

/// A value as TOML has it; `None` where it is none, or only together with a comment (`32#64`).
fn typed(text: &str) -> Option<Value> {
    let value = format!("v = {text}").parse::<Table>().ok()?.remove("v")?;
    // A line that a comment would end is another value than what was typed.
    let alone = format!("v = [{text}]").parse::<Table>().is_ok();
    alone.then_some(value)
}

fn at<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    match path {
        [] => None,
        [key] => table.get(*key),
        [key, rest @ ..] => at(table.get(*key)?.as_table()?, rest),
    }
}

fn at_mut<'a>(table: &'a mut Table, path: &[&str]) -> Option<&'a mut Value> {
    match path {
        [] => None,
        [key] => table.get_mut(*key),
        [key, rest @ ..] => at_mut(table.get_mut(*key)?.as_table_mut()?, rest),
    }
}

/// Finds `<experiment>` and the overlay `scales/<scale>.toml` beside it.
///
/// # Errors
/// When either file is missing; the message lists what there is.
pub fn resolve_experiment(experiment: &Path, scale: &str) -> Result<(PathBuf, PathBuf)> {
    if !experiment.is_file() {
        bail!("there is no experiment file {}; `{}` names those there are", experiment.display(), Hint::List);
    }
    if experiment.extension() != Some("toml".as_ref()) {
        bail!(
            "{} is not an experiment file (.toml); `{}` names those there are",
            experiment.display(),
            Hint::List
        );
    }
    let folder = experiment.parent().unwrap_or(Path::new(".")).join("scales");
    let overlay = folder.join(format!("{scale}.toml"));
    if !overlay.is_file() {
        let mut known: Vec<String> = std::fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|e| e.path().file_stem().map(|s| s.to_string_lossy().into_owned()))
            .collect();
        known.sort();
        bail!(
            "there is no scale `{scale}` for {}: expected one of {} (files in {})",
            experiment.display(),
            known.join(", "),
            folder.display()
        );
    }
    Ok((experiment.to_owned(), overlay))
}

/// Loads an experiment at a scale with overrides. What the experiment states under `[fixed]`
/// is the point of it and holds at every scale; `--set` can still change it.
///
/// # Errors
/// Unreadable files, unknown keys (with the nearest known one), wrong types, bad values.
pub fn load(experiment: &Path, scale: &str, overrides: &[String]) -> Result<Config> {
    let (file, overlay) = resolve_experiment(experiment, scale)?;
    let mut experiment = Source::file(&file)?;
    let fixed = experiment.take_fixed()?;
    let mut sources = vec![experiment, Source::file(&overlay)?];
    sources.extend(fixed);
    for text in overrides {
        sources.push(Source::assignment(text)?);
    }
    parse(&sources)
}

/// Merges sources, later ones winning, and checks the result. Where a later source puts another domain in the place of an
/// earlier one's, the settings of that domain fall away with it.
///
/// # Errors
/// As [`load`].
pub fn parse(sources: &[Source]) -> Result<Config> {
    let sources = &of_last_domain(sources);
    let origins = || sources.iter().map(|s| s.origin.as_str()).collect::<Vec<_>>().join(" + ");
    let mut merged = Table::new();
    for source in sources {
        merge(&mut merged, &source.table);
    }
    let name = merged
        .get("domain")
        .and_then(|d| d.get("name"))
        .with_context(|| format!("{}: `{DOMAIN}` is missing", origins()))?;
    let name = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
    let domain = DomainConfig::by_name(&name).with_context(|| {
        format!(
            "{}: {DOMAIN} is `{name}`; expected one of {}{}",
            origins(),
            names().collect::<Vec<_>>().join(", "),
            hint(&name, names())
        )
    })?;
    let defaults = defaults(&domain)?;
    let mut known: Vec<String> = schedule::KEYS.map(str::to_owned).into();
    collect(&defaults, "", &mut known);
    for source in sources {
        refuse_unknown(source, &known)?;
    }
    for source in sources.iter().filter(|source| source.typed.is_some()) {
        let mut source = source.clone();
        source.settle(&defaults)?;
        merge(&mut merged, &source.table);
    }
    let places = Places::take(&mut merged).with_context(origins)?;
    let mut config: Config = Value::Table(merged)
        .try_into()
        .map_err(|e: toml::de::Error| anyhow!("{}: {}", origins(), e.to_string().trim()))?;
    config.validate().with_context(origins)?;
    places.resolve(&mut config).with_context(origins)?;
    config.validate().with_context(origins)?;
    Ok(config)
}

/// The sources without the tables `domain` that speak of another domain than the one that is named last.
fn of_last_domain(sources: &[Source]) -> Vec<Source> {
    let name = |source: &Source| Some(source.table.get("domain")?.get("name")?.as_str()?.to_owned());
    let last = sources.iter().rev().find_map(name);
    let mut sources = sources.to_vec();
    // From this source on the domain is the last one.
    let named: Vec<(usize, String)> =
        sources.iter().enumerate().filter_map(|(i, source)| Some((i, name(source)?))).collect();
    let others = named.iter().rposition(|(_, name)| Some(name) != last.as_ref());
    let from = others.and_then(|at| named.get(at + 1)).map_or(0, |(i, _)| *i);
    for source in &mut sources[..from] {
        source.table.remove("domain");
    }
    sources
}

fn merge(base: &mut Table, overlay: &Table) {
    for (key, value) in overlay {
        match (base.get_mut(key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => merge(below, above),
            _ => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
}

/// A default configuration of this domain, which has every key there is, so that the list cannot go stale.
fn defaults(domain: &DomainConfig) -> Result<Table> {
    let config = Config::defaults(domain.clone());
    Ok(Table::try_from(config)?)
}

fn collect(table: &Table, prefix: &str, keys: &mut Vec<String>) {
    for (key, value) in table {
        let path = format!("{prefix}{key}");
        match value {
            Value::Table(inner) => collect(inner, &format!("{path}."), keys),
            _ => keys.push(path),
        }
    }
}

fn refuse_unknown(source: &Source, known: &[String]) -> Result<()> {
    let mut found = Vec::new();
    collect(&source.table, "", &mut found);
    for key in found {
        if !known.contains(&key) {
            bail!("{}: unknown key `{key}`{}", source.origin, hint(&key, known.iter().map(String::as_str)));
        }
    }
    Ok(())
}

/// `; did you mean …?`: the known name nearest to `found`, judged by the whole path and by
/// its last part alone, so that a right name in the wrong table is found too.
pub(crate) fn hint<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> String {
    let last = |s: &str| s.rsplit('.').next().unwrap_or_default().to_owned();
    // Of equals the one of training, which is what is set most often.
    let usual = |k: &str| if k.starts_with("train.") { 1e-6 } else { 0.0 };
    let score =
        |k: &str| strsim::jaro_winkler(found, k).max(strsim::jaro_winkler(&last(found), &last(k))) + usual(k);
    known
        .max_by(|a, b| score(a).total_cmp(&score(b)))
        .map_or(String::new(), |k| format!("; did you mean `{k}`?"))
}
