"""Compares /tokens of captions.h5, made from the lines of expected.jsonl with its vocab.txt, with what
transformers.BertTokenizer says now. Arguments: the folder of both, and "write" to make web.tar first."""

import io
import json
import pathlib
import sys
import tarfile

folder = pathlib.Path(sys.argv[1])
lines = [json.loads(line)[0] for line in open(folder / "expected.jsonl", encoding="utf-8")]

if sys.argv[2:] == ["write"]:
    picture = b"P5 2 2 255\n" + bytes(4)
    with tarfile.open("web.tar", "w") as archive:
        for number, text in enumerate(lines):
            for suffix, content in ((".pgm", picture), (".txt", text.encode())):
                member = tarfile.TarInfo(f"{number:06}{suffix}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    sys.exit()

import h5py  # noqa: E402

pieces = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
if sys.argv[2:] == ["live"]:
    from transformers import BertTokenizer

    tokenizer = BertTokenizer({piece: i for i, piece in enumerate(pieces)})
    wanted = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in lines]
else:
    wanted = [json.loads(line)[1] for line in open(folder / "expected.jsonl", encoding="utf-8")]

with h5py.File("captions.h5") as shard:
    tokens, padding = shard["tokens"][()], shard["token_padding"][()]
    assert [piece.decode() for piece in shard["vocabulary"][()]] == pieces
length = tokens.shape[1]
assert tokens.dtype == "int32" and padding.dtype == "uint8"
for text, ids, row, pad in zip(lines, wanted, tokens, padding):
    kept = ids[:length]
    assert row.tolist() == kept + [0] * (length - len(kept)), (text, ids, row)
    assert pad.tolist() == [0] * len(kept) + [1] * (length - len(kept)), text
assert len(lines) == len(tokens) == len(wanted)
