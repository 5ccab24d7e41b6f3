#!/usr/bin/env bash
# Trains on GPUs under Slurm: one process a GPU, found by --distributed.
#
#   launch/slurm.sh [OPTIONS] -- TRAINING ARGUMENTS
#
# Options:
#   --nodes N          (1)
#   --gpus N           a node (8)
#   --cpus N           a GPU, for the input pipeline (12)
#   --time HH:MM:SS    limit of the job (24:00:00)
#   --partition NAME   default: the cluster's own
#   --restarts N       at most, after a lost process (10)
#   --dry_run          print the command instead of running it
#
# Slurm warns the job two minutes before its time is over: training saves and exits with code 75,
# and the job is put in the queue again, under the same number, until training has ended. So it is
# when a process was lost, while it was queued again less than N times: of several exit codes Slurm
# tells the highest alone, and an error that comes back each time has to end.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=launch/common.sh
source "$here/common.sh"

nodes=1 gpus=8 cpus=12 time=24:00:00
partition="" restarts=10
read_options "nodes gpus cpus time partition restarts" "$@"
only_options configs/tiny.py:0.5,imagenet
whole --nodes "$nodes" 1
whole --gpus "$gpus" 1
whole --cpus "$cpus" 1
whole --restarts "$restarts" 0

quoted=$(printf '%q ' "${training[@]}")
body="$(declare -f again)
srun --cpus-per-task=$cpus python -m acolvit_jax.train --distributed $quoted || code=\$?
if again \"\${code:-0}\" && { [ \"\$code\" = 75 ] || [ \"\${SLURM_RESTART_COUNT:-0}\" -lt $restarts ]; }; then
  scontrol requeue \"\$SLURM_JOB_ID\"
fi
exit \"\${code:-0}\""
run sbatch --job-name=acolvit_jax "--nodes=$nodes" "--ntasks-per-node=$gpus" \
  "--gpus-per-node=$gpus" "--cpus-per-task=$cpus" "--time=$time" ${partition:+"--partition=$partition"} --requeue \
  --signal=TERM@120 --open-mode=append --output=acolvit_jax-%j.log "--wrap=$body"
