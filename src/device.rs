//! Where tensors live: the choice of a device, and loading CUDA when it is asked for.
//!
//! The linker drops `libtorch_cuda` from the program, because nothing in it names a symbol of
//! that library (a known trap: CUDA is then silently absent). So one binary serves CPU and GPU
//! machines: [`choose`] loads the library at run time when a GPU is asked for.
//!
//! libtorch looks for CUDA once a process and remembers what it found. So choose the device
//! before anything else that might ask: before [`tch::manual_seed`], before
//! [`tch::Cuda::is_available`].

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail};
use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
use tch::{Cuda, Device};

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
        let unknown =
            || format!("found {text:?}, expected auto, cpu, cuda or cuda:N (as in cuda:0)");
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
    let cpu = |fallback| Chosen {
        device: Device::Cpu,
        fallback,
    };
    match choice {
        DeviceChoice::Cpu => Ok(cpu(None)),
        DeviceChoice::Cuda(number) => cuda_device(number)
            .map(|device| Chosen {
                device,
                fallback: None,
            })
            .with_context(|| format!("the device {choice} cannot be used")),
        DeviceChoice::Auto => Ok(match cuda_device(0) {
            Ok(device) => Chosen {
                device,
                fallback: None,
            },
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
        eprintln!("warning: the CPU is used although there is an NVIDIA driver: {reason}");
    }
    Ok(chosen.device)
}

fn cuda_device(number: usize) -> Result<Device> {
    if driver().is_none() {
        bail!(
            "no NVIDIA driver was found (neither /dev/nvidia0 nor libcuda.so.1); \
             install the driver, or use --device cpu"
        );
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
            open_global(Path::new("libcuda.so.1"))
                .is_ok()
                .then_some("libcuda.so.1")
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
                    "{} is missing: this libtorch is built for the CPU only; \
                     install a CUDA build of it, or use --device cpu",
                    library.display()
                ));
            }
            open_global(&library).map_err(|error| {
                format!("libtorch_cuda does not load ({error}); `make setup-cuda` installs the CUDA libraries it needs")
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
        Err(error) => Err(std::error::Error::source(&error)
            .unwrap_or(&error)
            .to_string()),
    }
}

/// The folder that the libtorch of this very process was loaded from.
#[must_use]
pub fn libtorch_lib() -> Option<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    folder_of_libtorch(&maps).or_else(|| option_env!("SPARLING_LIBTORCH_LIB").map(PathBuf::from))
}

fn folder_of_libtorch(maps: &str) -> Option<PathBuf> {
    // The path is the last column and the only one with a slash; it may hold spaces.
    let paths = maps
        .lines()
        .filter_map(|line| line.find('/').map(|at| Path::new(&line[at..])));
    paths
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name == "libtorch_cpu.so")
        })
        .find_map(|path| path.parent().map(Path::to_owned))
}

/// The version of the libtorch in use, as it says itself, such as `2.11.0+cu130`; `unknown` where
/// its folder has neither `build-version` (the zip archives) nor `version.py` (the wheels).
#[must_use]
pub fn libtorch_version() -> String {
    let version = libtorch_lib().and_then(|lib| version_in(lib.parent()?));
    version.unwrap_or_else(|| "unknown".to_owned())
}

fn version_in(root: &Path) -> Option<String> {
    if let Ok(text) = std::fs::read_to_string(root.join("build-version")) {
        return Some(text.trim().to_owned());
    }
    let text = std::fs::read_to_string(root.join("version.py")).ok()?;
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix("__version__ = "))?;
    Some(value.trim().trim_matches(['\'', '"']).to_owned())
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
        assert_eq!(
            "cuda".parse(),
            Ok(DeviceChoice::Cuda(0)),
            "cuda is the first GPU"
        );
    }

    #[test]
    fn an_unknown_choice_names_the_known_ones() {
        for text in ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "CPU"] {
            let message = text.parse::<DeviceChoice>().unwrap_err();
            assert!(
                message.contains("expected auto, cpu, cuda or cuda:N"),
                "{text}: {message}"
            );
        }
    }

    #[test]
    fn a_gpu_that_is_not_there_is_an_error_and_auto_tells_why() {
        assert_eq!(
            choose(DeviceChoice::Cpu).unwrap().device,
            Device::Cpu,
            "cpu is always there"
        );
        // A number no machine has: fails with a GPU, without one, and without its driver.
        let message = format!("{:#}", choose(DeviceChoice::Cuda(4096)).unwrap_err());
        assert!(
            message.starts_with("the device cuda:4096 cannot be used: "),
            "{message}"
        );
        let auto = choose(DeviceChoice::Auto).unwrap();
        assert_eq!(auto.device.is_cuda(), auto.fallback.is_none(), "{auto:?}");
        if driver().is_none() {
            assert!(message.contains("no NVIDIA driver"), "{message}");
            assert!(
                auto.fallback.unwrap().contains("no NVIDIA driver"),
                "auto must say the same"
            );
        }
    }

    #[test]
    fn libtorch_is_found_in_this_process() {
        let lib = libtorch_lib().expect("the folder of libtorch");
        assert!(lib.join("libtorch_cpu.so").exists(), "{}", lib.display());
        assert!(
            libtorch_version().starts_with("2.11.0"),
            "{}",
            libtorch_version()
        );
    }

    #[test]
    fn the_memory_map_may_hold_paths_with_spaces() {
        let maps = "7f00-7f01 r-xp 00000000 fe:00 1 /lib/libc.so.6\n\
                    7f02-7f03 r-xp 00000000 fe:00 2    /my libs/torch/lib/libtorch_cpu.so\n";
        assert_eq!(
            folder_of_libtorch(maps),
            Some(PathBuf::from("/my libs/torch/lib")),
            "{maps}"
        );
        assert_eq!(
            folder_of_libtorch("7f00-7f01 rw-p 0 0:0 0 [heap]\n"),
            None,
            "no library, no folder"
        );
    }
}
