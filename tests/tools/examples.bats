# Every example of the man pages, of the README and of the tools' own help runs, in order, in a sandbox of its own.

load helpers

# Models and runs as small as they can be; options that an example gives are stronger.
setup() {
  enter_sandbox
  cp "$root"/share/data/fashion-mnist/*.gz .
  cp mae.safetensors model.safetensors
  cp mae.safetensors m.safetensors
  mae-convert mae.safetensors mae_pretrain_vit_base.pth >/dev/null
  cp "$root/tests/golden/checkpoint/official_model_only.pth" tiny.pth
  ln -s run pretrained # mae-finetune's name for what it starts from
  mkdir imagenet && cp -r train imagenet
  mkdir -p videos/run && cp "$root"/tests/golden/videos/ramp.avi "$root"/tests/golden/videos/steady.gif videos/run
  printf 'image,caption\nphotos/bearskin.jpg,a guard\nphotos/sidewinder.jpg,a plane\n' >captions.csv
  cp train.h5 big.h5
  cp test-features.h5 features.h5
  mkdir out data && cp test.h5 train.h5 data
  mae-codebook train.h5 -o codes.safetensors --method kmeans --codes 8 -q >/dev/null
  printf 'model\ttop1\nsmall\t61.5\nlarge\t70.25\n' >results.tsv
  cp test.h5 data/train-00000-of-00002.h5
  cp train.h5 data/train-00001-of-00002.h5
  export MAE_MAX_STEPS=2 MAE_BATCH_SIZE=8 MAE_WARMUP_EPOCHS=0
}

# Of models that are trained from scratch.
use_tiny_sizes() {
  export MAE_EMBED_DIM=16 MAE_DEPTH=1 MAE_NUM_HEADS=2 MAE_DECODER_EMBED_DIM=8 MAE_DECODER_DEPTH=1 MAE_DECODER_NUM_HEADS=2
}

# A run whose model has four blocks, for examples that train the last four.
make_deeper_run() { mae-pretrain train.h5 -o "$1" --epochs 0 -q "${tiny_model[@]}" --depth 4; }

# examples PAGE: the literal blocks of its section EXAMPLES, as a reader sees them.
examples() {
  sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE ALSO/p' "$1" | sed -n '/^\.Bd -literal/,/^\.Ed/{/^\.[BE]d/!p;}' |
    sed -e 's/\\&//g' -e 's/\\-/-/g' -e 's/\\e/\\/g'
}

# run_transcript: reads "$ COMMAND" lines, each with its continuations (after a backslash, or as "> MORE"), and the output
# that is shown below it; "..." stands for anything. Commands must succeed and print what is shown.
run_transcript() {
  local line command='' shown='' is_open=no
  while IFS= read -r line || [ -n "$line" ]; do
    if [ $is_open = yes ] || [[ $line == '> '* && -n $command ]]; then
      [[ $line == '> '* ]] && line=${line#> }
      command+=$'\n'$line
    elif [[ $line == '$ '* ]]; then
      run_example "$command" "$shown" || return 1
      command=${line#\$ } shown=''
    else
      shown+=$line$'\n'
      continue
    fi
    if [[ $line == *\\ ]]; then is_open=yes; else is_open=no; fi
  done
  run_example "$command" "$shown"
}

run_example() {
  local command=$1 shown=$2 pattern
  [ -n "$command" ] || return 0
  run --separate-stderr bash -o pipefail -c "$command"
  [ "$status" -eq 0 ] || complain "exit code $status: $command" "$stderr" || return 1
  grep -v -E '^mae(-[a-z]+)?: ' <<<"$stderr" | grep . && complain "unexpected on standard error: $command" && return 1
  [ -n "$shown" ] || return 0
  pattern=${shown%$'\n'}
  pattern=${pattern//\\/\\\\} pattern=${pattern//\*/\\*} pattern=${pattern//\?/\\?} pattern=${pattern//\[/\\[}
  pattern=${pattern//.../*}
  # shellcheck disable=SC2053 # the right side is meant as a pattern
  [[ $output == $pattern ]] || complain "$command" "should print" "$shown" "prints" "$output"
}

# run_page NAME: a page without examples, or whose commands were not found, is a mistake.
run_page() {
  examples "$root/man/$1" >"$BATS_TEST_TMPDIR/transcript"
  grep -q '^\$ ' "$BATS_TEST_TMPDIR/transcript" || complain "man/$1 has no examples"
  run_transcript <"$BATS_TEST_TMPDIR/transcript"
}

@test "mae(1)" { run_page mae.1; }
@test "mae-patchify(1)" { run_page mae-patchify.1; }
@test "mae-mask(1)" { run_page mae-mask.1; }
@test "mae-codebook(1)" {
  use_tiny_sizes
  run_page mae-codebook.1
}
@test "mae-pretrain(1)" {
  rm -r run
  use_tiny_sizes
  run_page mae-pretrain.1
}
@test "mae-encode(1)" { run_page mae-encode.1; }
@test "mae-reconstruct(1)" { run_page mae-reconstruct.1; }
@test "mae-probe(1)" { run_page mae-probe.1; }
@test "mae-finetune(1)" {
  rm -r tuned run
  make_deeper_run run
  run_page mae-finetune.1
}
@test "mae-convert(1)" { run_page mae-convert.1; }
@test "mae-info(1)" { run_page mae-info.1; }
@test "mae-shard(5)" {
  # Two pieces of Python: one reads train.h5, the other writes an array called mask.
  rm mask.h5 # the world's own, by link
  examples "$root/man/mae-shard.5" | "$python" -c '
import numpy, sys
pieces = ("\n" + sys.stdin.read()).split("\nimport ")[1:]
assert len(pieces) == 2
exec("import " + pieces[0])
mask = numpy.zeros((64, 16))
mask[:, ::2] = 1
exec("import " + pieces[1])'
  succeeds mae-reconstruct --model run train.h5 --masks mask.h5 -o r.h5
  h5 r.h5 'set(f["mask"][()].sum(axis=1)) == {8}'
}
@test "mae-checkpoint(5)" { run_page mae-checkpoint.5; }

@test "README.md" {
  rm -r run tuned ./*.h5
  use_tiny_sizes
  # Lines of shell blocks that call our tools.
  sed -n '/^```sh/,/^```/{/^```/!p;}' "$root/README.md" | grep -E '^mae[- ]' | sed 's/^/$ /' >transcript
  [ "$(wc -l <transcript)" -ge 5 ] || complain "README.md has no examples"
  run_transcript <transcript
}

@test "the examples of --help" {
  for tool in "${tools[@]}"; do
    # Each tool begins with a fresh sandbox.
    cd "$BATS_TEST_TMPDIR"
    rm -r sandbox
    setup
    case $tool in
      mae-pretrain) use_tiny_sizes ;;
      mae-finetune) rm pretrained && make_deeper_run pretrained ;;
    esac
    "$tool" --help | sed -n '/^Examples:/,/^$/s/^  mae/$ mae/p' >transcript
    [ -s transcript ] || complain "$tool has no examples"
    while IFS= read -r line; do
      # The effective batch of the paper needs 4,096 pictures.
      case $line in *'--accum-iter 64'*) continue ;; esac
      # Examples of one tool are alternatives: each makes the run anew, but for the evaluation of one just made.
      case $tool$line in mae-pretrain* | mae-finetune*'-o run'*) rm -rf run ;; esac
      run_transcript <<<"$line"
    done <transcript
    unset MAE_EMBED_DIM MAE_DEPTH MAE_NUM_HEADS MAE_DECODER_EMBED_DIM MAE_DECODER_DEPTH MAE_DECODER_NUM_HEADS
  done
}
