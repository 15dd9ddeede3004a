#!/usr/bin/env bash
# Makes this checkout ready for cargo: Debian packages, a Python environment in
# .venv with libtorch and TensorBoard, and the link .libtorch that
# .cargo/config.toml points cargo to. Running it again is cheap and changes
# nothing; what was interrupted is finished.
#
#   scripts/setup.sh                 make everything ready
#   scripts/setup.sh --cuda          also the CUDA libraries that libtorch_cuda needs (about 3 GB)
#   scripts/setup.sh --python        the second environment, for the PyTorch benches (4.7 GB)
#   scripts/setup.sh --audio         the Debian package espeak-ng, which speaks the corpus of make audio-corpus
#   scripts/setup.sh --browser       Debian's chromium and axe-core, which look at the HTML report in make check
#   scripts/setup.sh --verify FILE   does the built program FILE find its libraries by itself?
#
# A LIBTORCH (or LIBTORCH_USE_PYTORCH=1) of your own wins: then no torch is installed here.
set -euo pipefail

# tch 0.24.0 accepts exactly this libtorch; Cargo.toml pins tch, this file pins torch.
TORCH=2.11.0
CUDA_RUNTIME=13.0.96
CUDA_CUPTI=13.0.85
TENSORBOARD=2.20.0
# TensorBoard 2.20 imports pkg_resources, which newer setuptools no longer carry.
SETUPTOOLS='setuptools<81'
SPARLING_PYPI=0.3.0
SAFETENSORS=0.8.0
# Carries axe-core, one file of JavaScript; nothing else of it is used.
AXE_PYPI=axe-playwright-python==0.1.8

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv
stamp=$venv/.sparling-setup

say() { printf 'setup: %s\n' "$*"; }
die() {
    printf 'setup: error: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '       %s\n' "$line" >&2; done
    exit 1
}

# --- which libtorch ----------------------------------------------------------

if [ -n "${LIBTORCH_USE_PYTORCH:-}" ]; then
    source_of_torch=python
elif [ -n "${LIBTORCH:-}" ]; then
    source_of_torch=own
else
    source_of_torch=venv
fi
key="torch=$TORCH runtime=$CUDA_RUNTIME cupti=$CUDA_CUPTI tensorboard=$TENSORBOARD safetensors=$SAFETENSORS source=$source_of_torch"

# The version a libtorch folder says it is: `build-version` in the zip archives, version.py in the wheels.
version_of() {
    if [ -f "$1/build-version" ]; then
        cat "$1/build-version"
    elif [ -f "$1/version.py" ]; then
        sed -n "s/^__version__ = '\(.*\)'/\1/p" "$1/version.py"
    else
        echo unknown
    fi
}

check_own_torch() {
    if [ "$source_of_torch" = python ]; then
        local found
        found=$(python3 -c 'import torch; print(torch.__version__)' 2>/dev/null) ||
            die "LIBTORCH_USE_PYTORCH is set, but python3 ($(command -v python3)) cannot import torch" \
                "expected: a Python environment with torch==$TORCH" \
                "activate it, or unset LIBTORCH_USE_PYTORCH to let this script install libtorch"
        found=${found%%+*}
        [ "$found" = "$TORCH" ] || [ -n "${LIBTORCH_BYPASS_VERSION_CHECK:-}" ] ||
            die "LIBTORCH_USE_PYTORCH is set, and python3 has torch $found" \
                "expected: torch $TORCH, the one version that tch 0.24.0 accepts"
        return
    fi
    local found
    [ -e "$LIBTORCH/lib/libtorch_cpu.so" ] ||
        die "LIBTORCH=$LIBTORCH holds no lib/libtorch_cpu.so" \
            "expected: an unpacked libtorch $TORCH, or the torch folder of a Python environment" \
            "correct it, or unset LIBTORCH to let this script install libtorch"
    found=$(version_of "$LIBTORCH")
    case "${found%%+*}" in
    "$TORCH" | unknown) ;;
    *) [ -n "${LIBTORCH_BYPASS_VERSION_CHECK:-}" ] ||
        die "LIBTORCH=$LIBTORCH is version $found" \
            "expected: $TORCH, the one version that tch 0.24.0 accepts" \
            "install that, or unset LIBTORCH to let this script do it" ;;
    esac
}

# --- what the machine must have ----------------------------------------------

check_cargo() {
    local wanted found
    wanted=$(sed -n 's/^channel = "\(.*\)"/\1/p' "$root/rust-toolchain.toml")
    PATH=$PATH:$HOME/.cargo/bin
    command -v cargo >/dev/null ||
        die "cargo was not found" \
            "expected: Rust $wanted (rust-toolchain.toml), which rustup fetches by itself" \
            "install rustup as https://rustup.rs says, then run this again"
    # With rustup the pinned toolchain is fetched at the first build; without it the version must do.
    command -v rustup >/dev/null && return
    found=$(cargo --version | cut -d' ' -f2)
    [ "$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n1)" = "$wanted" ] ||
        die "cargo $found is too old (and rustup, which would fetch the right one, is not installed)" \
            "expected: Rust $wanted or newer (rust-toolchain.toml)" \
            "install rustup as https://rustup.rs says, then run this again"
}

install_debian_packages() {
    local missing=()
    command -v c++ >/dev/null || missing+=(build-essential)
    if ! command -v python3 >/dev/null; then
        missing+=(python3 python3-venv)
    elif ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
        missing+=(python3-venv)
    fi
    [ ${#missing[@]} -eq 0 ] && return
    apt_install "a C++ compiler, python3 or its venv module" "${missing[@]}"
}

# Installs Debian packages; the first argument says what is missing where there is no apt-get.
apt_install() {
    local what=$1 as_root=()
    shift
    command -v apt-get >/dev/null ||
        die "missing: $what (Debian names: $*)" \
            "install them with this system's package manager, then run this again"
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null ||
            die "Debian packages are missing: $*" \
                "run:  sudo apt-get update && sudo apt-get install -y $*" \
                "then run this again"
        as_root=(sudo -n)
    fi
    say "installing Debian packages: $*"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@"
}

check_machine() {
    [ "$(uname -s)" = Linux ] ||
        die "this is $(uname -s); the set-up and the program are made for Linux" \
            "install libtorch $TORCH yourself and set LIBTORCH to try another system"
    install_debian_packages
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        die "python3 is $(python3 -V 2>&1)" "expected: Python 3.10 or newer, which torch $TORCH needs"
    check_cargo
}

# --- the Python environments -------------------------------------------------

make_venv() {
    # An environment whose interpreter is gone (an upgraded or moved Python) is made anew.
    if [ -e "$1" ] && ! "$1/bin/python" -m pip --version >/dev/null 2>&1; then
        say "$(basename "$1") is broken (its Python does not start): making it anew"
        rm -rf "$1"
    fi
    [ -e "$1" ] || {
        say "making $(basename "$1") with $(python3 -V)"
        python3 -m venv "$1"
    }
}

pip_in() {
    local env=$1
    shift
    # Half a gigabyte should not come in silence, nor as a thousand lines in a log.
    local manner=(--quiet --progress-bar off)
    [ -t 1 ] && manner=()
    "$env/bin/python" -m pip --disable-pip-version-check install "${manner[@]}" "$@" ||
        die "pip could not install: $*" \
            "is there a network, and $(df -h --output=avail "$root" | tail -n1 | tr -d ' ') of free disk enough? then run this again"
}

torch_dir() {
    "$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib") + "/torch")'
}

install_torch() {
    # The wheel is a CUDA build, but a CPU program needs of it only libtorch_cpu, libc10 and libgomp,
    # and of the twenty CUDA packages it would pull in only the two named here: 1.3 GB, not 4.5.
    say "installing torch==$TORCH into .venv (about 530 MB to fetch; pip's cache serves other checkouts)"
    pip_in "$venv" --no-deps "torch==$TORCH" "nvidia-cuda-runtime==$CUDA_RUNTIME" "nvidia-cuda-cupti==$CUDA_CUPTI"
    local dir
    dir=$(torch_dir)
    ln -sfn "${dir#"$root/"}" "$root/.libtorch"
    say "linked .libtorch -> ${dir#"$root/"} ($(version_of "$dir"))"
    libraries_found "$dir/lib/libtorch_cpu.so" ||
        die "libtorch_cpu.so does not find: $(missing_libraries "$dir/lib/libtorch_cpu.so")" \
            "remove .venv and run this again; if that does not help, install a libtorch yourself and set LIBTORCH"
}

# glibc prints `name => not found` for each library it cannot find.
missing_libraries() { ldd "$1" 2>&1 | awk '/not found/ { print $1 }' | sort -u | paste -sd' '; }
libraries_found() { [ -z "$(missing_libraries "$1")" ]; }

in_order() {
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$key" ] &&
        { [ "$source_of_torch" != venv ] || [ -e "$root/.libtorch/lib/libtorch_cpu.so" ]; }
}

setup() {
    [ "$source_of_torch" = venv ] || check_own_torch
    in_order && return
    check_machine
    # One set-up at a time in one checkout; the second then finds everything done.
    if command -v flock >/dev/null; then
        exec 9<"$root"
        flock 9
        in_order && return
    fi
    make_venv "$venv"
    case $source_of_torch in
    venv) install_torch ;;
    own) say "using your LIBTORCH=$LIBTORCH ($(version_of "$LIBTORCH")); no torch is installed" ;;
    python) say "using the torch of $(command -v python3) (LIBTORCH_USE_PYTORCH is set); no torch is installed" ;;
    esac
    say "installing tensorboard==$TENSORBOARD and safetensors==$SAFETENSORS into .venv (to look at logs and runs in Python)"
    # torch stands here without most of what it names, on purpose; pip need not complain of that.
    pip_in "$venv" --no-warn-conflicts "tensorboard==$TENSORBOARD" "safetensors==$SAFETENSORS" "$SETUPTOOLS"
    printf '%s\n' "$key" >"$stamp"
    say "done ($(du -sh "$venv" | cut -f1) in .venv); next: make demo, make test, or make help"
}

setup_cuda() {
    setup
    [ "$source_of_torch" = venv ] ||
        die "libtorch is your own here, so its CUDA libraries are yours to install" \
            "use a CUDA build of libtorch $TORCH; sparling doctor says whether it loads"
    say "installing the CUDA libraries that torch==$TORCH names (about 3 GB)"
    pip_in "$venv" "torch==$TORCH"
    libraries_found "$root/.libtorch/lib/libtorch_cuda.so" ||
        say "libtorch_cuda.so still does not find: $(missing_libraries "$root/.libtorch/lib/libtorch_cuda.so")"
    say "done; sparling doctor says whether CUDA works"
}

setup_audio() {
    command -v espeak-ng >/dev/null && return
    apt_install "espeak-ng, which speaks the audio corpus" espeak-ng
}

setup_browser() {
    local folder=$root/.browser
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
        apt_install "chromium, which looks at the HTML report" chromium
    [ -f "$folder/.sparling-setup" ] && [ "$(cat "$folder/.sparling-setup")" = "$AXE_PYPI" ] && return
    setup
    say "installing axe-core into .browser ($AXE_PYPI)"
    rm -rf "$folder"
    pip_in "$venv" --no-deps --target "$folder" "$AXE_PYPI"
    printf '%s\n' "$AXE_PYPI" >"$folder/.sparling-setup"
}

setup_python() {
    local env=$root/.venv-python wanted="torch=$TORCH sparling=$SPARLING_PYPI"
    [ -f "$env/.sparling-setup" ] && [ "$(cat "$env/.sparling-setup")" = "$wanted" ] && return
    check_machine
    say "making .venv-python with the whole PyTorch $TORCH and sparling $SPARLING_PYPI: 4.7 GB of disk"
    say "$(df -h --output=avail "$root" | tail -n1 | tr -d ' ') are free here; remove .venv-python when you no longer need it"
    make_venv "$env"
    pip_in "$env" "torch==$TORCH" numpy "sparling==$SPARLING_PYPI"
    printf '%s\n' "$wanted" >"$env/.sparling-setup"
}

verify() {
    local missing
    [ -x "$1" ] || die "$1 was not built" "run: make build"
    missing=$(env -u LD_LIBRARY_PATH bash -c "$(declare -f missing_libraries); missing_libraries \"\$1\"" _ "$1")
    [ -z "$missing" ] && return
    die "$1 does not find: $missing" \
        "it was linked for $(readelf -d "$1" 2>/dev/null | sed -n 's/.*R.*PATH.*\[\(.*\)\]/\1/p' | paste -sd' ')" \
        "that folder is gone, or the checkout was moved: run make build again"
}

case ${1:-} in
'') setup ;;
--cuda) setup_cuda ;;
--python) setup_python ;;
--audio) setup_audio ;;
--browser) setup_browser ;;
--verify) verify "${2:?--verify needs a file}" ;;
*) die "unknown argument $1" "expected: nothing, --cuda, --python, --audio, --browser or --verify FILE" ;;
esac
