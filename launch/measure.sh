#!/usr/bin/env bash
# Measures all that the documents say of the weights in the package.
#
#   launch/measure.sh [OPTIONS] OUT PHOTOS PHOTOS...
#
# PHOTOS are folders of photos that were not trained on; the photos in the package are measured too.
# OUT gets a log of every measurement, which ends with its table and its seconds, reports in the form
# of docs/reports, and the pictures; docs/development.md says where each of them stands. Wants a
# machine that does nothing else, for the first one is timed, and the development installation with
# chromium and chromium-driver. The same command goes on where it was stopped.
#
# Options:
#   --images N      photos that are measured of each set, at most (0: as many as the documents have)
#   --onnx PYTHON   of an environment with '.[onnx]', for the sizes of ONNX files (left out)
#   --dry_run       print every command instead of running it

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=launch/common.sh
source "$here/common.sh"

images=0 onnx=''
read_options "images onnx" "$@"
((${#places[@]} >= 2)) || fail "wanted OUT PHOTOS PHOTOS...; see $0 --help"
((!${#training[@]})) || fail "nothing is trained; leave out --"
whole --images "$images" 0
out=$(realpath -m "${places[0]}") sets=()
for photos in "${places[@]:1}"; do
  [[ -d $photos ]] || fail "no folder at $photos"
  sets+=("$(realpath "$photos")")
done
twice=$(printf '%s\n' "${sets[@]##*/}" photos sample | sort | uniq -d | head -n 1)
[[ -z $twice ]] || fail "reports are named as their folders, and two would be $twice; rename one"
[[ -z $onnx ]] || onnx=$(command -v "$onnx") || fail "--onnx: no program of this name"
cd "$here/.."
packaged=acolvit_jax/assets/photos

# A measurement that has not ended yet: `measure NAME COMMAND...`.
measure() {
  local name=$1 began=$SECONDS
  shift
  [[ ! -e $out/$name.ended ]] || return 0
  stage "$name" "$@" || { failed+=("$name") && return 0; }
  ((DRY_RUN)) || echo "$((SECONDS - began)) s" | tee -a "$out/$name.log" >"$out/$name.ended"
}

# At most so many photos, the fewer of `--images` and what the documents have: `most [N]`.
most() {
  local wanted=${1:-0}
  ((images == 0 || (wanted > 0 && wanted < images))) || wanted=$images
  ((wanted == 0)) || echo "--max_images $wanted"
}

# `score KIND NAME PHOTOS ARGUMENTS...`
score() {
  local kind=$1 name=$2 photos=$3
  shift 3
  measure "$kind-$name" python -m acolvit_jax.evaluate --images "$photos" "$@" \
    --output "$out/$kind/$name"
}

sums=$(sha256sum acolvit_jax/assets/weights/*)
if ((!DRY_RUN)); then
  mkdir -p "$out"
  [[ ! -e $out/weights.sums || $(<"$out/weights.sums") == "$sums" ]] ||
    fail "$out has measurements of other weights; choose another OUT"
  echo "$sums" >"$out/weights.sums"
fi

failed=() both=(--checkpoint dense=pretrained-dense any=pretrained)
measure first-command python -m acolvit_jax.train --config configs/tiny.py:0.5 \
  --workdir "$out/first-run"
for photos in "$packaged" "${sets[@]}"; do
  name=${photos##*/}
  # shellcheck disable=SC2046 # two words, or none
  score reports "$name" "$photos" "${both[@]}" --budgets 1,0.9,0.7,0.5,0.3,0.15,0.1 \
    --baselines grey,nearest,levin $(most)
  # shellcheck disable=SC2046
  score clicks "$name" "$photos" "${both[@]}" --budgets 0.5 --clicks 15 $(most 42)
  # shellcheck disable=SC2046
  score shown "$name" "$photos" "${both[@]}" --budgets 1,0.7,0.5 --finished --hints 1,5,10 \
    --clicks 15 $(most 125)
done
score reports sample sample --checkpoint pretrained --budgets 1,0.5,0.3 \
  --baselines grey,nearest,levin --lpips --throughput --propagation
names=(photos "${sets[@]##*/}")
measure tables python -m benchmarks.score_tables "${names[@]/#/$out/reports/}"
measure shown python -m benchmarks.pooled_reports "${names[@]/#/$out/shown/}" \
  --base any@0.5+finished
# shellcheck disable=SC2046
{
  for model in pretrained pretrained-dense; do
    measure "color-$model" python -m benchmarks.color_pipeline --checkpoint "$model" $(most 42)
  done
  measure faded python -m benchmarks.faded $(most 42)
  measure faded-others python -m benchmarks.faded --images "${sets[@]}" $(most 42)
  measure precision python -m benchmarks.precision --images "${sets[@]}" $(most)
  for photos in "${sets[@]}"; do
    measure "allocation-${photos##*/}" python -m benchmarks.allocation --images "$photos" $(most 60)
  done
}
measure scans python -m benchmarks.scans "${sets[0]}" "$out/scans.jpg"
measure page python -m benchmarks.page_numbers
[[ -z $onnx ]] || measure onnx "$onnx" -m benchmarks.onnx_files
measure showcase python -m benchmarks.showcase "$out/showcase.jpg"
((DRY_RUN)) || mkdir -p "$out/pictures"
measure screenshots python -m benchmarks.demo_screenshots "$out/pictures"
((!${#failed[@]})) || fail "failed: ${failed[*]}; see their logs in $out, and run this again"
((DRY_RUN)) || say "reports, pictures and logs are in $out"
