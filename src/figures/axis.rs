//! An axis whose ticks and their labels the figure chooses.

use std::ops::Range;
use std::rc::Rc;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;

/// A linear axis with given ticks. (plotters' own `WithKeyPoints` cannot label its ticks.)
#[derive(Clone)]
pub(super) struct Axis {
    scale: RangedCoordf64,
    ticks: Vec<f64>,
    label: Rc<dyn Fn(f64) -> String>,
}

impl Axis {
    pub(super) fn new(range: Range<f64>, ticks: Vec<f64>, label: impl Fn(f64) -> String + 'static) -> Self {
        Self { scale: range.into(), ticks, label: Rc::new(label) }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.scale.map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.scale.range()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        (self.label)(*value)
    }
}
