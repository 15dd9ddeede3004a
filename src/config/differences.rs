//! How two configurations differ, setting by setting.

use super::Config;

/// A setting that two configurations give different values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Dotted, such as `train.batch`.
    pub key: String,
    /// Its value in the configuration that was found, as TOML; `(absent)` where it has none.
    pub found: String,
    /// Its value in the one that was asked for.
    pub asked: String,
}

/// Every setting that differs, in the order of the configuration.
#[must_use]
pub fn differences(found: &Config, asked: &Config) -> Vec<Difference> {
    let absent = || "(absent)".to_owned();
    let printed = |config: &Config| -> Vec<(String, String)> {
        settings(config).into_iter().map(|(key, value)| (key, value.to_string())).collect()
    };
    let (found, asked) = (printed(found), printed(asked));
    let value = |of: &[(String, String)], key: &str| {
        of.iter().find(|(k, _)| k == key).map_or_else(absent, |(_, value)| value.clone())
    };
    let mut keys: Vec<&String> = asked.iter().map(|(key, _)| key).collect();
    keys.extend(found.iter().map(|(key, _)| key).filter(|key| asked.iter().all(|(k, _)| k != *key)));
    keys.into_iter()
        .map(|key| Difference { key: key.clone(), found: value(&found, key), asked: value(&asked, key) })
        .filter(|difference| difference.found != difference.asked)
        .collect()
}

/// Every setting by its dotted key, in the order of the configuration.
#[must_use]
pub fn settings(config: &Config) -> Vec<(String, toml::Value)> {
    fn flatten(value: &toml::Value, prefix: &str, out: &mut Vec<(String, toml::Value)>) {
        match value {
            toml::Value::Table(table) => {
                for (key, value) in table {
                    flatten(value, &format!("{prefix}.{key}"), out);
                }
            }
            other => out.push((prefix.trim_start_matches('.').to_owned(), other.clone())),
        }
    }
    let mut out = Vec::new();
    if let Ok(value) = toml::Value::try_from(config) {
        flatten(&value, "", &mut out);
    }
    out
}
