"""The commands that are tested: each writing tool in each of its ways to write."""

import dataclasses

MODEL = " --embed-dim 16 --depth 1 --num-heads 2 --decoder-embed-dim 8 --decoder-depth 1 --decoder-num-heads 2"
TRAINING = " --warmup-epochs 1 --batch-size 8"


@dataclasses.dataclass(frozen=True)
class Command:
    """A command line, run in a copy of the world of tests/faults/make_world.

    output   the one file it makes, which may have an older version; "" where it makes several, or only prints
    """

    name: str
    line: str
    output: str = ""

    @property
    def trains(self):
        return "--epochs" in self.line and "-o out" in self.line and not self.output

    def arguments(self, resumes=False):
        """A run that was stopped goes on; everything else is made again."""
        return self.line.split() + ["-q"] + (["--resume"] if resumes and self.trains else [])


def single(name, line, output):
    return Command(name, line.replace("@", output), output)


COMMANDS = [
    single("patchify", "mae-patchify photos -o @ --image-size 32", "out.h5"),
    Command("patchify-set", "mae-patchify test -o out.h5 --image-size 32 --shard-size 3"),
    single("mask", "mae-mask test.h5 -o @", "out.h5"),
    Command("pretrain", "mae-pretrain test.h5 --val few.h5 -o out --epochs 3" + TRAINING + MODEL),
    Command(
        "pretrain-accum",
        "mae-pretrain test.h5 -o out --epochs 2 --dtype bfloat16 --accum-iter 2 --clip-grad 1 -j 2 --warmup-epochs 1 --batch-size 2" + MODEL,
    ),
    single("encode", "mae-encode --model mae.safetensors few.h5 -o @ --patches", "out.h5"),
    Command("encode-set", "mae-encode --model mae.safetensors few.h5 -o out.h5 --num-shards 2"),
    single("reconstruct", "mae-reconstruct --model mae.safetensors few.h5 -o @", "out.h5"),
    single("reconstruct-png", "mae-reconstruct --model mae.safetensors few.h5 -o @ --limit 2", "out.png"),
    single("reconstruct-html", "mae-reconstruct --model mae.safetensors few.h5 -o @ --limit 2", "out.html"),
    Command("reconstruct-folder", "mae-reconstruct --model mae.safetensors few.h5 -o out/ --limit 2"),
    single("probe", "mae-probe train-features.h5 test-features.h5 -o @ --epochs 2 --warmup-epochs 0", "out.safetensors"),
    Command(
        "probe-tables",
        "mae-probe train-features.h5 test-features.h5 --method knn --k 5 --predictions p.tsv --confusion c.tsv",
    ),
    Command("finetune", "mae-finetune --model mae.safetensors test.h5 --val few.h5 -o out --epochs 2" + TRAINING),
    single("convert-pth", "mae-convert mae.safetensors @", "out.pth"),
    single("convert-timm", "mae-convert mae.safetensors @ --to timm --encoder-only", "out.safetensors"),
    Command("info", "mae-info --check test.h5 mae.safetensors"),
]
BY_NAME = {command.name: command for command in COMMANDS}
