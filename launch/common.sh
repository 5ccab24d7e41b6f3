# shellcheck shell=bash
# Shared by the launchers: how commands are run, shown and refused.

DRY_RUN=0

fail() {
  echo "error: $*" >&2
  exit 2
}

say() { echo "$*" >&2; }

# Whether training that ended with this code should be started again: it was asked to stop (75), or
# aborted because another process of the run was gone (134). Jobs of Slurm get it as text, for sh.
again() { [ "$1" = 75 ] || [ "$1" = 134 ]; }

# Runs a command, or only prints it, quoted so that it can be pasted.
run() {
  if ((DRY_RUN)); then
    printf '%q ' "$@"
    printf '\n'
  else
    "$@"
  fi
}

# `photos`, `out` and `validation` as they are called from any folder; `dataset` is what photos are.
settle_places() {
  [[ -d $photos ]] || fail "no folder at $photos"
  photos=$(realpath "$photos") out=$(realpath -m "$out")
  [[ $validation == sample || ! -d $validation ]] || validation=$(realpath "$validation")
  dataset=folder
  # shellcheck disable=SC2034 # for the script
  [[ ! -e $photos/index.json ]] || dataset=records
}

# Makes `out`, and looks whether `validation` can be scored, before anything is trained.
look_at_validation() {
  ((DRY_RUN)) || mkdir -p "$out"
  stage validation python -c 'from acolvit_jax.common import cli
from acolvit_jax.evaluation.image_sets import open_images
cli.run(lambda arguments: print(len(open_images(arguments[0])), "photos"))' "$validation" ||
    fail "--validation $validation cannot be scored; see $out/validation.log"
}

# Runs a stage, `stage NAME COMMAND...`: its output on the screen and in `out`/NAME.log. Ctrl-C
# reaches it from the terminal, SIGTERM to the script is passed on; either ends the script when the
# stage has ended, with its exit code, or the signal's where the stage came to its end.
stage() {
  local name=$1 code=0
  shift
  say "== $name"
  if ((DRY_RUN)); then run "$@" && return; fi
  if ((stopped)); then fail "stopped before $name; run the same command again to go on"; fi
  trap 'stopped=130' INT
  trap 'stopped=143; [[ -z $child ]] || kill -TERM "$child" 2>/dev/null || true' TERM
  # In the background, or bash would listen only afterwards; what runs there ignores Ctrl-C unless
  # told. tee lives on while training saves: without a reader it would be lost.
  (trap - INT && exec "$@") 2>&1 | (trap '' INT TERM && exec tee "$out/$name.log") &
  child=$(jobs -p %%)
  wait %% || code=$?
  ((!stopped)) || end_stopped "$name" "$code"
  child=''
  return "$code"
}
stopped=0 child=''

# Waits for a stage that still saves, and exits as it does: `end_stopped NAME CODE`.
end_stopped() {
  local code=$2
  while kill -0 "$child" 2>/dev/null; do code=0 && wait "$child" || code=$?; done
  wait || true
  ((code)) || code=$stopped
  say "stopped in $1 with code $code; see $out/$1.log, and run the same command again to go on"
  exit "$code"
}

# The text between the second line of a script and its first line of code.
usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "$1"; }

# Refuses what is no whole number, too small or too large: `whole NAME VALUE LEAST [MOST]`.
whole() {
  local most=${4:-999999999}
  if ! [[ $2 =~ ^(0|[1-9][0-9]{0,8})$ ]] || (($2 < $3 || $2 > most)); then
    fail "$1 is '$2', not a whole number from $3 to $most"
  fi
}

# Reads a script's options, `read_options "NAME NAME NAME! ..." "$@"`: each value into the variable
# of its name, 1 where the name has a !, what stands after -- into `training`, other words into
# `places`.
read_options() {
  local known=" $1 "
  shift
  places=() training=()
  while (($#)); do
    case "$1" in
    -h | --help)
      usage "$0"
      exit 0
      ;;
    --dry_run) DRY_RUN=1 && shift ;;
    --)
      shift
      training=("$@")
      break
      ;;
    -*)
      if [[ $known == *" ${1#--}! "* ]]; then
        printf -v "${1#--}" 1
        shift
        continue
      fi
      [[ $known == *" ${1#--} "* ]] || fail "unknown option $1; see $0 --help"
      # No option is a value: --dry_run would be lost.
      if (($# < 2)) || [[ $2 == --* || $2 == -h ]]; then fail "$1 needs a value"; fi
      printf -v "${1#--}" '%s' "$2"
      shift 2
      ;;
    *) places+=("$1") && shift ;;
    esac
  done
}

# For scripts whose words are all options and training arguments.
only_options() {
  ((!${#places[@]})) || fail "${places[0]} is no option; see $0 --help"
  ((${#training[@]})) || fail "no training arguments; add -- --config $1"
}
