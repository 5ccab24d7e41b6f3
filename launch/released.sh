#!/usr/bin/env bash
# Trains on the weights in the package, by the whole of configs/released.py.
#
#   launch/released.sh [OPTIONS] PHOTOS OUT DENSE_STEPS ANY_STEPS [-- TRAINING ARGUMENTS]
#
# First the dense model, from pretrained-dense; then one model for every budget, from pretrained with
# what dense has learned added, on the colors of dense. Both end as means with the package's weights.
# PHOTOS is a folder of photos, or of shards that `python -m acolvit_jax.prepare` packed. OUT gets
# dense.safetensors and any.safetensors (float16), their runs, scores of random hints and clicks
# beside those of the package, and a log of every stage. The same command goes on where it was
# stopped; with more steps it trains on.
#
# Options:
#   --batch N         images a step (256)
#   --side N          photos stay on the accelerator, short sides of N pixels at most; 0 has the CPUs
#                     prepare every image (224)
#   --before PERCENT  of the package's weights in the means (30); 0 takes none
#   --validation DIR  held-out photos to score (the 7 held-out photos of the package)
#   --images N        photos that are scored at most (100); 0 is all
#   --clicks N        on each photo that is scored (15)
#   --dry_run         print every command instead of running it
#
# Two cores take, for one: --batch 16 --side 0, and -- --config.optimizer.learning_rate=2e-4.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=launch/common.sh
source "$here/common.sh"

batch=256 side=224 before=30 validation=sample images=100 clicks=15
read_options "batch side before validation images clicks" "$@"
((${#places[@]} == 4)) || fail "wanted PHOTOS OUT DENSE_STEPS ANY_STEPS; see $0 --help"
photos=${places[0]} out=${places[1]} dense_steps=${places[2]} any_steps=${places[3]}
whole DENSE_STEPS "$dense_steps" 1
whole ANY_STEPS "$any_steps" 1
whole --batch "$batch" 1
whole --before "$before" 0 99
for name in side images clicks; do whole "--$name" "${!name}" 0; done
for word in "${training[@]}"; do
  case "$word" in
  -*config.train.batch_size* | -*config.data.device_side*) fail "$word: use --batch and --side" ;;
  --config | -config | --config=* | -config=* | -*config.train.init_from* | \
    -*config.train.teacher* | -*config.train.steps* | -*config.train.regret_weight*)
    fail "$word: this is the recipe's; use python -m acolvit_jax.train for another"
    ;;
  -*workdir* | -*config.data.path* | -*config.data.dataset*) fail "$word: PHOTOS and OUT say it" ;;
  esac
done
settle_places
cd "$here/.."
look_at_validation

# Trains a stage of the recipe: `train NAME STEPS ARGUMENTS`.
train() {
  local name=$1 steps=$2 code=0
  shift 2
  stage "$name" python -m acolvit_jax.train --config "configs/released.py:$name" \
    --config.data.path="$photos" --config.data.dataset="$dataset" \
    --config.data.device_side="$side" --config.train.batch_size="$batch" \
    --config.train.steps="$steps" "$@" "${training[@]}" --workdir "$out/$name-run" || code=$?
  ((code == 0)) || fail "$name ended with code $code; see $out/$name.log, and run this again"
}

# The weights of a stage, and their scores beside the package's: `finish NAME PACKAGED`.
finish() {
  local name=$1 packaged=$2 mean=() steps=${1}_steps budgets=()
  ((before == 0)) || mean=(--average "$packaged=$(printf '0.%02d' "$before")")
  [[ $name != any ]] || budgets=(--budgets 0.5)
  stage "$name-weights" python -m acolvit_jax.convert "$out/$name-run" "$out/$name.safetensors" \
    --to weights "${mean[@]}" --overwrite || fail "no weights; see $out/$name-weights.log"
  stage "$name-scores" python -m acolvit_jax.evaluate \
    --checkpoint "$packaged" "$name=$out/$name.safetensors" "${budgets[@]}" --images "$validation" \
    --max_images "$images" --hints 1,5,10,50 --clicks "$clicks" \
    --output "$out/$name-scores-${!steps}-$before" || failed+=("$name-scores")
}

failed=()
train dense "$dense_steps"
finish dense pretrained-dense
# Made anew as long as it may: a run that has begun does not read it again.
stage any-start python -m acolvit_jax.convert pretrained "$out/any-start.safetensors" \
  --to weights --learned pretrained-dense "$out/dense.safetensors" --overwrite ||
  fail "nothing for any budget to begin with; see $out/any-start.log"
train any "$any_steps" --config.train.init_from="$out/any-start.safetensors" \
  --config.train.teacher="$out/dense.safetensors"
finish any pretrained
((!${#failed[@]})) || fail "failed: ${failed[*]}; the weights are in $out nevertheless"
((DRY_RUN)) || say "dense.safetensors, any.safetensors, scores and logs are in $out"
