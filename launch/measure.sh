#!/usr/bin/env bash
# Measures what the documents say of the colors of the weights in the package.
#
#   launch/measure.sh [OPTIONS] OUT PHOTOS PHOTOS...
#
# PHOTOS are folders of photos that were not trained on; the photos in the package are measured too.
# OUT gets reports, the pictures, and a log of every measurement with its tables and its seconds;
# docs/development.md says where each of them stands. Wants a machine that does nothing else, for
# some of it is times, and the development installation with chromium and chromium-driver. The same
# command goes on where it was stopped.
#
# Options:
#   --images N      photos of each set at most, where sets are measured (0: what the documents have)
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
  sets+=("$(realpath --relative-to="$here/.." "$photos")")
done
twice=$(printf '%s\n' "${sets[@]##*/}" photos42 sample | sort | uniq -d | head -n 1)
[[ -z $twice ]] || fail "reports are named as their folders, and two would be $twice; rename one"
[[ " ${sets[*]} " != *" acolvit_jax/assets/photos "* ]] ||
  fail "the photos in the package are measured anyway; leave them out"
if [[ -n $onnx ]]; then
  onnx=$(command -v "$onnx") || fail "--onnx: no such program"
  onnx=$(realpath -s "$onnx")
fi
cd "$here/.."

# A measurement that has not ended yet: `measure NAME COMMAND...`.
measure() {
  local name=$1 began=$SECONDS
  shift
  if ((!DRY_RUN)) && [[ -e $out/$name.ended ]]; then return; fi
  stage "$name" "$@" || { failed+=("$name") && return; }
  ((DRY_RUN)) || echo "$((SECONDS - began)) s" | tee -a "$out/$name.log" >"$out/$name.ended"
}

# Whether all these measurements have ended: `ended NAME...`.
ended() {
  local name
  ((!DRY_RUN)) || return 0
  for name in "$@"; do [[ -e $out/$name.ended ]] || return 1; done
}

# Scores of the two models: `score KIND NAME PHOTOS MOST ARGUMENTS...`; MOST photos, 0 is all. Tables
# of scores that are made again are, too.
score() {
  local kind=$1 name=$2 photos=$3
  most "$4"
  shift 4
  ended "$kind-$name" || rm -f "$out"/table*.ended
  measure "$kind-$name" python -m acolvit_jax.evaluate --images "$photos" "${limit[@]}" \
    --checkpoint dense=pretrained-dense any=pretrained "$@" --output "$out/$kind/$name"
}

# Sets `limit` to what a program is told for at most so many photos, 0 being all, or for --images.
most() {
  local wanted=$1 limit_is=$images
  ((images > 0 && (wanted == 0 || images < wanted))) || limit_is=$wanted
  limit=() && ((limit_is == 0)) || limit=(--max_images "$limit_is")
}

what=$(sha256sum acolvit_jax/assets/weights/* && printf '%s\n' "${sets[@]}" "--images $images")
if ((!DRY_RUN)); then
  mkdir -p "$out"
  [[ ! -e $out/measured.txt || $(<"$out/measured.txt") == "$what" ]] ||
    fail "$out has measurements of other weights, photos or --images; choose another OUT"
  echo "$what" >"$out/measured.txt"
  [[ -e $out/first-command.ended ]] || rm -rf "$out/first-run" # timed from its beginning
fi

failed=() reports=() shown=() names=()
measure first-command python -m acolvit_jax.train --config configs/tiny.py:0.5 \
  --workdir "$out/first-run"
for photos in acolvit_jax/assets/photos "${sets[@]}"; do
  name=${photos##*/}
  [[ $photos != acolvit_jax/assets/photos ]] || name=photos42
  names+=("$name") reports+=("$out/reports/$name") shown+=("$out/shown/$name")
  score reports "$name" "$photos" 0 --budgets 1,0.9,0.7,0.5,0.3,0.15,0.1 \
    --baselines grey,nearest,levin
  score clicks "$name" "$photos" 42 --budgets 0.5 --clicks 15
  score shown "$name" "$photos" 125 --budgets 1,0.7,0.5 --finished --hints 1,5,10 --clicks 15
done
measure reports-sample python -m acolvit_jax.evaluate --images sample --checkpoint pretrained \
  --budgets 1,0.5,0.3 --baselines grey,nearest,levin --lpips --throughput --propagation \
  --output "$out/reports/sample"
if ended "${names[@]/#/reports-}"; then
  measure table-reports python -m benchmarks.score_tables "${reports[@]}"
fi
for name in "${names[@]}"; do
  if ended "clicks-$name"; then
    measure "table-clicks-$name" python -m benchmarks.pooled_reports "$out/clicks/$name"
  fi
done
if ended "${names[@]/#/shown-}"; then
  for budget in 0.5 1; do
    measure "table-shown-$budget" python -m benchmarks.pooled_reports "${shown[@]}" \
      --base "any@$budget+finished"
  done
fi
most 42
for model in pretrained pretrained-dense; do
  measure "color-$model" python -m benchmarks.color_pipeline --checkpoint "$model" "${limit[@]}"
done
measure faded python -m benchmarks.faded "${limit[@]}"
measure faded-others python -m benchmarks.faded --images "${sets[@]}" "${limit[@]}"
most 0
measure precision python -m benchmarks.precision --images "${sets[@]}" "${limit[@]}"
most 60
for photos in "${sets[@]}"; do
  measure "allocation-${photos##*/}" python -m benchmarks.allocation --images "$photos" \
    "${limit[@]}"
done
measure scans python -m benchmarks.scans "${sets[0]}" "$out/scans.jpg"
measure page python -m benchmarks.page_numbers
[[ -z $onnx ]] || measure onnx "$onnx" -m benchmarks.onnx_files
measure showcase python -m benchmarks.showcase "$out/showcase.jpg"
((DRY_RUN)) || mkdir -p "$out/pictures"
measure screenshots python -m benchmarks.demo_screenshots "$out/pictures"
((!${#failed[@]})) || fail "failed: ${failed[*]}; see their logs in $out, and run this again"
((DRY_RUN)) || say "reports, pictures and logs are in $out"
