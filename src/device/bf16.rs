//! Whether the processor has instructions for products in bfloat16, without which they are slower than in fp32.

use std::fs;

use anyhow::{Result, bail};
use tch::Device;

use crate::config::Precision;

/// The instructions, as Linux names them in /proc/cpuinfo: of x86-64 two sorts, of ARM one.
const INSTRUCTIONS: [&str; 3] = ["amx_bf16", "avx512_bf16", "bf16"];

/// What oneDNN, which takes the products, is told to leave unused; the older name still works.
const LIMITS: [&str; 2] = ["ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"];

/// The instructions that products in bf16 are taken with on this processor; an error says what was found in their place.
///
/// # Errors
/// When there are none, or the environment keeps oneDNN from them.
pub fn bf16() -> Result<&'static str, String> {
    let limit = LIMITS.iter().find_map(|name| Some((*name, std::env::var(name).ok()?)));
    of(&fs::read_to_string("/proc/cpuinfo").unwrap_or_default(), limit)
}

/// As [`bf16`], by the text of /proc/cpuinfo and what limits oneDNN.
fn of(info: &str, limit: Option<(&str, String)>) -> Result<&'static str, String> {
    if let Some((name, value)) = limit
        && !["BF16", "FP16", "AMX", "AVX10", "DEFAULT"].iter().any(|part| value.to_uppercase().contains(part))
    {
        return Err(format!("the environment variable {name} is {value}, which leaves them unused"));
    }
    let field = |keys: &[&str]| {
        let mut fields = info.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(key, _)| keys.contains(&key.trim())).map(|(_, value)| value.trim())
    };
    let flags = field(&["flags", "Features"]).unwrap_or_default();
    let has = |name: &str| flags.split_whitespace().any(|flag| flag == name);
    INSTRUCTIONS.into_iter().find(|name| has(name)).ok_or_else(|| {
        let model = field(&["model name"]).unwrap_or("a processor without a name");
        let widest = ["avx512f", "avx2"].into_iter().find(|name| has(name));
        match widest {
            Some(widest) => format!("found {model} with {widest} at most"),
            None => format!("found {model} with neither avx512f nor avx2"),
        }
    })
}

/// Refuses `precision` on a device that has no instructions for it. Of a GPU this is not asked: CUDA takes products in
/// bf16 on every one, though slowly on those before Ampere.
///
/// # Errors
/// When the device is the CPU and it has none.
pub fn admit(precision: Precision, device: Device) -> Result<()> {
    if precision == Precision::Fp32 || device != Device::Cpu {
        return Ok(());
    }
    if let Err(found) = bf16() {
        bail!(
            "train.precision is bf16, and this processor has no instructions for it: {found}; expected one of {}. \
             For a new run set train.precision to fp32 (`--set train.precision=fp32`); a run that was trained in bf16 \
             needs a processor that has them, or `--device cuda`",
            INSTRUCTIONS.join(", ")
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_decide() {
        let x86 = |flags: &str| format!("processor : 0\nmodel name\t: Some Core\nflags\t\t: fpu {flags}\n");
        assert_eq!(of(&x86("avx512f avx512_bf16"), None), Ok("avx512_bf16"));
        assert_eq!(of(&x86("avx512_bf16 amx_tile amx_bf16"), None), Ok("amx_bf16"));
        assert_eq!(of("processor : 0\nFeatures\t: fp asimd bf16\n", None), Ok("bf16"));
        assert_eq!(of(&x86("avx2 avx512f"), None), Err("found Some Core with avx512f at most".into()));
        assert_eq!(of(&x86("avx2"), None), Err("found Some Core with avx2 at most".into()));
        assert!(of("", None).is_err(), "nothing is known");
    }

    #[test]
    fn a_limit_of_onednn_counts() {
        let info = "flags : avx512_bf16";
        let under = |value: &str| of(info, Some((LIMITS[0], value.to_owned())));
        assert!(under("AVX2").unwrap_err().contains("ONEDNN_MAX_CPU_ISA is AVX2"));
        assert_eq!(under("avx512_core_bf16"), Ok("avx512_bf16"));
        assert_eq!(under("DEFAULT"), Ok("avx512_bf16"));
    }

    #[test]
    fn fp32_is_never_refused() {
        admit(Precision::Fp32, Device::Cpu).unwrap();
        admit(Precision::Bf16, Device::Cuda(0)).unwrap();
        assert_eq!(admit(Precision::Bf16, Device::Cpu).is_ok(), bf16().is_ok());
    }
}
