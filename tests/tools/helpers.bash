# Loaded by every table: where the tools are, sandboxes to run them in, and checks that say what differs.
# shellcheck shell=bash disable=SC2154 # status, output, stderr and lines are set by bats' run

bats_require_minimum_version 1.5.0

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
bin=${MAE_BIN_DIR:-$root/build/bin}
python=${MAE_TESTS_PYTHON:-$root/build/deps/tests-venv/bin/python}
PATH=$bin:$PATH
export root bin python PATH MAE_PROGRESS=never

tools=()
for source in "$root"/tools/mae-*.cpp; do tools+=("$(basename "$source" .cpp)"); done

# A folder of the test's own with all fixtures of make-world; becomes the current one. Files are copies by link:
# tools replace files and never change them in place, which check_cases verifies; tests must not do so either. A run folder is copied, since its log
# grows.
enter_sandbox() {
  sandbox=$BATS_TEST_TMPDIR/sandbox
  cp -al "$MAE_WORLD" "$sandbox"
  rm -rf "$sandbox/run" "$sandbox/tuned"
  cp -a "$MAE_WORLD/run" "$MAE_WORLD/tuned" "$sandbox"
  cd "$sandbox" || return 1
}

# Prints its arguments and fails.
complain() {
  printf '%s\n' "$@" >&2
  return 1
}

# What lies in the current folder, so that two listings differ when a file came, went, or was replaced or changed.
list_files() {
  find . -mindepth 1 \( -type f -printf '%p %s %T@ %i\n' -o -printf '%p %y\n' \) | LC_ALL=C sort
}

# check_cases < TABLE, a case a line: CODE :: COMMAND :: PATTERN. Each command runs in a copy by link of the current
# folder, several at a time, and must
#   end with CODE within a minute,
#   print what the regular expression PATTERN finds: on standard error where CODE is not 0, else on either,
#   where CODE is 2 or more, print one line "mae-X: error: ..." and at most one "hint: ..." on standard error and
#   nothing else anywhere, and leave all files as they were; CODE 0= is success that leaves all files as they were.
# Lines that are empty or begin with # are passed over.
check_cases() {
  local line number=0 folder
  folder=$(mktemp -d "$BATS_TEST_TMPDIR/cases.XXXX")
  while IFS= read -r line; do
    [[ -z $line || $line == \#* ]] && continue
    number=$((number + 1))
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
    check_case "$folder/$number" "$line" >"$folder/$number.verdict" 2>&1 3>&- &
  done
  wait
  [ "$number" -gt 0 ] || complain "the table has no cases" || return 1
  cat "$folder"/*.verdict >&2
  ! grep -q . "$folder"/*.verdict
}

# check_case FOLDER LINE: prints what is wrong, nothing when all is well.
check_case() {
  local folder=$1 line=$2 code command pattern status=0 problem='' may_write=yes
  code=${line%% ::*} command=${line#* :: } pattern=${line##*:: }
  case $code in [2-9]* | 0=) may_write=no ;; esac
  code=${code%=}
  command=${command% :: *}
  cp -al . "$folder"
  (cd "$folder" && list_files) >"$folder.before"
  (cd "$folder" && exec timeout -k 5 60 bash -c "$command") </dev/null >"$folder.out" 2>"$folder.err" || status=$?
  (cd "$folder" && list_files) >"$folder.after"
  [ "$status" = "$code" ] || problem="exit code $status, expected $code"
  if [ "$code" = 0 ]; then
    grep -q -E -e "$pattern" "$folder.out" "$folder.err" || problem="$problem; no match of /$pattern/"
  else
    grep -q -E -e "$pattern" "$folder.err" || problem="$problem; no match of /$pattern/ on standard error"
  fi
  if [ "$code" -ge 2 ]; then
    is_error_message "$folder.err" || problem="$problem; standard error is not one error line and a hint"
    [ ! -s "$folder.out" ] || problem="$problem; something on standard output"
  fi
  [ $may_write = yes ] || cmp -s "$folder.before" "$folder.after" || problem="$problem; files changed"
  [ -n "$problem" ] || return 0
  printf '%s\n  %s\n' "$line" "${problem#; }"
  sed 's/^/  | /' "$folder.err"
  diff "$folder.before" "$folder.after" | sed 's/^/  | /'
}

# Whether a file holds one error line of a tool, at most one hint, and nothing else.
is_error_message() {
  [ "$(sed -n 1p "$1" | grep -c -E '^mae(-[a-z]+)?: error: [^[:cntrl:]]+$')" = 1 ] &&
    [ "$(wc -l <"$1")" -le 2 ] && [ "$(sed 1d "$1" | grep -c -v '^hint: [^[:cntrl:]]*$')" = 0 ]
}

# succeeds COMMAND...: it ends with 0; its standard output is in $output.
succeeds() {
  run --separate-stderr "$@"
  [ "$status" -eq 0 ] || complain "exit code $status: $*" "$stderr"
}

# fails CODE PATTERN COMMAND...: it ends with CODE and one error line that matches, after warnings at most.
fails() {
  local code=$1 pattern=$2
  shift 2
  run --separate-stderr "$@"
  [ "$status" -eq "$code" ] || complain "exit code $status, expected $code: $*" "$stderr" || return 1
  grep -q -E -e ": error: .*$pattern|^hint: .*$pattern" <<<"$stderr" || complain "no match of /$pattern/: $*" "$stderr" || return 1
  [ "$(grep -c ': error: ' <<<"$stderr")" = 1 ] || complain "not one error line: $*" "$stderr"
}

# equal FILE FILE: byte by byte.
equal() { cmp -- "$1" "$2" || complain "$1 and $2 differ"; }
# lacks PATTERN FILE: no line matches, capitals or not. (A command behind "!" cannot fail a test.)
lacks() { if grep -i -E -e "$1" "$2"; then complain "$2 has what it should not"; fi; }
differ() { ! cmp -s -- "$1" "$2" || complain "$1 and $2 are equal"; }

# same_data FILE FILE DATASET...: equal values in two HDF5 files, whatever else differs.
same_data() {
  local first=$1 second=$2
  shift 2
  "$python" - "$first" "$second" "$@" <<'END' || complain "$first and $second differ"
import sys
import h5py
import numpy
with h5py.File(sys.argv[1], "r") as a, h5py.File(sys.argv[2], "r") as b:
    for name in sys.argv[3:]:
        if not numpy.array_equal(a[name][()], b[name][()]):
            sys.exit(f"/{name} differs")
END
}

# json TEXT EXPRESSION: evaluates Python with the parsed text as j; fails when it is false or the text is no JSON.
json() {
  "$python" - "$1" "$2" <<'END' || complain "not so: $2" "$1"
import json, sys
j = json.loads(sys.argv[1])
sys.exit(0 if eval(sys.argv[2]) else 1)
END
}

# value KEY: of a line "KEY<TAB>value" in $output.
value() { sed -n "s/^$1\t//p" <<<"$output"; }

# h5 FILE EXPRESSION...: each is Python with the file opened by h5py as f; fails at the first that is false.
h5() {
  "$python" - "$@" <<'END' || complain "not so in $1"
import sys
import h5py
import numpy
with h5py.File(sys.argv[1], "r") as f:
    for expression in sys.argv[2:]:
        if not eval(expression):
            sys.exit(f"false: {expression}")
END
}

# shellcheck disable=SC2034 # used by the tables
# Options of the smallest model that has every part.
tiny_model=(--embed-dim 16 --depth 1 --num-heads 2 --decoder-embed-dim 8 --decoder-depth 1 --decoder-num-heads 2)
