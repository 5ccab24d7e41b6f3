# shellcheck shell=bash
# Shared by the launchers: how commands are run, shown and refused.

DRY_RUN=0
# shellcheck disable=SC2034
EXIT_AGAIN=75 # training's exit code when it was asked to stop and should be started again

fail() {
  echo "error: $*" >&2
  exit 2
}

say() { echo "$*" >&2; }

# Runs a command, or only prints it, quoted so that it can be pasted.
run() {
  if ((DRY_RUN)); then
    printf '%q ' "$@"
    printf '\n'
  else
    "$@"
  fi
}

# The text between the second line of a script and its first line of code.
usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "$1"; }
