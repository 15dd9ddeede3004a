//! Small folders of samples.
#![allow(dead_code, reason = "each test file uses its part")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use sparling::domain::dataset::{Dataset, DatasetConfig};

/// A folder that goes away with the test.
pub(crate) struct Folder(tempfile::TempDir);

/// The target of picture `i`.
pub(crate) fn target(i: usize) -> &'static str {
    ["0 1", "1", "2 10", "10 1 0"][i % 4]
}

/// A picture whose first pixel is `value` and whose others are half of it.
pub(crate) fn picture(path: &Path, height: u32, width: u32, value: u8) {
    let grey = |x, y| image::Luma([if (x, y) == (0, 0) { value } else { value / 2 }]);
    image::GrayImage::from_fn(width, height, grey).save(path).unwrap();
}

/// The bytes of a `.npy` file (version 1.0).
pub(crate) fn npy(descr: &str, shape: &str, values: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    header += &" ".repeat(63 - (10 + header.len()) % 64);
    header.push('\n');
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00".as_slice(), &length, header.as_bytes(), values].concat()
}

impl Folder {
    /// A folder with this `dataset.toml`.
    pub(crate) fn empty(description: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("dataset.toml", description);
        folder
    }

    /// `count` pictures of 4 × 6 pixels in `train.csv`, targets of up to three tokens.
    pub(crate) fn pictures(count: usize) -> Self {
        let folder = Self::empty("[target]\n");
        let mut rows = "input,target\n".to_owned();
        for i in 0..count {
            folder.picture(&format!("{i}.png"), 4, 6, u8::try_from(i).unwrap());
            rows += &format!("{i}.png,{}\n", target(i));
        }
        folder.write("train.csv", &rows);
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    pub(crate) fn append(&self, name: &str, text: &str) {
        let mut file = File::options().append(true).open(self.path().join(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn picture(&self, name: &str, height: u32, width: u32, value: u8) {
        picture(&self.path().join(name), height, width, value);
    }

    pub(crate) fn dataset(&self) -> Dataset {
        let folder = self.path().display().to_string();
        Dataset::new(&DatasetConfig { folder, ..DatasetConfig::default() }).unwrap()
    }
}
