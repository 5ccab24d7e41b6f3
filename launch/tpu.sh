#!/usr/bin/env bash
# Trains on a Cloud TPU VM or pod slice, through a queued resource.
#
#   launch/tpu.sh COMMAND --name NAME --zone ZONE [OPTIONS] [-- TRAINING ARGUMENTS]
#
# Commands, each safe to run twice:
#   create    asks for the TPU and waits until it is there
#   install   copies the committed files to all workers and installs them, with a Python by uv:
#             that of the images is 3.10, which JAX no longer supports
#   run       starts training on all workers, if it does not run
#   logs      follows the log of worker 0
#   status    state of the TPU, and the exit code of training once it has ended on all workers
#   watch     create, install, run; and again after every preemption until training has ended
#   delete    gives the TPU back
#
# Options:
#   --name NAME        of the queued resource and its node
#   --zone ZONE        one that has the type: us-west4-a (v5litepod), us-east5-a (v5p, v6e),
#                      us-central2-b (v4)
#   --project PROJECT  default: gcloud's own
#   --type TYPE        accelerator type (v5litepod-8)
#   --version VERSION  runtime version (that of the type: v2-alpha-tpuv5-lite for v5litepod)
#   --spot             cheaper, and preempted at any time
#   --poll SECONDS     between looks at the TPU (30)
#   --dry_run          print every command instead of running it
#
# Training arguments are those of acolvit_jax.train. The work folder and the data should be in a
# bucket, which outlives the TPU and which all workers see: --workdir gs://BUCKET/run and
# --config.data.path=gs://BUCKET/photos. The TPU's service account must be allowed to read and write
# there (roles/storage.objectAdmin of the bucket); keep the bucket in the TPU's region.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=launch/common.sh
source "$here/common.sh"

PYTHON=3.12 # of the workers
name="" zone="" project="" type=v5litepod-8 version="" spot="" poll=30
read_options "name zone project type version spot! poll" "${@:---help}"
((${#places[@]} == 1)) || fail "wanted one COMMAND, got '${places[*]}'; see $0 --help"
command=${places[0]}
[[ -n $name ]] || fail "--name is missing"
[[ -n $zone ]] || fail "--zone is missing"
[[ $poll =~ ^[0-9]+(\.[0-9]+)?$ ]] || fail "--poll is '$poll', not a number of seconds"
if [[ -z $version ]]; then
  case "$type" in
  v4-*) version=tpu-ubuntu2204-base ;;
  v5litepod-*) version=v2-alpha-tpuv5-lite ;;
  v5p-*) version=v2-alpha-tpuv5 ;;
  v6e-*) version=v2-alpha-tpuv6e ;;
  *) fail "--type $type: its runtime version is not known here; give --version" ;;
  esac
fi
if [[ $type == v4-* && $zone != us-central2-b || $type != v4-* && $zone == us-central2-b ]]; then
  fail "--type $type is not in zone $zone: us-central2-b has v4, and no other zone has it"
fi
where=(--zone "$zone")
[[ -z $project ]] || where+=(--project "$project")

queued() { run gcloud compute tpus queued-resources "$@" "${where[@]}"; }
on_workers() { # WORKER COMMAND
  run gcloud compute tpus tpu-vm ssh "$name" "${where[@]}" "--worker=$1" "--command=$2"
}

# ACTIVE, PROVISIONING, SUSPENDED, FAILED, ...; ABSENT if there is none; UNKNOWN if gcloud fails.
state() {
  local answer errors
  errors=$(mktemp)
  if answer=$(gcloud compute tpus queued-resources describe "$name" "${where[@]}" \
    "--format=value(state.state)" 2>"$errors"); then
    echo "$answer"
  elif grep -q NOT_FOUND "$errors"; then
    echo ABSENT
  else
    cat "$errors" >&2
    echo UNKNOWN
  fi
  rm -f "$errors"
}

# The state, asked for again where gcloud fails.
known_state() {
  local now
  for _ in 1 2 3; do
    now=$(state)
    [[ $now != UNKNOWN ]] && echo "$now" && return
    sleep "$poll"
  done
  fail "gcloud does not say in what state $name is; nothing was changed"
}

create() {
  local now=ABSENT
  ((DRY_RUN)) || now=$(known_state)
  if [[ $now == ABSENT ]]; then
    queued create "$name" --node-id "$name" --accelerator-type "$type" \
      --runtime-version "$version" ${spot:+--spot}
  else
    say "$name exists"
  fi
  ((DRY_RUN)) || wait_until_active
}

wait_until_active() {
  local now
  while now=$(state) && [[ $now != ACTIVE ]]; do
    case "$now" in
    FAILED | SUSPENDED | ABSENT) fail "$name is $now; launch/tpu.sh delete, then create again" ;;
    esac
    say "$name is $now"
    sleep "$poll"
  done
}

install() {
  local archive=/tmp/acolvit_jax.tar.gz
  run git -C "$here/.." archive --format=tar.gz -o "$archive" HEAD
  run gcloud compute tpus tpu-vm scp "$archive" "$name:$archive" "${where[@]}" --worker=all
  on_workers all "set -e; mkdir -p acolvit_jax; tar -xzf $archive -C acolvit_jax; \
export PATH=\"\$HOME/.local/bin:\$PATH\"; \
command -v uv >/dev/null || curl -LsSf https://astral.sh/uv/install.sh | sh; \
uv venv -q --allow-existing --python $PYTHON acolvit_jax/.venv; \
uv pip install -q --python acolvit_jax/.venv/bin/python './acolvit_jax[tpu]'"
}

start() {
  ((${#training[@]})) || fail "no training arguments; add -- --config configs/tiny.py:0.5,imagenet"
  local inner
  [[ " ${training[*]}" =~ \ --workdir[=\ ]gs:// ]] ||
    say "note: without --workdir gs://BUCKET/run the run is lost with the TPU, if it starts at all"
  inner=".venv/bin/python -m acolvit_jax.train --distributed $(printf '%q ' "${training[@]}")"
  inner+=">> train.log 2>&1; echo \$? > train.exit"
  on_workers all "cd acolvit_jax && if [ -f train.pid ] && kill -0 \$(cat train.pid) 2>/dev/null; \
then echo 'training runs already'; else rm -f train.exit; nohup bash -c $(printf '%q' "$inner") \
>/dev/null 2>&1 & echo \$! > train.pid; fi"
}

# The exit code of training once it has ended on all workers: a real error before one that asks for
# another start, and that before 0.
exit_code() {
  local codes code worst="" look="cat acolvit_jax/train.exit 2>/dev/null || echo none"
  ((DRY_RUN)) && on_workers all "$look" && return
  codes=$(on_workers all "$look" 2>/dev/null) || return 0
  for code in $codes; do
    [[ $code == none || $code == 0 ]] || again "$code" || { echo "$code" && return; }
  done
  [[ $codes == *none* ]] && return
  for code in $codes; do
    [[ -z $worst || $worst == 0 ]] && worst=$code
  done
  echo "$worst"
}

watch() {
  create
  install
  start
  ((DRY_RUN)) && return
  local now code
  while true; do
    sleep "$poll"
    now=$(state)
    [[ $now == UNKNOWN ]] && continue
    if [[ $now != ACTIVE ]]; then
      say "$name is $now; asking for it again"
      give_back
      create
      install
      start
      continue
    fi
    code=$(exit_code)
    case "$code" in
    "") ;;
    0) say "training has ended" && return ;;
    *)
      again "$code" || fail "training failed with exit code $code; see launch/tpu.sh logs"
      say "training stopped with $code; starting it again" && start
      ;;
    esac
  done
}

give_back() {
  local now=""
  ((DRY_RUN)) || now=$(known_state)
  if [[ $now != ABSENT ]]; then
    queued delete "$name" --quiet --force
  else
    say "$name is gone already"
  fi
}

case "$command" in
create) create ;;
install) install ;;
run) start ;;
logs) on_workers 0 "tail -n 100 -F acolvit_jax/train.log" ;;
status)
  ((DRY_RUN)) || state
  exit_code
  ;;
watch) watch ;;
delete) give_back ;;
*) fail "unknown command $command; see $0 --help" ;;
esac
