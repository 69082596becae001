# Sourced by the set-up scripts, tests/run and examples/quickstart: messages, and running things quietly.
# shellcheck shell=sh

# say TEXT...: one line about what happens, on standard error.
say() { printf '%s\n' "$*" >&2; }

# fail CODE WHAT [HINT]: the same form of message and exit codes as the tools.
fail() {
  say "${0##*/}: error: $2"
  if [ $# -ge 3 ]; then say "hint: $3"; fi
  exit "$1"
}

# quietly WHAT COMMAND...: prints WHAT and the time it took; the command's output only if it fails.
quietly() {
  quietly_what=$1
  shift
  quietly_log=$(mktemp)
  quietly_start=$(date +%s)
  printf '%s ...' "$quietly_what" >&2
  quietly_status=0
  "$@" >"$quietly_log" 2>&1 </dev/null || quietly_status=$?
  if [ "$quietly_status" -eq 0 ]; then
    say " done ($(($(date +%s) - quietly_start)) s)"
  else
    say " failed"
    cat "$quietly_log" >&2
  fi
  rm -f "$quietly_log"
  return "$quietly_status"
}

# try_three_times COMMAND...: for what a busy network can spoil.
try_three_times() {
  "$@" && return 0
  sleep 5
  "$@" && return 0
  sleep 20
  "$@"
}
