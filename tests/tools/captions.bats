# Captions as word pieces: what mae-patchify --vocab writes, and what is refused.

load helpers

setup() {
  enter_sandbox
  printf '%s\n' '[PAD]' '[UNK]' a guard plane '##s' >vocab.txt
  printf 'image,caption\nphotos/bearskin.jpg,"A guard, standing"\nphotos/sidewinder.jpg,planes\nphotos/rgb.png,\n' >captions.csv
}

@test "word pieces, padding and the vocabulary travel with the shard" {
  mae-patchify captions.csv -o c.h5 --image-size 32 --vocab vocab.txt --text-length 4 -q
  h5 c.h5 'f["tokens"][()].tolist() == [[2, 3, 1, 1], [4, 5, 0, 0], [0] * 4]' 'f["tokens"].dtype == numpy.int32' \
    'f["token_padding"][()].tolist() == [[0] * 4, [0, 0, 1, 1], [1] * 4]' 'f["token_padding"].dtype == numpy.uint8' \
    '[piece.decode() for piece in f["vocabulary"][()]] == ["[PAD]", "[UNK]", "a", "guard", "plane", "##s"]' \
    'f["tokens"].attrs["vocabulary_size"] == 6' '"captions" in f'
  run -0 mae-info c.h5
  [[ $output == */tokens* && $output == */token_padding* && $output == *vocabulary_digest*xxh3:* ]]
  mae-info --check c.h5
}

@test "equal to transformers.BertTokenizer, through an archive" {
  golden=$root/tests/golden/word_pieces
  "$python" "$BATS_TEST_DIRNAME/tokenizer_peer.py" "$golden" write
  mae-patchify web.tar -o captions.h5 --image-size 2 --patch-size 2 --channels 1 --vocab "$golden/vocab.txt" --text-length 24 -q
  "$python" "$BATS_TEST_DIRNAME/tokenizer_peer.py" "$golden"
}

@test "the same, asked live with other lines" {
  [ -x "${MAE_PEERS_PYTHON:-}" ] || skip "MAE_PEERS_PYTHON is no Python with transformers"
  mkdir other
  for seed in 1 2; do
    "$MAE_PEERS_PYTHON" "$root/tests/golden/make_word_pieces.py" "$seed" 4000 other
    "$python" "$BATS_TEST_DIRNAME/tokenizer_peer.py" other write
    mae-patchify web.tar -o captions.h5 --image-size 2 --patch-size 2 --channels 1 --vocab other/vocab.txt -q
    "$python" "$BATS_TEST_DIRNAME/tokenizer_peer.py" other
  done
}

@test "what is refused" {
  printf '[PAD]\ndog\n' >no-unk.txt
  printf '[PAD]\n[UNK]\ndog\ndog\n' >twice.txt
  : >empty.txt
  check_cases <<'END'
3 :: mae-patchify captions.csv -o x.h5 --image-size 32 --vocab nowhere.txt :: nowhere.txt
3 :: mae-patchify captions.csv -o x.h5 --image-size 32 --vocab no-unk.txt :: no-unk.txt: the vocabulary has no \[UNK\]
3 :: mae-patchify captions.csv -o x.h5 --image-size 32 --vocab empty.txt :: empty.txt: the vocabulary has no \[PAD\]
3 :: mae-patchify captions.csv -o x.h5 --image-size 32 --vocab twice.txt :: twice.txt:4: 'dog' stands in line 3 already
3 :: mae-patchify captions.csv -o x.h5 --image-size 32 --vocab photos/rgb.png :: photos/rgb.png
2 :: mae-patchify photos -o x.h5 --image-size 32 --vocab vocab.txt :: --vocab: the input has no captions
2 :: mae-patchify captions.csv -o x.h5 --image-size 32 --vocab vocab.txt --text-length 0 :: --text-length
2 :: mae-patchify captions.csv -o x.h5 --image-size 32 --text-length 8 :: --text-length: nothing is cut into word pieces
END
}
