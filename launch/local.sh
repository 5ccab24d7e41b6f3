#!/usr/bin/env bash
# Trains with several processes on one machine, and starts them again when they were preempted.
#
#   launch/local.sh [OPTIONS] -- TRAINING ARGUMENTS
#
# Options:
#   --processes N   (one a GPU; 2 where there is none)
#   --port PORT     of the coordinator (12345)
#   --restarts N    at most (10)
#   --dry_run       print every command instead of running it
#
# Where there are GPUs, each process has its own: those of CUDA_VISIBLE_DEVICES, or all in order.
#
# Ctrl-C or SIGTERM reaches all processes: they save and exit.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=launch/common.sh
source "$here/common.sh"

processes="" port=12345 restarts=10
read_options "processes port restarts" "$@"
only_options configs/tiny.py:0.5

# The GPUs to share out, none where there are none.
gpus=()
if [[ -n ${CUDA_VISIBLE_DEVICES:-} ]]; then
  IFS=, read -r -a gpus <<<"$CUDA_VISIBLE_DEVICES"
elif [[ -z ${CUDA_VISIBLE_DEVICES+set} ]] && command -v nvidia-smi >/dev/null; then
  mapfile -t gpus < <(nvidia-smi --query-gpu=index --format=csv,noheader 2>/dev/null || true)
fi
count=${#gpus[@]}
[[ -n $processes ]] || processes=$((count ? count : 2))
whole --processes "$processes" 1
whole --port "$port" 1 65535
whole --restarts "$restarts" 0
((!count || processes <= count)) || fail "--processes $processes: there are only $count GPUs"

# The command of process number $1, in the array `command`.
command_of() {
  command=(python -m acolvit_jax.train "${training[@]}" --coordinator "127.0.0.1:$port"
    --num_processes "$processes" --process_id "$1")
  ((!count)) || command=(env "CUDA_VISIBLE_DEVICES=${gpus[$1]}" "${command[@]}")
}

stopping=0 ids=()
# shellcheck disable=SC2329 # the trap calls it
stop() {
  stopping=1
  ((${#ids[@]})) && kill -TERM "${ids[@]}" 2>/dev/null
  return 0
}
trap stop INT TERM

# Starts all processes and waits for them; returns the first exit code that is not 0, one that does
# not ask for another start before others.
all() {
  local i worst=0 code
  ids=()
  for ((i = 0; i < processes; i++)); do
    command_of "$i"
    "${command[@]}" &
    ids+=("$!")
  done
  for i in "${ids[@]}"; do
    code=0
    wait "$i" || code=$?
    # A signal ends the first wait early: wait for the process itself.
    if kill -0 "$i" 2>/dev/null; then code=0 && wait "$i" || code=$?; fi
    if ((!worst)) || { again "$worst" && ((code)) && ! again "$code"; }; then worst=$code; fi
  done
  return "$worst"
}

if ((DRY_RUN)); then
  for ((i = 0; i < processes; i++)); do
    command_of "$i"
    run "${command[@]}"
  done
  exit 0
fi
for ((try = 0; try <= restarts; try++)); do
  code=0
  all || code=$?
  again "$code" && ((!stopping && try < restarts)) || exit "$code"
  say "stopped with exit code $code; starting again ($((try + 1)) of $restarts)"
done
