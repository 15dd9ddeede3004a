//! What TensorBoard is told once of a run: its settings as text and as hyper-parameters, and which curves belong on one
//! page.

use protobuf::Message;
use protobuf::well_known_types::Value;
use tensorboard_proto::api::{DataType, Experiment, HParamInfo, MetricInfo, MetricName, Status};
use tensorboard_proto::layout::{Category, Chart, Layout, MultilineChartContent};
use tensorboard_proto::plugin_hparams::{HParamsPluginData, SessionEndInfo, SessionStartInfo};
use tensorboard_proto::summary::{Summary, Summary_Value, SummaryMetadata, SummaryMetadata_PluginData};
use tensorboard_proto::tensor::TensorProto;
use tensorboard_proto::tensor_shape::TensorShapeProto;
use tensorboard_proto::types;

use anyhow::{Context, Result};

use super::Identity;
use super::tags::{CONFIGURATION, Curves, FINAL, PAGES, description};
use crate::config::{Config, settings};
use crate::domain::DOMAINS;

/// What a run is, as TensorBoard shows it.
#[derive(Clone, Debug)]
pub(super) struct About {
    identity: Identity,
    config: Config,
}

impl About {
    pub(super) fn new(identity: &Identity, config: &Config) -> Self {
        Self { identity: identity.clone(), config: config.clone() }
    }

    /// Everything that is told at the beginning; `now` is in seconds.
    pub(super) fn summaries(&self, now: f64) -> Result<Vec<Summary>> {
        Ok(vec![
            self.experiment(now)?,
            self.start(now)?,
            text(CONFIGURATION, "text", "The resolved configuration.", self.markdown()?.into_bytes()),
            text("custom_scalars__config__", "custom_scalars", "", layout()?),
        ])
    }

    /// That the run has ended well.
    pub(super) fn end(now: f64) -> Result<Summary> {
        let mut end = SessionEndInfo::new();
        end.set_status(Status::STATUS_SUCCESS);
        end.set_end_time_secs(now);
        let mut data = HParamsPluginData::new();
        data.set_session_end_info(end);
        hparams("_hparams_/session_end_info", &data)
    }

    fn markdown(&self) -> Result<String> {
        let text = toml::to_string(&self.config).context("cannot write the configuration as TOML")?;
        Ok(format!(
            "{}, configuration `{}`, revision {}.\n\n```toml\n{}\n```\n",
            self.identity,
            self.config.hash(),
            crate::REVISION,
            text.trim_end()
        ))
    }

    /// Settings of the run, and what tells it from others of the same configuration.
    fn values(&self) -> Vec<(String, Value)> {
        let Identity { variant, scale, seed, .. } = &self.identity;
        let mut values = vec![
            ("variant".to_owned(), words(variant)),
            ("scale".to_owned(), words(scale)),
            ("seed".to_owned(), number(*seed as f64)),
        ];
        values.extend(settings(&self.config).into_iter().map(|(key, value)| (key, told(&value))));
        values
    }

    /// The columns of the table of hyper-parameters. TensorBoard takes those of any one run for all, so settings of
    /// other domains are among them.
    fn experiment(&self, now: f64) -> Result<Summary> {
        let mut columns = self.values();
        for entry in DOMAINS {
            let other = Config { domain: (entry.defaults)(), ..self.config.clone() };
            for (key, value) in settings(&other) {
                if columns.iter().all(|(known, _)| *known != key) {
                    columns.push((key, told(&value)));
                }
            }
        }
        let mut experiment = Experiment::new();
        experiment.set_time_created_secs(now);
        experiment.set_hparam_infos(columns.iter().map(|(key, value)| column(key, value)).collect());
        experiment.set_metric_infos(FINAL.iter().map(|(tag, name)| metric(tag, name)).collect());
        let mut data = HParamsPluginData::new();
        data.set_experiment(experiment);
        hparams("_hparams_/experiment", &data)
    }

    fn start(&self, now: f64) -> Result<Summary> {
        let Identity { domain, variant, scale, .. } = &self.identity;
        let mut start = SessionStartInfo::new();
        start.set_hparams(self.values().into_iter().collect());
        start.set_group_name(format!("{domain}/{variant}/{scale}/seed-{}", self.identity.seed));
        start.set_start_time_secs(now);
        let mut data = HParamsPluginData::new();
        data.set_session_start_info(start);
        hparams("_hparams_/session_start_info", &data)
    }
}

fn words(text: &str) -> Value {
    let mut value = Value::new();
    value.set_string_value(text.to_owned());
    value
}

fn number(number: f64) -> Value {
    let mut value = Value::new();
    value.set_number_value(number);
    value
}

/// A setting as a hyper-parameter; lists and the like as their TOML.
fn told(setting: &toml::Value) -> Value {
    match setting {
        toml::Value::String(text) => words(text),
        toml::Value::Integer(integer) => number(*integer as f64),
        toml::Value::Float(float) => number(*float),
        toml::Value::Boolean(yes) => {
            let mut value = Value::new();
            value.set_bool_value(*yes);
            value
        }
        other => words(&other.to_string()),
    }
}

fn column(key: &str, value: &Value) -> HParamInfo {
    let mut column = HParamInfo::new();
    column.set_name(key.to_owned());
    column.set_field_type(if value.has_number_value() {
        DataType::DATA_TYPE_FLOAT64
    } else if value.has_bool_value() {
        DataType::DATA_TYPE_BOOL
    } else {
        DataType::DATA_TYPE_STRING
    });
    column
}

fn metric(tag: &str, name: &str) -> MetricInfo {
    let mut of = MetricName::new();
    of.set_tag(tag.to_owned());
    let mut metric = MetricInfo::new();
    metric.set_name(of);
    metric.set_display_name(name.to_owned());
    metric.set_description(description(tag).to_owned());
    metric
}

/// Which curves are on one page, see [`PAGES`].
fn layout() -> Result<Vec<u8>> {
    let chart = |(title, tags): &Curves| {
        let mut lines = MultilineChartContent::new();
        lines.set_tag(tags.iter().map(|tag| (*tag).to_owned()).collect());
        let mut chart = Chart::new();
        chart.set_title((*title).to_owned());
        chart.set_multiline(lines);
        chart
    };
    let page = |(title, charts): &(&str, &[Curves])| {
        let mut page = Category::new();
        page.set_title((*title).to_owned());
        page.set_chart(charts.iter().map(chart).collect());
        page
    };
    let mut layout = Layout::new();
    layout.set_category(PAGES.iter().map(page).collect());
    layout.write_to_bytes().context("cannot encode TensorBoard's layout")
}

fn hparams(tag: &str, data: &HParamsPluginData) -> Result<Summary> {
    let content = data.write_to_bytes().context("cannot encode TensorBoard's hyper-parameters")?;
    let mut nothing = TensorProto::new();
    nothing.set_dtype(types::DataType::DT_FLOAT);
    nothing.set_tensor_shape(TensorShapeProto::new());
    nothing.set_float_val(vec![0.0]);
    Ok(tensor(tag, "hparams", content, "", nothing))
}

/// Words, or what a plug-in keeps as words.
fn text(tag: &str, plugin: &str, about: &str, bytes: Vec<u8>) -> Summary {
    let mut words = TensorProto::new();
    words.set_dtype(types::DataType::DT_STRING);
    words.set_tensor_shape(TensorShapeProto::new());
    words.set_string_val(vec![bytes].into());
    tensor(tag, plugin, Vec::new(), about, words)
}

fn tensor(tag: &str, plugin: &str, content: Vec<u8>, about: &str, tensor: TensorProto) -> Summary {
    let mut data = SummaryMetadata_PluginData::new();
    data.set_plugin_name(plugin.to_owned());
    data.set_content(content);
    let mut metadata = SummaryMetadata::new();
    metadata.set_plugin_data(data);
    metadata.set_summary_description(about.to_owned());
    let mut value = Summary_Value::new();
    value.set_tag(tag.to_owned());
    value.set_metadata(metadata);
    value.set_tensor(tensor);
    let mut summary = Summary::new();
    summary.mut_value().push(value);
    summary
}
