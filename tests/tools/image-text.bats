# Pictures and captions (M3AE) from tables through every tool.

load helpers

setup() {
  enter_sandbox
  golden=$root/examples/image-text/vocab.txt
  tiny=(--model m3ae-small-patch16 --embed-dim 16 --depth 1 --num-heads 2 --decoder-embed-dim 16 --decoder-depth 1
    --decoder-num-heads 2 --batch-size 4 --epochs 2 --warmup-epochs 0 --text-loss-weight 0.5 -q)
  table train
  table test
}

# table FOLDER: FOLDER.h5 with captions, of pictures of 32 x 32 in patches of 8 x 8.
table() {
  find "$1" -type f | LC_ALL=C sort | awk -v most=0 -f "$root/examples/image-text/captions.awk" >"$1.tsv"
  mae-patchify "$1.tsv" -o "$1-text.h5" --image-size 32 --patch-size 8 --vocab "$golden" --text-length 12 -q >/dev/null
}

# same_tensors FILE FILE: equal tensors of equal names and types.
same_tensors() {
  "$python" - "$1" "$2" <<'END' || complain "$1 and $2 hold different tensors"
import json, struct, sys


def tensors(path):
    data = open(path, "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    body = data[8 + size:]
    return {name: (entry["dtype"], entry["shape"], body[slice(*entry["data_offsets"])]) for name, entry in header.items()}


sys.exit(tensors(sys.argv[1]) != tensors(sys.argv[2]))
END
}

# logged KEY: its values in the log, by epoch.
logged() { "$python" -c 'import json, sys; print(*(json.loads(l)[sys.argv[1]] for l in open("run-text/log.jsonl")))' "$1"; }

@test "pretraining logs both losses, and their sum is the loss" {
  mae-pretrain train-text.h5 -o run-text --val test-text.h5 "${tiny[@]}" >/dev/null
  "$python" - <<'END'
import json
lines = [json.loads(line) for line in open("run-text/log.jsonl")]
assert len(lines) == 2, lines
for line in lines:
    assert abs(line["train_loss"] - line["image_loss"] - 0.5 * line["text_loss"]) < 1e-4, line
    assert 0 <= line["text_accuracy"] <= 1 and "val_loss" in line
END
  run -0 mae-info run-text/checkpoint.safetensors
  [[ $output == *m3ae* && $output == *text_vocab_size* && $output == *vocabulary*xxh3:* ]]
  grep -q text_loss run-text/events*
}

@test "a run goes on as if it had not stopped" {
  mae-pretrain train-text.h5 -o whole "${tiny[@]}" --strategy random >/dev/null
  mae-pretrain train-text.h5 -o parts "${tiny[@]}" --strategy random --max-steps 2 >/dev/null
  mae-pretrain train-text.h5 -o parts "${tiny[@]}" --strategy random --resume >/dev/null
  same_tensors whole/checkpoint.safetensors parts/checkpoint.safetensors
  run -2 mae-pretrain train-text.h5 -o parts "${tiny[@]}" --strategy random --resume --text-mask-ratio 0.5
  [[ $stderr$output == *text-mask-ratio* ]]
}

@test "text of no picture beside them, and pictures alone" {
  printf '%s\n' 'a photo of a cat' '' 'the dog in a picture' 'one ship' >lines.txt
  mae-pretrain train-text.h5 -o run-text "${tiny[@]}" --unpaired-text lines.txt --unpaired-text-length 8 \
    --unpaired-text-loss-weight 0.2 >/dev/null
  [ "$(logged unpaired_text_loss | wc -w)" = 2 ]
  mae-pretrain train.h5 -o alone "${tiny[@]}" >/dev/null
  grep -q '"image_loss"' alone/log.jsonl
  run ! grep -q text_loss alone/log.jsonl
}

@test "two processes with half the batch read the same pictures and text as one" {
  printf '%s\n' 'a photo of a cat' 'the dog in a picture' 'one ship' >lines.txt
  common=("${tiny[@]}" --unpaired-text lines.txt --unpaired-text-loss-weight 0.2)
  mae-pretrain train-text.h5 -o one "${common[@]}" >/dev/null
  port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  for rank in 0 1; do
    RANK=$rank LOCAL_RANK=$rank WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port \
      mae-pretrain train-text.h5 -o two "${common[@]}" --batch-size 2 --peer-timeout 60 >/dev/null 3>&- &
  done
  wait
  "$python" - <<'END'
import json
one, two = ([json.loads(line) for line in open(run + "/log.jsonl")] for run in ("one", "two"))
for a, b in zip(one, two, strict=True):
    for name in ("train_loss", "image_loss", "text_loss", "text_accuracy", "unpaired_text_loss"):
        assert abs(a[name] - b[name]) < 1e-4, (name, a, b)
END
}

@test "features, classifiers, reconstructions and conversion" {
  mae-pretrain train-text.h5 -o run-text "${tiny[@]}" >/dev/null
  for set in train test; do mae-encode --model run-text "$set-text.h5" -o "$set-f.h5" -q >/dev/null; done
  h5 train-f.h5 'f["features"].shape == (12, 16)'
  mae-probe train-f.h5 test-f.h5 --method knn --k 3 -q >/dev/null
  mae-finetune --model run-text train-text.h5 --val test-text.h5 -o tuned-text --epochs 1 --batch-size 4 --warmup-epochs 0 -q >/dev/null
  mae-encode --model tuned-text test-text.h5 -o tuned-f.h5 -q >/dev/null
  mae-reconstruct --model run-text test-text.h5 -o report.html --text-mask-ratio 0.5 -q >out.tsv
  grep -q word_accuracy out.tsv
  grep -q '<p class="words">' report.html
  grep -q '<del>' report.html
  mae-reconstruct --model run-text test-text.h5 -o again.html --text-mask-ratio 0.5 --batch-size 3 -q >/dev/null
  diff <(grep 'class="words"' report.html) <(grep 'class="words"' again.html)
  mae-convert run-text/checkpoint.safetensors copy.safetensors -q >/dev/null
  same_tensors run-text/checkpoint.safetensors copy.safetensors
}

@test "what does not fit is refused before anything is written" {
  mae-pretrain train-text.h5 -o run-text "${tiny[@]}" >/dev/null
  sed 's/^ship$/ships/' "$golden" >other.txt
  mae-patchify train.tsv -o other.h5 --image-size 32 --patch-size 8 --vocab other.txt --text-length 12 -q >/dev/null
  mae-patchify train.tsv -o short.h5 --image-size 32 --patch-size 8 --vocab "$golden" --text-length 6 -q >/dev/null
  echo 'a cat' >lines.txt
  : >empty.txt
  check_cases <<END
2 :: mae-pretrain train-text.h5 -o new ${tiny[*]} --text-mask-ratio 0.99 :: --text-mask-ratio: leaves none of 12 words visible
2 :: mae-pretrain train-text.h5 -o new ${tiny[*]} --text-loss-weight -1 :: text-loss-weight
2 :: mae-pretrain train-text.h5 -o new ${tiny[*]} --unpaired-text lines.txt :: --unpaired-text: its loss counts nothing
2 :: mae-pretrain train-text.h5 -o new ${tiny[*]} --unpaired-text-loss-weight 1 :: --unpaired-text-loss-weight: there is no text for it
2 :: mae-pretrain train.h5 -o new ${tiny[*]} --unpaired-text lines.txt --unpaired-text-loss-weight 1 :: there is no vocabulary
2 :: mae-pretrain train.h5 -o new --model mae-vit-tiny-patch16 --unpaired-text lines.txt :: this model takes no text
2 :: mae-pretrain train.h5 -o new --model mae-vit-tiny-patch16 --text-loss-weight 1 :: no field 'text_loss_weight'
3 :: mae-pretrain train-text.h5 -o new ${tiny[*]} --unpaired-text empty.txt --unpaired-text-loss-weight 1 :: empty.txt: holds no text
3 :: mae-pretrain train-text.h5 -o new ${tiny[*]} --unpaired-text none.txt --unpaired-text-loss-weight 1 :: none.txt
3 :: mae-pretrain train-text.h5 other.h5 -o new ${tiny[*]} :: other.h5: length or vocabulary of captions differ
3 :: mae-pretrain train-text.h5 --val short.h5 -o new ${tiny[*]} :: short.h5: captions, their length or their vocabulary
3 :: mae-pretrain other.h5 -o new --model run-text --epochs 1 :: other.h5: the vocabulary has the digest
3 :: mae-reconstruct --model run-text other.h5 -o x.html :: other.h5: the vocabulary has the digest
3 :: mae-reconstruct --model run-text short.h5 -o x.html :: short.h5: captions have the length 6; the model's is 12
2 :: mae-convert run-text/checkpoint.safetensors e.safetensors --encoder-only :: decoder
END
}

@test "names without a size are told what there is" {
  check_cases <<'END'
2 :: mae-pretrain train-text.h5 -o new --model m3ae-tiny :: m3ae-small-patch16
END
}
