//! A few test samples at several densities of one run, as the explorer of the HTML report shows them.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::{Examined, Model, Report, examine, examples_of};
use crate::domain::Split;
use crate::eval::{MotifErrors, MotifMap};
use crate::results::{Along, AtDensity, Example, Input, MOST_MARKS, MarkedAt, View, along_path, encode_grey};
use crate::train::Identity;

/// `count` of `0..all`, spread evenly, with the first and the last; all of them where there are no more. The last
/// alone for a `count` of 1.
#[must_use]
pub fn spread(all: usize, count: usize) -> Vec<usize> {
    if count >= all {
        return (0..all).collect();
    }
    match count {
        0 => Vec::new(),
        1 => vec![all - 1],
        // Rounded; all > count makes the steps longer than 1, so that no place is taken twice.
        _ => (0..count).map(|i| (2 * i * (all - 1) + count - 1) / (2 * (count - 1))).collect(),
    }
}

/// Adds what `model` makes of the first `samples` test samples to what is known of denser models.
///
/// `report` and `errors` are what was measured of the model.
///
/// # Errors
/// When there is no sample, or one cannot be made or packed.
pub fn add_density(
    along: Option<Along>,
    model: &mut Model,
    (report, errors): (&Report, &MotifErrors),
    samples: u64,
) -> Result<Along> {
    let examined = examine(&mut model.session, Split::Test, 0, samples)?;
    let names = report.confusion.names(&errors.mapping);
    let examples = examples_of(model, &names, &examined)?;
    let stride = model.session.config.model.g.stem_stride as usize;
    let [channels, rows, columns] = examined.first().context("no sample to keep")?.map_shape;
    let mut along = along.unwrap_or_else(|| Along {
        domain: examples.domain,
        variant: examples.variant,
        seed: examples.seed,
        config_hash: model.config_hash.clone(),
        revision: crate::REVISION.to_owned(),
        kinds: examples.kinds,
        channels,
        stride,
        map_size: if rows == 1 { [channels, columns] } else { [rows, columns] },
        inputs: examples.items.iter().map(Input::from).collect(),
        densities: Vec::new(),
    });
    let views = examined.iter().zip(examples.items).map(|(e, item)| view(e, item, stride));
    along.densities.push(AtDensity {
        delta: model.delta,
        trained: model.trained,
        measured_on: report.samples,
        density: report.density(),
        fpe: errors.fpe,
        fne: errors.fne,
        ce: errors.ce,
        e2ee: report.e2ee.error(),
        mapping: names,
        views: views.collect::<Result<_>>()?,
    });
    Ok(along)
}

/// Writes the file of a run and returns its path.
///
/// # Errors
/// When it cannot be written.
pub fn keep_along(along: &Along, identity: &Identity, results: &Path) -> Result<PathBuf> {
    let path = along_path(results, &identity.scale, &identity.domain, &identity.variant, identity.seed);
    along.write(&path)?;
    Ok(path)
}

fn view(examined: &Examined, item: Example, stride: usize) -> Result<View> {
    let [channels, height, width] = examined.map_shape;
    let map = MotifMap { values: &examined.map, channels, height, width, stride: [stride, stride] };
    let (mut found, mut left_over) = (Vec::new(), 0);
    map.pairs(&examined.sample.motifs, |channel, kind| match kind {
        Some(_) => found.push(channel),
        None => left_over += 1,
    });
    let marks = (item.predicted.len() <= MOST_MARKS).then(|| {
        let rounded = |value: f32| (value * 1e3).round() / 1e3;
        let mark =
            |m: &crate::results::Marked| -> MarkedAt { (m.channel, m.y, m.x, rounded(m.value), m.crowded) };
        item.predicted.iter().map(mark).collect()
    });
    Ok(View {
        active: examined.map.iter().filter(|&&v| v > 0.0).count() as u64,
        map_png: map_png(examined).with_context(|| format!("sample {}: motif map", examined.index))?,
        marks,
        found,
        left_over,
        output: item.output,
    })
}

/// See [`View::map_png`].
fn map_png(examined: &Examined) -> Result<String> {
    let [channels, height, width] = examined.map_shape;
    let name =
        |channel: usize| u8::try_from(channel + 1).context("more channels than a picture can tell apart");
    if height == 1 {
        let level = |(i, &v): (usize, &f32)| if v > 0.0 { name(i / width) } else { Ok(0) };
        let levels = examined.map.iter().enumerate().map(level).collect::<Result<_>>()?;
        return encode_grey(levels, width, channels);
    }
    let plane = height * width;
    let mut strongest = vec![0.0_f32; plane];
    let mut levels = vec![0_u8; plane];
    for (i, &value) in examined.map.iter().enumerate() {
        let place = i % plane;
        if value > strongest[place] {
            strongest[place] = value;
            levels[place] = name(i / plane)?;
        }
    }
    encode_grey(levels, width, height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Motif, Sample};

    fn unpacked(png: &str) -> Vec<u8> {
        let png = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, png).unwrap();
        image::load_from_memory(&png).unwrap().into_luma8().into_raw()
    }

    #[test]
    fn densities_are_spread_from_the_first_to_the_last() {
        assert_eq!(spread(24, 5), [0, 6, 12, 17, 23]);
        assert_eq!(spread(3, 10), [0, 1, 2]);
        assert_eq!(spread(7, 1), [6]);
        assert_eq!(spread(0, 4), [] as [usize; 0]);
        for (all, count) in (1..40).flat_map(|all| (2..12).map(move |count| (all, count))) {
            let places = spread(all, count);
            assert_eq!(places.len(), count.min(all), "{count} of {all}");
            assert!(places.is_sorted_by(|a, b| a < b), "{count} of {all}: {places:?}");
            assert_eq!((places[0], places[places.len() - 1]), (0, all - 1), "{count} of {all}");
        }
    }

    fn examined(map: Vec<f32>, map_shape: [usize; 3], motifs: Vec<Motif>) -> Examined {
        let sample = Sample { input: Vec::new(), target: Vec::new(), motifs };
        Examined { index: 0, sample, map, map_shape, answer: Vec::new(), certainty: Vec::new() }
    }

    #[test]
    fn a_map_shows_the_strongest_channel_of_each_place() {
        // Two channels on 2×3 positions; both fire at (0, 1).
        let map = vec![0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 3.0];
        let png = map_png(&examined(map, [2, 2, 3], Vec::new())).unwrap();
        assert_eq!(unpacked(&png), [0, 2, 0, 0, 0, 2]);
        // A series has a row a channel.
        let png = map_png(&examined(vec![0.0, 1.0, 0.0, 2.0, 2.0, 0.0], [2, 1, 3], Vec::new())).unwrap();
        assert_eq!(unpacked(&png), [0, 1, 0, 2, 2, 0]);
    }

    #[test]
    fn what_fired_in_a_box_is_found_and_the_rest_is_left_over() {
        let motif = |left| Motif { kind: 0, top: 0, left, bottom: 2, right: left + 1 };
        let map = vec![0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 3.0];
        let examined = examined(map, [2, 2, 3], vec![motif(1), motif(0)]);
        let item = Example {
            index: 0,
            split: "test".into(),
            height: 2,
            width: 3,
            channels: 1,
            input_png: String::new(),
            true_motifs: Vec::new(),
            predicted: Vec::new(),
            target: Vec::new(),
            output: Vec::new(),
        };
        let view = view(&examined, item, 1).unwrap();
        assert_eq!((view.active, view.found, view.left_over), (3, vec![Some(1), None], 1));
    }
}
