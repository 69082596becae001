# What all tools have in common before they work: help, version, completion, and where options come from.

load helpers

setup() { enter_sandbox; }

@test "help, version and completion go to standard output with exit code 0" {
  version=$(sed -n 's/^project(mae VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
  check_cases < <(for tool in "${tools[@]}"; do
    cat <<END
0 :: $tool -h --no-such-option >h && [ \$(wc -l <h) -le 50 ] && [ \$(grep -c '^  mae' h) -ge 2 ] && cat h :: ^usage: $tool
0 :: $tool --help :: --completion SHELL
0 :: $tool --version :: ^$tool $version\$
0 :: $tool --completion bash >c && bash -n c && cat c :: complete .*$tool
END
  done)
  check_cases <<'END'
0 :: mae-info --version -v :: ^compiler: .
0 :: mae-info --completion zsh :: ^#compdef mae-info
0 :: mae-info --completion fish :: ^complete -c mae-info
END
}

@test "wrong usage is exit code 2" {
  check_cases < <(for tool in "${tools[@]}"; do
    cat <<END
2 :: $tool --no-such-option :: --no-such-option.*unknown option
2 :: $tool :: usage: $tool|training
END
  done)
  check_cases <<'END'
2 :: mae-info --jsn :: --json
2 :: mae-info train.h5 --progress sometimes :: --progress.*auto, always, never.*json
2 :: mae-info --completion tcsh :: --completion: expected bash, zsh or fish
2 :: mae-info --config :: --config
2 :: MAE_QUIET=perhaps mae-info train.h5 :: MAE_QUIET
END
}

@test "mae runs tools, lists them, and knows when there is none" {
  check_cases <<'END'
0 :: mae :: ^  reconstruct +predict
0 :: mae help :: ^usage: mae TOOL
0 :: mae --help :: ^usage: mae TOOL
0 :: mae -h :: ^usage: mae TOOL
0 :: mae help mask :: ^usage: mae-mask
0 :: mae mask -h :: ^usage: mae-mask
0 :: mae --version :: ^mae [0-9]+\.[0-9]+\.[0-9]+$
0 :: mae mask train.h5 -o m.h5 && cmp m.h5 mask.h5 && echo same :: same
0 :: mae --completion bash | bash -n && echo fine :: fine
0 :: mae --completion zsh :: compdef
0 :: mae --completion fish :: complete -c mae
3 :: mae info missing.h5 :: ^mae-info: error: missing.h5: no such file
2 :: mae maks :: did you mean.*mask
2 :: mae --no-such-option :: --no-such-option: unknown option
2 :: mae --completion tcsh :: expected bash, zsh or fish
2 :: mae ../mask :: no such tool
2 :: mae "" :: no such tool
END
  # Every tool of the list can be run and has the summary of its own help.
  for tool in "${tools[@]}"; do
    succeeds mae "${tool#mae-}" --version
    succeeds mae
    [[ $output == *"  ${tool#mae-} "* ]] || complain "mae does not list $tool"
  done
}

@test "a tool beside mae is preferred to one on PATH" {
  mkdir other
  printf '#!/bin/sh\necho other\n' >other/mae-mask
  chmod +x other/mae-mask
  PATH=$PWD/other:$PATH succeeds mae mask --version
  [[ $output == mae-mask* ]]
}

@test "default, configuration, environment, command line: the later one is stronger" {
  echo 'limit = 1' >one.toml
  samples() { # SETTING... -> how many of the six pictures would be read
    succeeds env "$@" photos -o p.h5 --dry-run && value samples
  }
  [ "$(samples mae-patchify)" = 6 ]
  [ "$(samples mae-patchify --config one.toml)" = 1 ]
  [ "$(samples MAE_LIMIT=2 mae-patchify --config one.toml)" = 2 ]
  [ "$(samples MAE_LIMIT=2 mae-patchify --config one.toml --limit 3)" = 3 ]
  [ "$(samples MAE_LIMIT= mae-patchify --config one.toml)" = 1 ]
  [ "$(samples mae-patchify --config one.toml --limit 4 --limit 5)" = 5 ]
}

@test "a table of its own is stronger than the top, tables of other tools are passed over" {
  printf 'patch_size = 8\n[mae-pretrain]\nepochs = 3\n[mae-patchify]\npatch-size = 4 # small\n' >some.toml
  succeeds mae-patchify photos -o p.h5 --dry-run --config some.toml
  [ "$(value values)" = 48 ]
  succeeds mae-patchify photos -o p.h5 --dry-run --config - <some.toml
  [ "$(value values)" = 48 ]
}

@test "a dumped configuration reads back as the same" {
  check_cases < <(for tool in "${tools[@]}"; do
    echo "0 :: $tool --dump-config >a.toml && $tool --config a.toml --dump-config | cmp - a.toml && echo same :: same"
  done)
  mae-mask --dump-config --mask-ratio 0.5 --strategy block --seed 7 --json >mask.toml
  grep -q '^seed = 7$' mask.toml
  mae-mask train.h5 -o m.h5 --config mask.toml
  mae-mask train.h5 -o n.h5 --mask-ratio 0.5 --strategy block --seed 7
  equal m.h5 n.h5
  differ m.h5 mask.h5
}

@test "a configuration that is wrong is named with its line" {
  printf '\nlimt = 2\n' >typo.toml
  printf 'limit = -2\n' >range.toml
  printf '[mae-patchfy]\nlimit = 1\n' >table.toml
  printf 'limit = [1, 2]\n' >list.toml
  printf 'limit = \n' >empty.toml
  printf 'limit = 1\nlimit = 2\n' >twice.toml
  printf 'config = "a.toml"\n' >config.toml
  check_cases <<'END'
2 :: mae-patchify photos -o p.h5 --config typo.toml :: typo.toml:2.*limt|limit
2 :: mae-patchify photos -o p.h5 --config range.toml :: range.toml:1: limit
2 :: mae-patchify photos -o p.h5 --config table.toml :: table.toml.*mae-patchfy
2 :: mae-patchify photos -o p.h5 --config list.toml :: list.toml:1: limit
2 :: mae-patchify photos -o p.h5 --config empty.toml :: empty.toml:1
2 :: mae-patchify photos -o p.h5 --config twice.toml :: twice.toml:2
2 :: mae-patchify photos -o p.h5 --config config.toml :: config.toml:1.*config
3 :: mae-patchify photos -o p.h5 --config missing.toml :: missing.toml: no such file
3 :: mae-patchify photos -o p.h5 --config photos :: photos: is a folder
3 :: mae-patchify photos -o p.h5 --config /dev/zero :: /dev/zero
2 :: mae-patchify photos -o p.h5 --config sky.png :: sky.png:1
2 :: MAE_LIMIT=two mae-patchify photos -o p.h5 :: MAE_LIMIT.*two
2 :: MAE_IMAGE_SIZE=1.5 mae-patchify photos -o p.h5 :: MAE_IMAGE_SIZE.*1.5
END
}

@test "values are read strictly" {
  check_cases <<'END'
2 :: mae-mask train.h5 -o m.h5 --mask-ratio 0.5x :: --mask-ratio.*0.5x
2 :: mae-mask train.h5 -o m.h5 --mask-ratio nan :: --mask-ratio.*nan
2 :: mae-mask train.h5 -o m.h5 --mask-ratio -0.1 :: --mask-ratio
2 :: mae-mask train.h5 -o m.h5 --mask-ratio 1.1 :: --mask-ratio
2 :: mae-mask train.h5 -o m.h5 --strategy blocks :: --strategy.*random, block, grid
2 :: mae-encode --model mae.safetensors train.h5 -o f.h5 --blocks 1,x :: --blocks.*x
2 :: mae-encode --model mae.safetensors train.h5 -o f.h5 --device gpu :: --device: expected cpu, cuda or cuda:N
2 :: mae-pretrain train.h5 -o r --epochs 1 --cuda-graph :: --cuda-graph: .*one process with --device cuda
2 :: mae-encode --model mae.safetensors train.h5 -o f.h5 --dtype float16 :: --dtype.*float32.*bfloat16
2 :: mae-encode --model mae.safetensors train.h5 -o f.h5 --batch-size 0 :: --batch-size
2 :: mae-patchify photos -o '' :: name is empty
2 :: mae-patchify photos -o p.h5 --threads -1 :: --threads
2 :: mae-patchify photos -o p.h5 --limit -1 :: --limit
2 :: mae-patchify photos -o p.h5 --limit '' :: --limit
2 :: mae-patchify photos -o p.h5 --limit 1e3 :: --limit
2 :: mae-patchify photos -o p.h5 --limit 99999999999999999999 :: --limit
2 :: mae-patchify photos -o p.h5 --image-size 0 :: --image-size
2 :: mae-patchify photos -o p.h5 --image-size 32x :: --image-size.*32x
2 :: mae-patchify photos -o p.h5 --image-size 32x32x32 :: --image-size
2 :: mae-patchify photos -o p.h5 --mean 0.5,,0.5 :: --mean
END
}

@test "operands come from a list as well, by lines or by zero bytes" {
  odd=$'odd\nname.h5'
  cp test.h5 "$odd"
  printf 'train.h5\r\n\ntest.h5\n' >lines.txt
  printf 'train.h5\0test.h5\0' >zeros.txt
  given=$(mae-info --check train.h5 test.h5)
  [ "$(mae-info --check --files-from lines.txt)" = "$given" ]
  [ "$(mae-info --check --files-from zeros.txt -0)" = "$given" ]
  [ "$(mae-info --check train.h5 --files-from - <<<test.h5)" = "$given" ]
  [ "$(printf '%s\0' "$odd" | mae-info --check --files-from - --null)" = $'odd\\nname.h5\tok' ]
  succeeds mae-mask --files-from lines.txt -o masks
  [ "$(value files)" = 2 ]
  : >none.txt
  check_cases <<'END'
3 :: mae-info --files-from missing.txt :: missing.txt: no such file
3 :: mae-info --files-from none.txt :: none.txt
3 :: mae-info --files-from photos :: photos: is a folder
3 :: mae-info --files-from zeros.txt :: zeros.txt: .*zero bytes
3 :: mae-info --files-from lines.txt -0 :: no such file
END
}

@test "options may stand anywhere, be joined to their value, and end at --" {
  given=$(mae-info --check train.h5)
  [ "$(mae-info train.h5 --check)" = "$given" ]
  [ "$(mae-info --check=true train.h5)" = "$given" ]
  [ "$(mae-info -q --check -- train.h5)" = "$given" ]
  cp train.h5 ./-train.h5
  cp train.h5 ./--json
  [ "$(mae-info --check -- -train.h5 --json)" = $'-train.h5\tok\n--json\tok' ]
  mae-patchify --output=a.h5 --image-size=32 photos -q
  mae-patchify -oa2.h5 photos --image-size 32 -q -j1
  equal a.h5 a2.h5
}

@test "messages: quiet, verbose, log files, colours, progress" {
  succeeds mae-patchify photos -o p.h5 -q
  [ -z "$stderr" ] || complain "not quiet" "$stderr"
  succeeds mae-patchify photos -o p.h5 --progress json
  json "[$(grep '^{' <<<"$stderr" | paste -sd,)]" 'len(j) > 0 and all(isinstance(line, dict) for line in j)'
  succeeds mae-patchify photos -o p.h5 --log-file log.txt --progress always
  fails 3 'no such file' mae-info missing.h5 --log-file log.txt -q
  grep -q 'missing.h5: no such file' log.txt
  fails 3 'no such file' mae-info missing.h5
  [[ $stderr != *$'\e'* ]]
  fails 4 'log.txt' mae-info train.h5 --log-file train.h5/log.txt
}

@test "results as JSON are valid JSON" {
  succeeds mae-mask train.h5 -o m.h5 --json
  json "$output" 'j == {"files": 1, "samples": 64, "patches": 16, "visible": 4}'
  succeeds env MAE_JSON=1 mae-patchify photos -o p.h5
  json "$output" 'j["files"] == 1'
  check_cases <<'END'
0 :: mae-encode --model mae.safetensors test.h5 -o f.h5 --json | python3 -m json.tool :: embed_dim
0 :: mae-reconstruct --model mae.safetensors test.h5 -o r.png --json | python3 -m json.tool :: masked_mse
0 :: mae-reconstruct --model mae.safetensors test.h5 -o r.h5 --mask-ratio 0 --json | python3 -m json.tool :: samples
0 :: mae-pretrain train.h5 -o new --epochs 1 --json --embed-dim 16 --depth 1 --num-heads 2 --dry-run | python3 -m json.tool :: memory_bytes
0 :: mae-probe train-features.h5 test-features.h5 --method knn --k 1,5 --json | python3 -m json.tool :: top1
0 :: mae-finetune --model tuned --eval --val test.h5 --json | python3 -m json.tool :: top1
0 :: mae-info train.h5 --json | python3 -m json.tool :: samples
END
}
