#!/usr/bin/env bash
# Checks on one machine that the script of `sparling sweep --slurm` works under a real Slurm.
#
#     make build && sudo scripts/check-slurm.sh
#
# Installs Debian's slurm-wlm and munge where they are missing, starts munged, slurmctld and slurmd
# with keys, ports and folders of their own under a temporary folder (a Slurm that is there is not
# touched), and checks that
#   1. an array of four runs (smoke scale, cut short) ends, and each run is trained and measured;
#   2. the sweep then finds nothing missing, and the same script submitted again ends at once;
#   3. SIGTERM, which the script asks for before the time limit, makes a run save.
# Everything it started is stopped at the end. Takes some minutes. KEEP=1 keeps the folder.
#
# Checked on Debian 12 with slurm-wlm 22.05.8, as root in a container without systemd, two cores: all
# three checks passed. Not checked: several nodes, GPUs (--gres), and the time limit itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

sparling=target/release/sparling
fail() { echo "check-slurm: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "found user $(id -un), expected root (Slurm's daemons start jobs for others); use sudo"
[ -x "$sparling" ] || fail "there is no $sparling; run make build first"

missing=()
for program in munged slurmctld slurmd sbatch srun; do
    command -v "$program" > /dev/null || PATH=$PATH:/usr/sbin command -v "$program" > /dev/null || missing+=("$program")
done
if [ ${#missing[@]} -gt 0 ]; then
    echo "installing slurm-wlm and munge for: ${missing[*]}"
    apt-get install -y --no-install-recommends slurm-wlm munge > /dev/null \
        || fail "apt-get cannot install slurm-wlm and munge; apt-get update may help"
fi
export PATH=$PATH:/usr/sbin

work=$(mktemp -d)
pids=()
stop() {
    for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
    wait 2> /dev/null || true
    if [ -n "${KEEP:-}" ]; then echo "kept $work"; else rm -rf "$work"; fi
}
trap stop EXIT
chmod 755 "$work"
mkdir -p "$work"/{munge,state,spool}

head -c 1024 /dev/urandom > "$work/munge/key"
chmod 400 "$work/munge/key"
munged --foreground --force --key-file="$work/munge/key" --socket="$work/munge/socket" \
    --pid-file="$work/munge/pid" --log-file="$work/munge/log" --seed-file="$work/munge/seed" \
    > "$work/munge/out" 2>&1 &
pids+=($!)

host=$(hostname -s)
cpus=$(nproc)
cat > "$work/slurm.conf" <<CONF
ClusterName=check
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=26817
SlurmdPort=26818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
# Nothing that needs cgroups or a database: this is one machine for a minute.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cpus State=UNKNOWN
PartitionName=check Nodes=ALL Default=YES MaxTime=60 State=UP
CONF
# Without systemd to ask for a scope, as in a container.
printf 'CgroupPlugin=autodetect\nIgnoreSystemd=yes\n' > "$work/cgroup.conf"
export SLURM_CONF=$work/slurm.conf

slurmctld -D > "$work/slurmctld.out" 2>&1 &
pids+=($!)
slurmd -D -N "$host" > "$work/slurmd.out" 2>&1 &
pids+=($!)
for _ in $(seq 60); do
    sinfo --noheader --format=%T 2> /dev/null | grep -q idle && break
    sleep 1
done
sinfo --noheader --format=%T 2> /dev/null | grep -q idle || {
    tail -n 20 "$work"/slurmctld.{log,out} "$work"/slurmd.{log,out} >&2
    fail "the node did not become idle within a minute; its logs are above"
}
echo "$(sinfo --version) is up"

# Cut short: whether Slurm runs it is asked, not whether it learns.
settings=(--scale smoke --device cpu --set train.max-samples=1024 --set evaluation.samples=50 --set annealing.validation-samples=50)
sweep() { # EXPERIMENTS… and options, into folders of this check
    "$sparling" --threads 1 sweep "$@" --runs "$work/runs" --results "$work/results"
}
experiments=(experiments/digit-circle/sparling.toml experiments/digit-circle/l1-1.toml)
all=("${experiments[@]}" --seeds 1..2 "${settings[@]}" --evaluate)

echo "1. an array of four runs"
sweep "${all[@]}" --slurm "$work/sweep.sh"
sbatch --wait "$work/sweep.sh" || {
    tail -n 20 "$work"/runs/slurm-*.log >&2
    fail "the array ended with an error; the logs of its tasks are above"
}
measured=$(grep -c ',e2ee,' "$work/results/smoke/rows.csv")
[ "$measured" = 4 ] || fail "found $measured measured runs in rows.csv, expected 4"

echo "2. nothing is missing, and the same script ends at once"
sweep "${all[@]}" --print 2>&1 | tee "$work/print" | grep -q '4 there already' || fail "$(cat "$work/print")"
sbatch --wait "$work/sweep.sh" || fail "the same script ended with an error when submitted again"

echo "3. SIGTERM makes a run save"
sweep "${experiments[0]}" --seeds 3 --scale smoke --device cpu --set train.checkpoint-samples=512 --slurm "$work/long.sh"
job=$(sbatch --parsable "$work/long.sh")
run=$work/runs/digit-circle/sparling/smoke/seed-3
for _ in $(seq 120); do
    compgen -G "$run/checkpoints/samples-*.json" > /dev/null && break
    sleep 1
done
scancel --signal=TERM "$job"
log=$work/runs/slurm-$job-1.log
for _ in $(seq 60); do
    squeue --noheader --job "$job" 2> /dev/null | grep -q . || break
    sleep 1
done
grep -q 'everything is saved' "$log" || { cat "$log" >&2; fail "the run did not save; its log is above"; }
echo "all three checks passed with $(sinfo --version)"
