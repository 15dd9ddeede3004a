//! `sparling doctor`: what this machine has, what is missing, and what mends it.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Result, bail};
use tch::{Kind, Tensor};

use super::doctor_report::{Mark, Report, output};
use super::tell::Answers;
use crate::device::{self, DeviceChoice};
use crate::domain::audio_sequence::{self, corpus};
use crate::domain::latex_ocr::{LatexOcr, LatexOcrConfig};
use crate::domain::{DOMAINS, Domain as _, Split};
use crate::hint::{self, Goal, Hint, RUNS};
use crate::memory::{amount, available};

/// The tch release this crate is pinned to, and the one libtorch that it accepts.
const TCH: &str = "0.24.0";
const LIBTORCH: &str = "2.11.0";

/// Say what was found on this machine, what is missing, and what mends it.
///
/// Exits with 0 unless something is missing that the program cannot do without.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sparling doctor
  sparling doctor --device cuda          is an error where CUDA does not work
  make doctor                            builds first

If the program does not start at all and the loader complains of libtorch_cpu.so, the libtorch
it was linked for is gone (a removed .venv, a moved checkout): run make build.")]
pub struct Args {
    /// Device to check: auto, cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: DeviceChoice,
}

/// Prints the report.
///
/// # Errors
/// When something required is missing or does not work.
pub fn run(args: &Args) -> Result<()> {
    let mut report = Report::new(Answers);
    report.line(
        Mark::Good,
        "sparling",
        &format!("{} at revision {}, on tch {TCH}", env!("CARGO_PKG_VERSION"), crate::REVISION),
    )?;
    // First of all: libtorch asks for CUDA once a process and remembers the answer.
    let chosen = device::choose(args.device);
    libtorch(&mut report)?;
    processor(&mut report)?;
    memory(&mut report)?;
    cuda(&mut report, args.device, &chosen)?;
    assets(&mut report)?;
    disk(&mut report)?;
    let required = report.finish()?;
    if required.is_empty() {
        return Ok(());
    }
    bail!("missing or broken: {}; see the lines marked !! above", required.join(", "))
}

fn libtorch(report: &mut Report<impl Write>) -> Result<()> {
    let version = device::libtorch_version();
    let folder =
        device::libtorch_lib().map_or("an unknown folder".to_owned(), |path| path.display().to_string());
    let expected = version.split('+').next() == Some(LIBTORCH);
    let mark = if expected || version == "unknown" { Mark::Good } else { Mark::Absent };
    report.line(mark, "libtorch", &format!("{version}, loaded from {folder}"))?;
    if mark == Mark::Absent {
        report.mend(&format!(
            "tch {TCH} is made for {LIBTORCH}: unset LIBTORCH, then {}",
            Hint::Make(Goal::SetupBuild)
        ))?;
    }
    // 1 + 2 + … + n, forward and backward: does the library compute?
    let n = 1000;
    let computed = (|| {
        let x = Tensor::f_arange(n, (Kind::Double, tch::Device::Cpu))?.f_set_requires_grad(true)?;
        let sum = x.f_add_scalar(1.0)?.f_sum(Kind::Double)?;
        sum.f_backward()?;
        Ok::<_, tch::TchError>((f64::try_from(&sum)?, f64::try_from(x.f_grad()?.f_sum(Kind::Double)?)?))
    })();
    match computed {
        Ok((sum, gradient)) if sum == 500_500.0 && gradient == 1000.0 => {
            report.line(Mark::Good, "tensors", "a sum and its gradient are right")
        }
        Ok(found) => report.line(
            Mark::Required,
            "tensors",
            &format!("a sum and its gradient came out as {found:?}, expected (500500, 1000)"),
        ),
        Err(error) => report.line(Mark::Required, "tensors", &format!("libtorch does not compute: {error}")),
    }
}

fn processor(report: &mut Report<impl Write>) -> Result<()> {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |key: &str| {
        let line = info.lines().find(|line| line.starts_with(key))?;
        line.split_once(':').map(|(_, value)| value.trim().to_owned())
    };
    let model = field("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = tch::get_num_threads();
    report.line(
        Mark::Good,
        "processor",
        &format!("{model}; {cores} cores available, libtorch uses {threads} threads"),
    )?;
    let flags = field("flags").unwrap_or_default();
    report.line(Mark::Good, "kernels", &capability(&flags))?;
    match device::bf16() {
        Ok(with) => {
            report.line(Mark::Good, "bf16", &format!("{with}: train.precision = \"bf16\" is possible"))
        }
        Err(found) => report.line(
            Mark::Absent,
            "bf16",
            &format!("no instructions, only needed for train.precision = \"bf16\": {found}"),
        ),
    }
}

fn memory(report: &mut Report<impl Write>) -> Result<()> {
    match available() {
        Ok(Some(limit)) => {
            report.line(Mark::Good, "memory", &format!("{} {}", amount(limit.bytes as f64), limit.of))
        }
        Ok(None) => report.line(Mark::Good, "memory", "no limit is known; nothing is refused for want of it"),
        Err(error) => report.line(Mark::Required, "memory", &format!("{error:#}")),
    }
}

/// Which of libtorch's CPU kernels run here, by the rule it chooses them with.
fn capability(flags: &str) -> String {
    if let Some(forced) = std::env::var_os("ATEN_CPU_CAPABILITY") {
        return format!("{}, set by ATEN_CPU_CAPABILITY", forced.to_string_lossy());
    }
    let has = |names: &[&str]| names.iter().all(|name| flags.split_whitespace().any(|flag| flag == *name));
    if has(&["avx512f", "avx512vl", "avx512bw", "avx512dq", "fma"]) {
        "AVX-512".to_owned()
    } else if has(&["avx2", "fma"]) {
        "AVX2".to_owned()
    } else {
        "the baseline of this architecture (no AVX2)".to_owned()
    }
}

fn cuda(report: &mut Report<impl Write>, asked: DeviceChoice, chosen: &Result<device::Chosen>) -> Result<()> {
    match device::driver() {
        Some(sign) => report.line(Mark::Good, "driver", &format!("NVIDIA, by {sign}{}", gpus()))?,
        None => report.line(Mark::Absent, "driver", "no NVIDIA driver: a GPU cannot be used")?,
    }
    let library = device::libtorch_lib().map(|lib| lib.join("libtorch_cuda.so"));
    if !library.as_ref().is_some_and(|path| path.exists()) {
        report.line(
            Mark::Absent,
            "libtorch_cuda",
            "not in this libtorch, which is built for the CPU only",
        )?;
    } else if let Err(error) = device::load_cuda() {
        report.line(Mark::Absent, "libtorch_cuda", &format!("{error:#}"))?;
        // Without a driver it would not help; the line above says what it takes.
        if device::driver().is_some() {
            report.mend(&Hint::Make(Goal::SetupCuda).to_string())?;
        }
    } else {
        report.line(Mark::Good, "libtorch_cuda", "there, and it loads")?;
    }
    match chosen {
        Ok(chosen) => report.line(
            Mark::Good,
            "device",
            &match &chosen.fallback {
                Some(reason) => format!("{asked} gives {}: {reason}", name(chosen.device)),
                None => format!("{asked} gives {}", name(chosen.device)),
            },
        ),
        Err(error) => report.line(Mark::Required, "device", &format!("{error:#}")),
    }
}

fn name(device: tch::Device) -> String {
    match device {
        tch::Device::Cuda(number) => format!("cuda:{number}"),
        _ => "the CPU".to_owned(),
    }
}

/// The GPUs that the driver lists, as `: name, name`.
fn gpus() -> String {
    let listed = output("nvidia-smi", &["--query-gpu=name,driver_version", "--format=csv,noheader"]);
    listed.map(|text| format!(": {}", text.lines().collect::<Vec<_>>().join("; "))).unwrap_or_default()
}

fn assets(report: &mut Report<impl Write>) -> Result<()> {
    let domains = DOMAINS.iter().map(|entry| match entry.needs {
        "" => entry.name.to_owned(),
        needs => format!("{} (needs {needs})", entry.name),
    });
    report.line(Mark::Good, "domains", &domains.collect::<Vec<_>>().join(", "))?;
    typesetting(report)?;
    audio(report)?;
    let font = output("fc-match", &["--format=%{file}", "FreeMono"]).filter(|file| file.contains("FreeMono"));
    let usual = "/usr/share/fonts/truetype/freefont/FreeMono.ttf";
    match font.or_else(|| Path::new(usual).exists().then(|| usual.to_owned())) {
        Some(file) => report.line(Mark::Good, "font", &format!("FreeMono, {file}"))?,
        None => {
            report.line(
                Mark::Absent,
                "font",
                "no FreeMono: only needed to make the digit stamps in data/ anew",
            )?;
            report.mend("sudo apt-get install fonts-freefont-ttf")?;
        }
    }
    if hint::tensorboard().is_some() {
        let hint = Hint::TensorBoard { runs: Path::new(RUNS) };
        return report.line(Mark::Good, "tensorboard", &hint.to_string());
    }
    report.line(Mark::Absent, "tensorboard", "not in PATH nor in .venv/bin: only needed to look at logs")?;
    report.mend(&format!("{}   (in the project's folder)", Hint::Make(Goal::Setup)))
}

/// Whether formulas are laid out as their labels say, and how many the frame cuts.
fn typesetting(report: &mut Report<impl Write>) -> Result<()> {
    let formulas =
        LatexOcr::new(LatexOcrConfig::default()).and_then(|domain| domain.remark(Split::Train, 0..500));
    match formulas {
        Ok(remark) => report.line(Mark::Good, "typesetting", &remark.unwrap_or_default()),
        Err(error) => report.line(Mark::Required, "typesetting", &format!("{error:#}")),
    }
}

/// The corpora that are there, each read and verified, and what can speak one.
fn audio(report: &mut Report<impl Write>) -> Result<()> {
    let folders = fs::read_dir(corpus::FOLDER).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut folders: Vec<_> = folders.filter(|path| path.join("index.json").is_file()).collect();
    folders.sort();
    for folder in &folders {
        match corpus::read(folder) {
            Ok(found) => report.line(
                Mark::Good,
                "corpus",
                &format!(
                    "{}, {} recordings by {} speakers",
                    found.identity(),
                    found.recordings.len(),
                    found.speakers().len()
                ),
            )?,
            Err(error) => report.line(Mark::Absent, "corpus", &format!("{error:#}"))?,
        }
    }
    if folders.is_empty() {
        let text = format!("none in {}: only needed for {}", corpus::FOLDER, audio_sequence::NAME);
        report.line(Mark::Absent, "corpus", &text)?;
        let import = Hint::ImportAudio { name: "NAME", corpora: Path::new(corpus::FOLDER) };
        report.mend(&format!("{}   (or {import})", Hint::Make(Goal::AudioCorpus)))?;
    }
    match output("espeak-ng", &["--version"]) {
        Some(version) => report.line(Mark::Good, "espeak-ng", version.lines().next().unwrap_or_default()),
        None => {
            report.line(Mark::Absent, "espeak-ng", "not installed: only needed to speak an audio corpus")?;
            report.mend("sudo apt-get install espeak-ng")
        }
    }
}

fn disk(report: &mut Report<impl Write>) -> Result<()> {
    let place = if Path::new("runs").exists() { "runs" } else { "." };
    let free = output("df", &["--output=avail", "-B1", place]);
    match free.and_then(|text| text.lines().nth(1)?.trim().parse::<u64>().ok()) {
        Some(bytes) if bytes < 1 << 30 => {
            report.line(Mark::Absent, "disk", &format!("{} MiB free at {place}", bytes >> 20))?;
            report.mend(
                "free some: a run keeps a checkpoint at every density, some hundred MiB at laptop scale",
            )
        }
        Some(bytes) => report.line(Mark::Good, "disk", &format!("{} GiB free at {place}", bytes >> 30)),
        None => report.line(Mark::Absent, "disk", "df does not tell how much is free"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_follow_from_the_flags() {
        let avx512 = "fma avx2 avx512f avx512dq avx512bw avx512vl";
        for (flags, expected) in [(avx512, "AVX-512"), ("avx2 fma", "AVX2"), ("avx2 avx512f", "the baseline")]
        {
            assert!(capability(flags).starts_with(expected), "{flags}: {}", capability(flags));
        }
    }
}
