//! Marks of different shapes, so that series differ in more than colour.

use anyhow::Result;
use plotters::prelude::*;

use super::page::Area;

/// Shape of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// ●
    Disc,
    /// ▲
    Triangle,
    /// ■
    Square,
}

impl Shape {
    /// Corners of the shape with `radius` around `(x, y)`; none for a disc.
    fn corners(self, (x, y): (i32, i32), radius: i32) -> Vec<(i32, i32)> {
        match self {
            Self::Disc => Vec::new(),
            // Equal areas look alike in size: a triangle reaches further, a square less far.
            Self::Triangle => {
                let (half, up, down) = (radius * 5 / 4, radius * 5 / 4, radius * 9 / 10);
                vec![(x, y - up), (x + half, y + down), (x - half, y + down)]
            }
            Self::Square => {
                let half = radius * 9 / 10;
                vec![(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]
            }
        }
    }
}

/// Draws a mark on a white rim, so that marks that meet stay apart.
pub(super) fn marker<DB>(
    area: &Area<DB>,
    place: (i32, i32),
    shape: Shape,
    radius: i32,
    color: RGBColor,
) -> Result<()>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    for (radius, color) in [(radius + 3, WHITE), (radius, color)] {
        match shape {
            Shape::Disc => area.draw(&Circle::new(place, radius, color.filled()))?,
            _ => area.draw(&Polygon::new(shape.corners(place, radius), color.filled()))?,
        }
    }
    Ok(())
}
