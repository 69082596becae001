# Videos, GIFs and folders of frames through the tools, with VideoMAE.

load helpers

setup() {
  enter_sandbox
  mkdir -p clips/left clips/right
  cp "$root"/tests/golden/videos/ramp.avi "$root"/tests/golden/videos/ramp.mp4 clips/left/
  cp "$root"/tests/golden/videos/ramp.mkv "$root"/tests/golden/videos/steady.gif clips/right/
  tiny=(--set num_frames=4 --embed-dim 48 --depth 2 --num-heads 3 --decoder-embed-dim 24 --decoder-depth 1 --decoder-num-heads 3)
  cut=(--frames 4 --stride 2 --image-size 32 --patch-size 8 -q)
}

pretrain() { mae-pretrain clips.h5 -o video --model video-mae-small-patch16 "${tiny[@]}" --epochs 2 --batch-size 2 --blr 1 --warmup-epochs 0 >/dev/null; }

@test "videos, GIFs and folders of frames become tubelets" {
  mae-patchify clips -o clips.h5 "${cut[@]}"
  h5 clips.h5 'f["patches"].shape == (4, 32, 2 * 8 * 8 * 3)' 'f["patches"].attrs["frames"] == 4' 'f["patches"].attrs["tubelet_size"] == 2' \
    'f["labels"][()].tolist() == [0, 0, 1, 1]' '[n.decode() for n in f["names"][()]][0] == "left/ramp.avi"'
  # The middle clip: frames 16, 18, 20, 22 of 40, grey of level 20 + 5 i; tubelets by time slot, then frame by frame.
  h5 clips.h5 '(abs(f["patches"][2].astype(int).reshape(2, 16, 2, 192)[:, 12, :, 0].reshape(4) - [100, 110, 120, 130]) <= 2).all()'
  succeeds mae-info clips.h5
  [[ $output == *tubelet_size* ]]
  mae-patchify clips -o many.h5 "${cut[@]}" --clips 3
  h5 many.h5 'f["patches"].shape[0] == 12' '[n.decode() for n in f["names"][()]][1] == "left/ramp.avi:1"'
  mkdir frames
  cp train/bars/0.png frames/a.png
  cp train/bars/1.png frames/b.png
  mae-patchify frames -o frames.h5 "${cut[@]}"
  h5 frames.h5 'f["patches"].shape[0] == 1' '(f["patches"][0, 16:] == f["patches"][0, 16, 0:1]).size > 0'
  mae-patchify clips -o one.h5 "${cut[@]}" -j 1
  same_data clips.h5 one.h5 patches
  mae-patchify clips -o confined.h5 "${cut[@]}" --untrusted
  same_data clips.h5 confined.h5 patches
}

@test "videos that cannot be read are named, with what is wrong" {
  videos=$root/tests/golden/videos
  cp -r "$videos" broken
  {
    for case in "cut.avi :: only 10 of the 40" "half.mkv :: only 40 of the 80" "cut.mp4 :: cut.mp4: the video cannot be opened" \
      "empty.mp4 :: the video is empty" "noise.mp4 :: cannot be opened" "playlist.mp4 :: cannot be opened"; do
      echo "3 :: mae-patchify broken/${case%% ::*} -o x.h5 --image-size 32 :: ${case##*:: }"
    done
    cat <<'END'
0 :: mae-patchify broken/one-frame.avi broken/estimated.mkv broken/variable-rate.gif -o x.h5 --image-size 32 :: samples.*3
1 :: mae-patchify broken -o x.h5 --image-size 32 --on-error skip --rejects bad.tsv :: 6 pictures were skipped
2 :: mae-patchify clips -o x.h5 --frames 5 :: tubelets of 2 frames do not divide 5
2 :: mae-patchify clips -o x.h5 --channels 4 :: 1 or 3 channels
2 :: mae-patchify clips -o x.h5 --image-size 32 --bit-depth 16 :: 8 bits
3 :: mae-patchify photos/rgb.png -o x.h5 --frames 4 :: not a source of videos
3 :: mae-pretrain train.h5 -o x --model video-mae-small-patch16 :: holds pictures; expected clips of
END
  } | check_cases
}

@test "a long video takes no more memory than a short one" {
  "$python" - <<'END'
import resource, struct, subprocess

def write(path, frames, width=96, height=72):
    palette = bytes(v for i in range(128) for v in (i, i, i))
    with open(path, "wb") as gif:
        gif.write(b"GIF89a" + struct.pack("<HHBBB", width, height, 0xE6, 0, 0) + palette)
        for k in range(frames):
            pixels, codes = [k % 128] * (width * height), []
            for i in range(0, len(pixels), 100):  # codes of 8 bits: cleared before they grow
                codes += [128] + pixels[i:i + 100]
            data = bytes(codes + [129])
            gif.write(b"," + struct.pack("<HHHHBB", 0, 0, width, height, 0, 7))
            for i in range(0, len(data), 255):
                gif.write(bytes([len(data[i:i + 255])]) + data[i:i + 255])
            gif.write(b"\0")
        gif.write(b";")

def peak(path):
    subprocess.run(["mae-patchify", path, "-o", "x.h5", "--image-size", "64", "-q", "-j", "1"], check=True, stdout=subprocess.DEVNULL)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss

write("short.gif", 70)
write("long.gif", 3000)
short = peak("short.gif")
assert peak("long.gif") < short + 8192, (short, peak("long.gif"))  # KiB; its frames take 60 MB
END
}

@test "tube masks hide the same places at all times" {
  mae-patchify clips -o clips.h5 "${cut[@]}"
  mae-mask clips.h5 -o mask.h5 --strategy tube --mask-ratio 0.9
  h5 mask.h5 'f["mask"].shape == (4, 32)' '(f["mask"][:, :16] == f["mask"][:, 16:]).all()' '(f["mask"][()].sum(1) == 2 * 14).all()' 'f["mask"].attrs["slots"] == 2'
  mae-mask clips.h5 -o random.h5 --strategy random --mask-ratio 0.9
  h5 random.h5 '(f["mask"][()].sum(1) == 29).all()' '(f["mask"][:, :16] != f["mask"][:, 16:]).any()'
  fails 2 "masks are for pictures, not for clips" mae-mask clips.h5 -o x.h5 --strategy block
}

@test "pretraining, features, reconstruction, fine-tuning and views" {
  mae-patchify clips -o clips.h5 "${cut[@]}"
  pretrain
  json "$(mae-info --json video/checkpoint.safetensors)" 'j["config"]["model"] == "video_mae" and j["config"]["num_frames"] == 4 and j["config"]["patch_size"] == [8, 8]'
  succeeds mae-pretrain clips -o folder --model video-mae-small-patch16 "${tiny[@]}" --img-size 32 --patch-size 8 --stride 2 --epochs 1 --batch-size 2
  succeeds mae-encode --model video clips.h5 -o features.h5 --patches
  h5 features.h5 'f["features"].shape == (4, 48)' 'f["patch_features"].shape == (4, 32, 48)'
  succeeds mae-encode --model folder clips -o other.h5
  succeeds mae-probe features.h5 features.h5 --method knn --k 1
  succeeds mae-reconstruct --model video clips.h5 -o out.png
  [ "$(value samples)" = 4 ]
  "$python" - out.png <<'END'
import struct, sys, zlib
data, at, kinds, sequence = open(sys.argv[1], "rb").read(), 8, [], 0
while at < len(data):
    length, kind = struct.unpack(">I4s", data[at:at + 8])
    body = data[at + 8:at + 8 + length]
    assert struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0] == zlib.crc32(kind + body)
    if kind in (b"fcTL", b"fdAT"):
        assert struct.unpack(">I", body[:4])[0] == sequence
        sequence += 1
    kinds.append(kind)
    at += 12 + length
assert kinds.count(b"fcTL") == 4 and kinds.index(b"acTL") < kinds.index(b"IDAT"), kinds
END
  succeeds mae-reconstruct --model video clips.h5 -o out.html
  grep -q 'num_frames' out.html
  succeeds mae-reconstruct --model video clips.h5 -o out.h5
  h5 out.h5 'f["reconstruction"].shape == (4, 32, 384)' '(f["mask"][:, :16] == f["mask"][:, 16:]).all()'
  mae-mask clips.h5 -o - --strategy tube --mask-ratio 0.75 | mae-reconstruct --model video - -o piped.h5 -q
  succeeds mae-finetune --model video clips.h5 --val clips.h5 -o tuned-video --epochs 1 --batch-size 2 --warmup-epochs 0
  succeeds mae-finetune --model tuned-video --eval --val clips --segments 3 --crops 2 --stride 2 --predict p.tsv
  [ "$(wc -l <p.tsv)" = 5 ]
  fails 2 "a shard holds one clip" mae-finetune --model tuned-video --eval --val clips.h5 --segments 2
  fails 2 "views of videos" mae-finetune --model tuned --eval --val test.h5 --crops 2
  succeeds mae-encode --model tuned-video clips.h5 -o tuned.h5
}

@test "checkpoints of clips go out and come back" {
  mae-patchify clips -o clips.h5 "${cut[@]}"
  pretrain
  heads=(--num-heads 3 --decoder-num-heads 3)
  mae-convert video official.pth >/dev/null
  mae-convert official.pth again.safetensors >/dev/null
  mae-convert video hub/ >/dev/null
  mae-convert hub/ hub.safetensors >/dev/null
  mae-encode --model video clips.h5 -o a.h5 -q
  mae-encode --model again.safetensors clips.h5 -o b.h5 -q
  same_data a.h5 b.h5 features
  mae-encode --model hub.safetensors clips.h5 -o c.h5 -q
  same_data a.h5 c.h5 features
  fails 2 "no such layout" mae-convert video timm.safetensors --to timm
}

# The judge of Hugging Face's layout is transformers.
@test "transformers reads what is written, and both compute the same" {
  [ -x "${MAE_PEERS_PYTHON:-}" ] || skip "MAE_PEERS_PYTHON is no Python with torch and transformers"
  rm -rf clips
  export HF_HUB_OFFLINE=1
  "$MAE_PEERS_PYTHON" "$BATS_TEST_DIRNAME/video_peers.py" write
  mae-convert hf hf.safetensors >/dev/null
  mae-convert hf-cls hf-cls.safetensors >/dev/null
  mae-convert hf.safetensors back/ >/dev/null
  mae-convert hf-cls.safetensors back-cls/ >/dev/null
  mae-patchify clips -o clips.h5 --frames 16 --stride 1 --image-size 32 --patch-size 16 -q
  mae-mask clips.h5 -o mask.h5 --strategy tube --mask-ratio 0.75
  mae-encode --dtype float32 --model hf.safetensors clips.h5 -o features.h5 --patches -q
  mae-finetune --model hf-cls.safetensors --eval --val clips.h5 --predict p.tsv -q >/dev/null
  mae-pretrain clips.h5 -o run-hf --model hf.safetensors --masks mask.h5 --augment none --epochs 1 --blr 0 --warmup-epochs 0 --batch-size 3 -q >/dev/null
  "$python" - <<'END'
import csv, h5py, json, numpy
numpy.save("features.npy", h5py.File("features.h5")["patch_features"][()])
numpy.save("mask.npy", h5py.File("mask.h5")["mask"][()])
rows = list(csv.reader(open("p.tsv"), delimiter="\t"))
columns = [i for i, name in enumerate(rows[0]) if name.startswith("LABEL_")]
numpy.save("probabilities.npy", numpy.array([[float(row[i]) for i in columns] for row in rows[1:]], dtype="float32"))
open("loss.txt", "w").write(str(json.loads(open("run-hf/log.jsonl").readline())["train_loss"]))
END
  "$MAE_PEERS_PYTHON" "$BATS_TEST_DIRNAME/video_peers.py" check
}
