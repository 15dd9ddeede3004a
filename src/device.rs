//! Where tensors live: the choice of a device, and loading CUDA when it is asked for.
//!
//! The linker drops `libtorch_cuda` from the program, because nothing in it names a symbol of
//! that library (a known trap: CUDA is then silently absent). So one binary serves CPU and GPU
//! machines: [`choose`] loads the library at run time when a GPU is asked for.
//!
//! libtorch looks for CUDA once a process and remembers what it found. So choose the device
//! before anything else that might ask: before [`tch::manual_seed`], before
//! [`tch::Cuda::is_available`].
//!
//! ```
//! # fn main() -> anyhow::Result<()> {
//! use sparling::device::{DeviceChoice, choose};
//!
//! let chosen = choose(DeviceChoice::Auto)?;
//! if let Some(reason) = &chosen.fallback {
//!     eprintln!("using the CPU: {reason}");
//! }
//! let x = tch::Tensor::ones([2, 3], (tch::Kind::Float, chosen.device));
//! assert_eq!(x.size(), [2, 3]);
//! # Ok(())
//! # }
//! ```

mod bf16;
mod libtorch;

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::OnceLock;

use anyhow::{Result, anyhow, bail};
use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
use tch::{Cuda, Device};

use crate::hint::{Goal, Hint};

pub use bf16::{admit, bf16};
pub use libtorch::{libtorch_lib, libtorch_version};

/// What a user can ask for: `auto`, `cpu`, `cuda` or `cuda:N`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first GPU where CUDA works, else the CPU (and then the reason is told).
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU of this number; an error where it cannot be used.
    Cuda(usize),
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("found {text:?}, expected auto, cpu, cuda or cuda:N (as in cuda:0)");
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => {
                let number = text.strip_prefix("cuda:").ok_or_else(unknown)?;
                number.parse().map(Self::Cuda).map_err(|_| unknown())
            }
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

/// A device, and why it is not the one that was hoped for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Where to put tensors.
    pub device: Device,
    /// Set when [`DeviceChoice::Auto`] ended at the CPU: what is missing for a GPU.
    pub fallback: Option<String>,
}

/// Turns a choice into a device, loading CUDA if that is called for.
///
/// # Errors
/// When a GPU was asked for by name and cannot be used; the message says what was found and
/// what to do. [`DeviceChoice::Auto`] never fails.
pub fn choose(choice: DeviceChoice) -> Result<Chosen> {
    let cpu = |fallback| Chosen { device: Device::Cpu, fallback };
    match choice {
        DeviceChoice::Cpu => Ok(cpu(None)),
        DeviceChoice::Cuda(number) => match cuda_device(number) {
            Ok(device) => Ok(Chosen { device, fallback: None }),
            Err(reason) => {
                bail!("the device {choice} cannot be used: {reason:#}; mend that, or ask for the device cpu")
            }
        },
        DeviceChoice::Auto => Ok(match cuda_device(0) {
            Ok(device) => Chosen { device, fallback: None },
            Err(reason) => cpu(Some(format!("{reason:#}"))),
        }),
    }
}

/// [`choose`] for callers that print nothing themselves: on a machine with an NVIDIA driver, a
/// fall-back to the CPU is told on the error stream. Without a driver the CPU is no surprise.
///
/// # Errors
/// As [`choose`].
pub fn resolve(choice: DeviceChoice) -> Result<Device> {
    let chosen = choose(choice)?;
    if let Some(reason) = &chosen.fallback
        && driver().is_some()
    {
        crate::interrupt::tell(&format!(
            "warning: the CPU is used although there is an NVIDIA driver: {reason}"
        ));
    }
    Ok(chosen.device)
}

fn cuda_device(number: usize) -> Result<Device> {
    if driver().is_none() {
        bail!("no NVIDIA driver was found (neither /dev/nvidia0 nor libcuda.so.1)");
    }
    load_cuda()?;
    if !Cuda::is_available() {
        bail!(
            "libtorch_cuda is loaded and there is a driver, but libtorch finds no usable GPU; \
             see whether nvidia-smi lists one, whether CUDA_VISIBLE_DEVICES hides it, and whether the driver \
             is new enough for libtorch {}",
            libtorch_version()
        );
    }
    let count = usize::try_from(Cuda::device_count()).unwrap_or(0);
    if number >= count {
        bail!("there is no GPU number {number}: found {count}, numbered from 0");
    }
    Ok(Device::Cuda(number))
}

/// What shows that an NVIDIA driver is installed, if one is.
#[must_use]
pub fn driver() -> Option<&'static str> {
    static FOUND: OnceLock<Option<&'static str>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        if Path::new("/dev/nvidia0").exists() {
            Some("/dev/nvidia0")
        } else {
            open_global(Path::new("libcuda.so.1")).is_ok().then_some("libcuda.so.1")
        }
    })
}

/// Loads `libtorch_cuda.so` from beside the libtorch in use, once a process.
///
/// # Errors
/// When the library is not there, or lacks a library of its own.
pub fn load_cuda() -> Result<()> {
    static LOADED: OnceLock<Result<(), String>> = OnceLock::new();
    LOADED
        .get_or_init(|| {
            let folder = libtorch_lib().ok_or("the folder of libtorch was not found")?;
            let library = folder.join("libtorch_cuda.so");
            if !library.exists() {
                return Err(format!(
                    "{} is missing: this libtorch is built for the CPU only",
                    library.display()
                ));
            }
            open_global(&library).map_err(|error| {
                format!(
                    "libtorch_cuda does not load ({error}); `{}` installs the CUDA libraries it needs",
                    Hint::Make(Goal::SetupCuda)
                )
            })
        })
        .clone()
        .map_err(|message| anyhow!(message))
}

/// Opens a shared library for the rest of the process, its symbols visible to all others.
fn open_global(library: &Path) -> Result<(), String> {
    // SAFETY: both callers open libraries (the driver's and libtorch's) whose initialisers are
    // meant to run in any process that uses CUDA, and which are never unloaded.
    match unsafe { Library::open(Some(library), RTLD_NOW | RTLD_GLOBAL) } {
        Ok(handle) => {
            // Unloading libtorch_cuda would leave its registered kernels dangling.
            std::mem::forget(handle);
            Ok(())
        }
        Err(error) => Err(std::error::Error::source(&error).unwrap_or(&error).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_read_back_as_they_are_written() {
        for (text, choice) in [
            ("auto", DeviceChoice::Auto),
            ("cpu", DeviceChoice::Cpu),
            ("cuda:0", DeviceChoice::Cuda(0)),
            ("cuda:3", DeviceChoice::Cuda(3)),
        ] {
            assert_eq!(text.parse(), Ok(choice), "{text}");
            assert_eq!(choice.to_string(), text, "{choice:?}");
        }
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)), "cuda is the first GPU");
    }

    #[test]
    fn an_unknown_choice_names_the_known_ones() {
        for text in ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "CPU"] {
            let message = text.parse::<DeviceChoice>().unwrap_err();
            assert!(message.contains("expected auto, cpu, cuda or cuda:N"), "{text}: {message}");
        }
    }

    #[test]
    fn a_gpu_that_is_not_there_is_an_error_and_auto_tells_why() {
        assert_eq!(choose(DeviceChoice::Cpu).unwrap().device, Device::Cpu, "cpu is always there");
        // A number no machine has: fails with a GPU, without one, and without its driver.
        let message = format!("{:#}", choose(DeviceChoice::Cuda(4096)).unwrap_err());
        assert!(message.starts_with("the device cuda:4096 cannot be used: "), "{message}");
        let auto = choose(DeviceChoice::Auto).unwrap();
        assert_eq!(auto.device.is_cuda(), auto.fallback.is_none(), "{auto:?}");
        if driver().is_none() {
            assert!(message.contains("no NVIDIA driver"), "{message}");
            assert!(auto.fallback.unwrap().contains("no NVIDIA driver"), "auto must say the same");
        }
    }
}
