#!/usr/bin/env bash
# Checks one GPU, times it, and trains on it for some minutes; needs no network.
#
#   launch/one_gpu.sh [OPTIONS] PHOTOS OUT MINUTES [-- TRAINING ARGUMENTS]
#
# PHOTOS is a folder of photos, or of shards that `python -m acolvit_jax.prepare` packed. OUT gets a
# log of every stage, the run, weights.safetensors (float16) and scores of random hints and clicks.
# The same OUT goes on training for as many minutes again. Whatever fails before training is told at
# the end.
#
# Options:
#   --validation DIR  held-out photos to score (the 7 held-out photos of the package)
#   --platform NAME   of JAX: cuda, or cpu to try the script (cuda)
#   --size NAME       of the model that is timed: tiny, small or base (tiny)
#   --batch N         images a step (256)
#   --side N          photos stay on the GPU, short sides of N pixels at most, N at least the model's
#                     image; 0 has the CPUs prepare every image, for more photos than fit (224)
#   --product N       side of the matrices whose product is called the peak (8192)
#   --rounds N        times that everything is timed (10)
#   --tests FILES     that must pass (models, step and checkpoints), between spaces
#   --clicks N        on each photo that is scored (15)
#   --images N        photos that are scored at most (100); 0 is all
#   --from MODEL      to train on from (pretrained-dense); '' begins from nothing
#   --trial N         steps that find out how many fit into the minutes (60)
#   --dry_run         print every command instead of running it

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=launch/common.sh
source "$here/common.sh"

validation=sample platform=cuda size=tiny batch=256 side=224 product=8192 rounds=10 clicks=15 images=100
from=pretrained-dense trial=60
tests="tests/models tests/training/test_step.py tests/checkpoint/test_steps.py"
read_options "validation platform size batch side product rounds tests clicks images from trial" "$@"
((${#places[@]} == 3)) || fail "wanted PHOTOS OUT MINUTES; see $0 --help"
photos=${places[0]} out=${places[1]} minutes=${places[2]}
whole MINUTES "$minutes" 1
for name in batch product rounds trial; do whole "--$name" "${!name}" 1; done
for name in side clicks images; do whole "--$name" "${!name}" 0; done
for word in "${training[@]}"; do
  case "$word" in
  -*config.train.batch_size[=]* | -*config.train.batch_size) fail "$word: use --batch, which counts the steps too" ;;
  -*config.train.init_from[=]* | -*config.train.init_from) fail "$word: use --from, which is scored too" ;;
  esac
done
settle_places
[[ ! -e $from ]] || from=$(realpath "$from")

export JAX_PLATFORMS=$platform
export JAX_COMPILATION_CACHE_DIR=${JAX_COMPILATION_CACHE_DIR:-$out/compiled}
export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0
failed=()

cd "$here/.."
common=(python -m acolvit_jax.train --config configs/released.py:dense --config.data.path="$photos"
  --config.data.dataset="$dataset" --config.data.device_side="$side"
  --config.train.batch_size="$batch"
  --config.train.init_from="$from")
look_at_validation
stage installation python -c 'import acolvit_jax, jax
print(f"acolvit_jax {acolvit_jax.__version__}, jax {jax.__version__}, {jax.devices()}")' ||
  fail "JAX finds no $platform device; see $out/installation.log"
# Full products: the tests compare with float32.
# shellcheck disable=SC2086 # several files
stage tests env JAX_DEFAULT_MATMUL_PRECISION=float32 python -m pytest -q $tests ||
  failed+=(tests)
stage speed python -m benchmarks.accelerator --size "$size" --batch "$batch" \
  --product "$product" --rounds "$rounds" --json "$out/speed.json" || failed+=(speed)

# How many steps fit: the rate of a short trial with the real input, the steps that the run's newest
# checkpoint has done added.
stage trial "${common[@]}" "${training[@]}" --workdir "$out/trial-$$" \
  --config.train.steps="$trial" --config.train.log_every="$((trial > 3 ? trial / 3 : 1))" \
  --config.train.eval_every="$trial" --config.train.checkpoint_every="$trial" \
  --config.validation.max_images=1 ||
  fail "training does not start; see $out/trial.log"
if ((DRY_RUN)); then steps=STEPS; else
  sizes=$(python - "$out/trial-$$/config.json" <<'CODE'
import json, sys
model = json.load(open(sys.argv[1]))["model"]
print(model["image_size"], model["hint_size"])
CODE
  )
  [[ $sizes == "224 2" ]] ||
    fail "image and hint size are $sizes, and models of 224 and 2 are scored; use python -m acolvit_jax.train"
  steps=$(python - "$out/trial-$$/metrics.jsonl" "$batch" "$minutes" "$out/run/checkpoints" <<'CODE'
import json, pathlib, sys
path, batch, minutes, checkpoints = sys.argv[1:]
rates = [json.loads(line).get("images_per_second") for line in open(path)]
rate = [r for r in rates if r][-1]
saved = [p.name for p in pathlib.Path(checkpoints).glob("*") if p.name.isdecimal()]
print(max(map(int, saved), default=0) + max(1, int(rate * 60 * int(minutes) / int(batch))))
CODE
  )
  rm -r "$out/trial-$$"
fi
code=0
stage training "${common[@]}" --config.train.log_every=50 --config.train.eval_every=1000 \
  --config.train.checkpoint_every=500 "${training[@]}" --workdir "$out/run" \
  --config.train.steps="$steps" || code=$?
((code == 0)) || fail "training ended with code $code; see $out/training.log, and run this again"
grep -q "input is the bottleneck" "$out/training.log" 2>/dev/null &&
  say "The devices waited for photos: see $out/training.log."
stage weights python -m acolvit_jax.convert "$out/run" "$out/weights.safetensors" --to weights \
  --overwrite
scored=("after=$out/weights.safetensors")
[[ -z $from ]] || scored=("before=$from" "${scored[@]}")
stage scores python -m acolvit_jax.evaluate --checkpoint "${scored[@]}" --images "$validation" --max_images "$images" \
  --hints 1,10,50 --clicks "$clicks" --output "$out/scores-$steps" || failed+=(scores)
((!${#failed[@]})) || fail "failed: ${failed[*]}; the weights are in $out nevertheless"
say "weights, scores and logs are in $out"
