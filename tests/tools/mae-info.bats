# mae-info: descriptions, history, and checks that find every damage.

load helpers

setup() { enter_sandbox; }

@test "every kind of file is described" {
  mae-reconstruct --model run test.h5 -o r.h5
  mkdir set && cp train.h5 test.h5 set
  check_cases <<'END'
0 :: mae-info train.h5 :: patch shard
0 :: mae-info mask.h5 :: mask shard
0 :: mae-info test-features.h5 :: feature shard
0 :: mae-info r.h5 :: reconstruction shard
0 :: mae-info mae.safetensors :: checkpoint
0 :: mae-info run/state.safetensors :: state of a training run
0 :: mae-info run :: training run
0 :: mae-info set :: folder of shards
0 :: mae-info - <train.h5 :: standard input
0 :: mae-info train.h5 run | grep -c '^[a-z]' :: .
0 :: mae-info --tensors train.h5 :: ^train.h5.*/patches.*uint8.*64 x 16 x 768
0 :: mae-info --tensors run :: ^run/state.safetensors.*optimizer\.
0 :: mae-info --history run :: mae-pretrain
0 :: printf 'train.h5\ntest.h5\n' | mae-info --files-from - --check :: ^test.h5.*ok
2 :: mae-info --history --tensors run :: exclude each other
3 :: mae-info sky.png :: sky.png: .*neither
3 :: mae-info photos :: photos
3 :: mae-info train.h5 missing.h5 >/dev/null :: missing.h5: no such file
END
}

@test "JSON is one object a line" {
  for question in '' --history --tensors --check; do
    succeeds mae-info train.h5 mae.safetensors run --json $question
    json "[${output//$'\n'/,}]" 'all(isinstance(line, dict) and "file" in line for line in j)'
  done
  succeeds mae-info train.h5 --json
  json "$output" 'j["samples"] == 64 and j["datasets"]["/patches"]["shape"] == [64, 16, 768] and j["program"] == "mae-patchify"'
  succeeds mae-info mae.safetensors --json
  json "$output" 'j["config"]["embed_dim"] == 16 and j["parameters"] > 20000 and j["has_checksums"]'
}

@test "history goes back to the pictures" {
  mae-encode --model run test.h5 -o f.h5
  succeeds mae-info --history f.h5
  [[ $output == *"mae-encode "*"--model=run"*"mae-pretrain "*"mae-patchify "*"t10k-images-idx3-ubyte.gz"* ]]
  [ "$(grep -c 'xxh3:' <<<"$output")" -ge 4 ]
}

@test "--check goes on after a damaged file, and ends with 1" {
  cp train.h5 cut.h5
  truncate -s -1 cut.h5
  cp --remove-destination mae.safetensors flipped.safetensors
  "$python" - <<'END'
import pathlib
path = pathlib.Path("flipped.safetensors")
data = bytearray(path.read_bytes())
path.unlink()
data[-1000] ^= 1
path.write_bytes(data)
END
  run --separate-stderr mae-info --check cut.h5 train.h5 flipped.safetensors run
  [ "$status" -eq 1 ]
  [[ $output == *$'cut.h5\t'*truncated* ]]
  [[ $output == *$'train.h5\tok'* ]]
  [[ $output == *$'flipped.safetensors\t'* && $output != *$'flipped.safetensors\tok'* ]]
  [[ $output == *$'run/checkpoint.safetensors\tok'*$'run/log.jsonl\tok'* ]]
  [[ $stderr == *'2 of 8 files'* ]] || complain "$stderr" "$output"
  fails 3 'missing.h5' mae-info --check train.h5 missing.h5
}

# A bit is flipped, or the file cut, at places all over it.
@test "--check finds every damage in a shard and a checkpoint" {
  for file in mask.h5 mae.safetensors; do
    mkdir damaged
    "$python" - "$file" <<'END'
import pathlib, random, sys
path = pathlib.Path(sys.argv[1])
good = path.read_bytes()
places = random.Random(1)
for i in range(60):
    data = bytearray(good)
    position = i if i < 16 else places.randrange(len(data))
    if i % 6 == 5:
        data = data[:position]
    else:
        data[position] ^= 1 << places.randrange(8)
    pathlib.Path("damaged", f"{i:02}-{position}{path.suffix}").write_bytes(data)
END
    run --separate-stderr mae-info --check damaged/*
    [ "$status" -eq 1 ] || complain "$stderr"
    [ "$(wc -l <<<"$output")" = 60 ]
    # Bytes between the structures of an HDF5 file mean nothing; a safetensors file has none of them.
    while IFS=$'\t' read -r damaged _; do
      [ $file = mask.h5 ] || complain "damage passed: $damaged" || return 1
      same_data $file "$damaged" mask names labels
      [ "$(mae-info --history "$damaged" | sed 1d)" = "$(mae-info --history $file | sed 1d)" ]
    done < <(grep $'\tok$' <<<"$output")
    rm -r damaged
  done
}

@test "tables of results become charts" {
  printf 'ratio\tours\tpaper\n0.5\t40.5\t69.9\n0.75\t44\t73.5\n' >ratio.tsv
  printf 'target\ttop1\tnote\npixels\t40\tplain\n<b>tokens</b>\t-\tgap\n' >target.tsv
  succeeds mae-info --chart ratio.svg ratio.tsv --title 'Mask <ratio>' --json
  json "$output" 'j == {"chart": "ratio.svg", "kind": "lines", "series": 2, "rows": 2}'
  "$python" -c 'import xml.dom.minidom; print(xml.dom.minidom.parse("ratio.svg").documentElement.tagName)'
  grep -q '>Mask &lt;ratio&gt;</text>' ratio.svg
  cp ratio.svg first.svg
  mae-info --chart ratio.svg ratio.tsv --title 'Mask <ratio>' >/dev/null
  equal ratio.svg first.svg
  succeeds mae-info --chart target.svg target.tsv
  [ "$(value kind) $(value series) $(value rows)" = 'bars 1 2' ]
  lacks '<b>' target.svg
  mae-info --chart - target.tsv <target.tsv | grep -q '^<svg '
  mae-info --chart both.svg - ratio.tsv --column paper <ratio.tsv | grep -q '^series.2$'
  check_cases <<'END'
2 :: mae-info --chart chart.png ratio.tsv :: \.svg
2 :: mae-info --chart chart.svg ratio.tsv --column top9 :: ratio.tsv: .*no column 'top9'
2 :: mae-info --chart chart.svg --check ratio.tsv :: --chart
2 :: mae-info --title x train.h5 :: --title
2 :: mae-info --chart missing/ ratio.tsv :: \.svg
3 :: mae-info --chart chart.svg target.tsv --column note :: 'plain' .* is not a number
3 :: mae-info --chart chart.svg missing.tsv :: missing.tsv: no such file
3 :: mae-info --chart chart.svg train.h5 :: train.h5
3 :: printf 'a\tb\n' | mae-info --chart chart.svg - :: standard input: .*no rows
3 :: printf 'a\tb\nx\t1\nx\t2\n' | mae-info --chart chart.svg - :: comes twice
END
}
