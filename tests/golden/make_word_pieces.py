#!/usr/bin/env python3
"""Writes tests/golden/word_pieces: mixed text, a vocabulary, and the ids of transformers.BertTokenizer.

usage: tests/golden/make_word_pieces.py [SEED LINES FOLDER]   (needs transformers; without arguments the committed files)
"""

import json
import pathlib
import random
import sys

from transformers import BertTokenizer

WORDS = ("a the photo of small large bright picture shirt trouser pullover dress coat sandal sneaker bag boot airplane "
         "automobile bird cat deer dog frog horse ship truck running unaffable embeddings it's don't e-mail U.S.A. 3.14 "
         "1,000 50% $9.99 C++ x86_64 naïve café résumé Ångström Émile ŻÓŁĆ Straße İstanbul ΣΊΣΥΦΟΣ Привет Ёлка мир "
         "שָׁלוֹם مَرْحَبًا नमस्ते ไทย 한국어 조선말 日本語 カタカナ ひらがな 中文 漢字 㐀 豈 \U00020000 \U0002b820 ﬁne Å Ω K "
         "ǅ ẞ ﬃ ½ ② ™ … — “quoted” «guillemets» ¿qué? ¡sí! 😀 👩‍👩‍👧 🇩🇪 ❤️ 🏽 [MASK] [UNK] [CLS] [SEP] [PAD] [mask] [] "
         "e\u0301 o\u0308o a\u0323\u0302 \u0958 \u0340 \u037e \u1fef \u2126").split()
ODD = ["\t", "\n", "\r", "\u00a0", "\u2003", "\u3000", "\u200b", "\u200d", "\ufeff", "\u00ad", "\x01", "\x7f", "\x85",
       "\ufffd", "\u2028", "\u202e", "\x1f", "\u0000", "\ue000", "\U000e0041"]
PLANES = [(0x20, 0x7e), (0xa0, 0x24f), (0x250, 0x52f), (0x530, 0xfff), (0x1000, 0x1fff), (0x2000, 0x2fff),
          (0x3000, 0x33ff), (0x4e00, 0x9fff), (0xa000, 0xd7ff), (0xf900, 0xffef), (0x10000, 0x11fff), (0x1d100, 0x1f9ff)]


def line(rng):
    parts = []
    for _ in range(rng.randint(0, 9)):
        kind = rng.random()
        if kind < 0.7:
            word = rng.choice(WORDS)
            parts.append(rng.choice([word, word, word.upper(), word.title(), word[::-1]]))
        elif kind < 0.85:
            parts.append("".join(chr(rng.randint(*rng.choice(PLANES))) for _ in range(rng.randint(1, 6))))
        elif kind < 0.95:
            parts.append(rng.choice(ODD))
        else:
            parts.append("".join(rng.choice("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") for _ in range(rng.randint(1, 4))))
    text = parts[0] if parts else ""
    for part in parts[1:]:
        text += rng.choice([" ", " ", " ", "", rng.choice(ODD)]) + part
    return text


def lines_of(seed, count):
    rng = random.Random(seed)
    lines = [line(rng) for _ in range(count - 3)]
    return lines + ["x" * 100, "x" * 101, "é" * 100 + " " + "é" * 101]


def vocabulary(lines):
    """Whole words, and of the rest most characters, so that some words cannot be spelt."""
    normalize = BertTokenizer({"[PAD]": 0, "[UNK]": 1})._tokenizer
    found, single = {}, set()
    for text in lines:
        for word, _ in normalize.pre_tokenizer.pre_tokenize_str(normalize.normalizer.normalize_str(text)):
            found[word] = found.get(word, 0) + 1
            single.update(word)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    frequent = sorted((word for word, count in found.items() if count > 20 and len(word) > 1), key=lambda w: (-found[w], w))
    pieces += frequent[::2]
    for word in frequent[1::2]:
        pieces += [word[:2], "##" + word[2:]] if len(word) > 2 else [word]
    for character in sorted(single):
        if ord(character) < 0x250 or ord(character) % 3:
            pieces += [character, "##" + character]
    return list(dict.fromkeys(piece for piece in pieces if piece != "##"))


def main():
    seed, count, folder = 0, 2500, pathlib.Path(__file__).parent / "word_pieces"
    if len(sys.argv) > 1:
        seed, count, folder = int(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])
    lines = lines_of(seed, count)
    pieces = vocabulary(lines)
    tokenizer = BertTokenizer({piece: i for i, piece in enumerate(pieces)})
    folder.mkdir(exist_ok=True)
    (folder / "vocab.txt").write_text("".join(piece + "\n" for piece in pieces), encoding="utf-8", newline="")
    with open(folder / "expected.jsonl", "w", encoding="utf-8") as out:
        for text in lines:
            ids = tokenizer(text, add_special_tokens=False)["input_ids"]
            out.write(json.dumps([text, ids], ensure_ascii=False, separators=(",", ":")) + "\n")


main()
