# Makes, once for all tables, the small world that they work in; tests/run has made it already.
# shellcheck shell=bash

setup_suite() {
  if [ -n "${MAE_WORLD:-}" ]; then return; fi
  export MAE_WORLD=$BATS_SUITE_TMPDIR/world
  "$(dirname "${BASH_SOURCE[0]}")/make-world" "$MAE_WORLD" >"$BATS_SUITE_TMPDIR/world.log" 2>&1 ||
    { cat "$BATS_SUITE_TMPDIR/world.log" >&2 && return 1; }
}
