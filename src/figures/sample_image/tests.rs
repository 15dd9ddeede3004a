//! What panels, grids and files must look like.

use super::*;

const RED: [u8; 3] = [200, 10, 10];

fn mark(label: &str, color: [u8; 3]) -> Mark {
    Mark { label: label.to_owned(), color }
}

fn count(image: &RgbImage, color: [u8; 3]) -> usize {
    image.pixels().filter(|pixel| pixel.0 == color).count()
}

#[test]
fn pixels_are_enlarged_by_tone() {
    let input = [0.0, 1.0, 0.5, 0.0];
    let mut panel = Panel::new(&input, [1, 2, 2]);
    panel.scale = 8;
    let image = panel.draw().unwrap();
    assert_eq!(image.dimensions(), (16, 16));
    assert_eq!(image.get_pixel(4, 4).0, [255; 3]);
    assert_eq!(image.get_pixel(12, 4).0, [40; 3]);
    let half = image.get_pixel(4, 12).0[0];
    assert!((146..=149).contains(&half), "{half}");
    panel.tone = Tone::HighIsLight;
    let image = panel.draw().unwrap();
    assert_eq!(image.get_pixel(4, 4).0, [40; 3]);
    assert_eq!(image.get_pixel(12, 4).0, [255; 3]);
}

#[test]
fn colours_are_drawn_and_other_channels_by_their_mean() {
    // One pixel of red, and one of half of all.
    let mut panel = Panel::new(&[1.0, 0.5, 0.0, 0.5, 0.0, 0.5], [3, 1, 2]);
    panel.shape = [3, 2, 1];
    (panel.scale, panel.tone) = (8, Tone::HighIsLight);
    let image = panel.draw().unwrap();
    assert_eq!(image.get_pixel(4, 4).0, [255, 40, 40]);
    assert!((146..=149).contains(&image.get_pixel(4, 12).0[0]), "{:?}", image.get_pixel(4, 12));
    // Two channels of 2 × 1 whose mean goes from 0 to 2: stretched.
    let mut panel = Panel::new(&[0.0, 4.0, 0.0, 0.0], [2, 2, 1]);
    (panel.scale, panel.tone) = (8, Tone::HighIsLight);
    let image = panel.draw().unwrap();
    assert_eq!(image.get_pixel(4, 4).0, [40; 3]);
    assert!((146..=149).contains(&image.get_pixel(4, 12).0[0]), "{:?}", image.get_pixel(4, 12));
}

#[test]
fn rows_of_a_series_of_few_channels_are_thicker() {
    let mut input = vec![0.0; 4 * 100];
    input[3 * 100] = 1.0;
    let mut panel = Panel::new(&input, [4, 1, 100]);
    panel.scale = 2;
    let image = panel.draw().unwrap();
    assert_eq!(image.dimensions(), (200, 4 * 4 * 2), "a sixth of the width, about");
    // The last channel is at the top: dark in its four rows, light below.
    let dark = |y| image.get_pixel(1, y).0[0] < 100;
    assert!(dark(2) && dark(6) && !dark(10), "{:?}", [2, 6, 10].map(|y| image.get_pixel(1, y)));
    let sound = vec![0.0; 64 * 107];
    assert_eq!(Panel::new(&sound, [64, 1, 107]).draw().unwrap().dimensions(), (428, 256));
}

#[test]
fn a_series_is_drawn_with_its_first_channel_at_the_bottom_and_full_range() {
    // Three channels of two frames, in decibels.
    let input = [-80.0, -80.0, -40.0, -40.0, 0.0, 0.0];
    let mut panel = Panel::new(&input, [3, 1, 2]);
    panel.scale = 6;
    let image = panel.draw().unwrap();
    assert_eq!(image.dimensions(), (12, 18));
    assert_eq!(image.get_pixel(5, 15).0, [255; 3]);
    assert_eq!(image.get_pixel(5, 3).0, [40; 3]);
    let middle = image.get_pixel(5, 9).0[0];
    assert!((146..=149).contains(&middle), "{middle}");
}

#[test]
fn a_constant_series_is_no_division_by_zero() {
    let image = Panel::new(&[3.0; 4], [2, 1, 2]).draw().unwrap();
    assert_eq!(image.get_pixel(3, 3).0, [255; 3]);
}

#[test]
fn boxes_and_dots_lie_where_the_motifs_are() {
    let input = vec![0.0; 400];
    let boxes = [Motif { kind: 0, top: 8, left: 4, bottom: 14, right: 12 }];
    let kinds = [mark("a", RED)];
    let mut panel = Panel::new(&input, [1, 20, 20]);
    panel.boxes = &boxes;
    panel.kinds = &kinds;
    let image = panel.draw().unwrap();
    // The line lies just outside of the box's pixels, at four times their place.
    assert_eq!(image.get_pixel(15, 40).0, RED);
    assert_eq!(image.get_pixel(48, 40).0, RED);
    assert_eq!(image.get_pixel(30, 56).0, RED);
    assert_eq!(image.get_pixel(30, 40).0, [255; 3]);

    let predicted = [Marked { channel: 1, y: 10.5, x: 9.5, value: 1.0, crowded: false }];
    let channels = [mark("x", [1, 2, 3]), mark("y", [10, 10, 200])];
    let mut panel = Panel::new(&input, [1, 20, 20]);
    panel.predicted = &predicted;
    panel.channels = &channels;
    let image = panel.draw().unwrap();
    assert_eq!(image.get_pixel(38, 42).0, [10, 10, 200]);
    assert_eq!(count(&image, [1, 2, 3]), 0);
}

#[test]
fn a_crowded_peak_is_a_larger_star() {
    let input = vec![0.0; 400];
    let channels = [mark("", RED)];
    let inked = |crowded: bool| {
        let predicted = [Marked { channel: 0, y: 10.5, x: 10.5, value: 1.0, crowded }];
        let mut panel = Panel::new(&input, [1, 20, 20]);
        panel.predicted = &predicted;
        panel.channels = &channels;
        let image = panel.draw().unwrap();
        let columns = (0..80).filter(|&x| (0..80).any(|y| image.get_pixel(x, y).0 == RED));
        columns.count()
    };
    let (dot, star) = (inked(false), inked(true));
    assert!(star > dot, "{star} columns against {dot}");
}

#[test]
fn titles_and_captions_make_room_for_themselves() {
    let input = vec![0.0; 2500];
    let mut panel = Panel::new(&input, [1, 50, 50]);
    let plain = panel.draw().unwrap();
    panel.title = "Title".to_owned();
    let titled = panel.draw().unwrap();
    assert!(titled.height() > plain.height() + 12);
    panel.captions = vec!["one".to_owned(), "a caption too long for one line of this width".to_owned()];
    let captioned = panel.draw().unwrap();
    assert!(captioned.height() > titled.height() + 36);
    assert_eq!(captioned.width(), plain.width());
}

#[test]
fn what_cannot_be_drawn_is_refused_with_the_reason() {
    let input = [0.0; 12];
    let message = |panel: &Panel<'_>| format!("{:#}", panel.draw().unwrap_err());
    assert!(message(&Panel::new(&input, [1, 3, 3])).contains("12 values"));
    let boxes = [Motif { kind: 2, top: 0, left: 0, bottom: 1, right: 1 }];
    let mut panel = Panel::new(&input, [1, 3, 4]);
    panel.boxes = &boxes;
    assert!(message(&panel).contains("kind 2"));
    panel.boxes = &[];
    panel.scale = 0;
    assert!(message(&panel).contains("scale"));
    panel.scale = 1;
    let predicted = [Marked { channel: 4, y: 0.5, x: 0.5, value: 1.0, crowded: false }];
    panel.predicted = &predicted;
    assert!(message(&panel).contains("channel 4"));
}

#[test]
fn a_grid_aligns_rows_and_columns() {
    let panel = |width, height, value| RgbImage::from_pixel(width, height, Rgb([value; 3]));
    let panels = [panel(10, 5, 1), panel(20, 7, 2), panel(30, 3, 3)];
    let image = grid(&panels, 2, 4).unwrap();
    assert_eq!(image.dimensions(), (4 + 30 + 4 + 20 + 4, 4 + 7 + 4 + 3 + 4));
    assert_eq!(image.get_pixel(4, 4).0, [1; 3]);
    assert_eq!(image.get_pixel(4 + 30 + 4, 4).0, [2; 3]);
    assert_eq!(image.get_pixel(4, 4 + 7 + 4).0, [3; 3]);
    assert_eq!(image.get_pixel(3, 4).0, [255; 3]);
    assert!(grid(&[], 2, 4).is_err());
    assert!(grid(&panels, 0, 4).is_err());
}

#[test]
fn a_png_is_written_whole_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep").join("image.png");
    let image = RgbImage::from_pixel(3, 2, Rgb([9, 8, 7]));
    save_png(&image, &path).unwrap();
    assert_eq!(image::open(&path).unwrap().to_rgb8(), image);
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    // A folder stands where the file should go.
    let message = format!("{:#}", save_png(&image, path.parent().unwrap()).unwrap_err());
    assert!(message.contains("deep"), "{message}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
