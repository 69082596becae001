# bash completion of mae-patchify
_mae_patchify() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  # bash takes --name=value apart at the sign.
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  case $previous in
    --progress)
      mapfile -t COMPREPLY < <(compgen -W 'auto always never json' -- "$current"); return ;;
    --completion)
      mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- "$current"); return ;;
    --on-error)
      mapfile -t COMPREPLY < <(compgen -W 'fail skip' -- "$current"); return ;;
    --limit|--max-pixels|--image-size|--patch-size|--channels|--bit-depth|--mean|--std|--frames|--stride|--clips|--tubelet-size|--text-length|--shard-size|--num-shards|--shard-index|-j|--threads) return ;;
    --log-file|--config|--files-from|--range|--rejects|--resize|--stats-from|--vocab|-o|--output)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W '--quiet --verbose --log-file --progress --untrusted --json --config --dump-config --dry-run --help --version --completion --files-from --null --range --limit --allow-outside --max-pixels --strict --on-error --rejects --image-size --resize --exif-orientation --patch-size --channels --bit-depth --mean --std --compute-mean-std --stats-from --frames --stride --clips --tubelet-size --vocab --text-length --output --no-clobber --if-changed --shard-size --num-shards --shard-index --threads' -- "$current")
    return
  fi
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
complete -F _mae_patchify mae-patchify
# bash completion of mae-mask
_mae_mask() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  # bash takes --name=value apart at the sign.
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  case $previous in
    --progress)
      mapfile -t COMPREPLY < <(compgen -W 'auto always never json' -- "$current"); return ;;
    --completion)
      mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- "$current"); return ;;
    --strategy)
      mapfile -t COMPREPLY < <(compgen -W 'random block grid uniform mixed complementary shared tube file' -- "$current"); return ;;
    --mask-ratio|--seed) return ;;
    --log-file|--config|--files-from|-o|--output|--from-image|--from-list)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W '--quiet --verbose --log-file --progress --untrusted --json --config --dump-config --dry-run --help --version --completion --files-from --null --output --no-clobber --if-changed --mask-ratio --strategy --seed --from-image --from-list --with-patches' -- "$current")
    return
  fi
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
complete -F _mae_mask mae-mask
# bash completion of mae-codebook
_mae_codebook() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  # bash takes --name=value apart at the sign.
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  case $previous in
    --progress)
      mapfile -t COMPREPLY < <(compgen -W 'auto always never json' -- "$current"); return ;;
    --completion)
      mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- "$current"); return ;;
    --method)
      mapfile -t COMPREPLY < <(compgen -W 'pca kmeans' -- "$current"); return ;;
    --components|--codes|--samples|--iterations|--mean|--std|--seed|-j|--threads) return ;;
    --log-file|--config|--files-from|-o|--output)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W '--quiet --verbose --log-file --progress --untrusted --json --config --dump-config --dry-run --help --version --completion --files-from --null --output --no-clobber --if-changed --method --components --codes --samples --iterations --mean --std --seed --threads' -- "$current")
    return
  fi
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
complete -F _mae_codebook mae-codebook
# bash completion of mae-pretrain
_mae_pretrain() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  # bash takes --name=value apart at the sign.
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  case $previous in
    --progress)
      mapfile -t COMPREPLY < <(compgen -W 'auto always never json' -- "$current"); return ;;
    --completion)
      mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- "$current"); return ;;
    --augment)
      mapfile -t COMPREPLY < <(compgen -W 'none flip crop-fixed crop crop-color multi-scale' -- "$current"); return ;;
    --dtype)
      mapfile -t COMPREPLY < <(compgen -W 'float32 bfloat16' -- "$current"); return ;;
    --target)
      mapfile -t COMPREPLY < <(compgen -W 'pixels norm-pixels norm-pixels-channel pca tokens' -- "$current"); return ;;
    --predict)
      mapfile -t COMPREPLY < <(compgen -W 'all hidden' -- "$current"); return ;;
    --qkv-bias)
      mapfile -t COMPREPLY < <(compgen -W 'qkv qv none' -- "$current"); return ;;
    --pos-embed)
      mapfile -t COMPREPLY < <(compgen -W 'sincos2d sincos1d' -- "$current"); return ;;
    --strategy)
      mapfile -t COMPREPLY < <(compgen -W 'random block grid uniform mixed complementary shared tube' -- "$current"); return ;;
    --max-pixels|--limit|--stride|--mean|--std|--crop-scale|--save-every|--save-minutes|--keep-every|--nan-skips|--peer-timeout|--max-steps|--probe-every|--batch-size|--seed|-j|--threads|--img-size|--patch-size|--frames|--tubelet-size|--in-chans|--embed-dim|--depth|--num-heads|--mlp-ratio|--decoder-embed-dim|--decoder-depth|--decoder-num-heads|--mask-ratio|--text-mask-ratio|--image-loss-weight|--text-loss-weight|--unpaired-text-length|--unpaired-text-loss-weight|--epochs|--warmup-epochs|--blr|--lr|--min-lr|--weight-decay|--betas|--accum-iter|--clip-grad) return ;;
    --log-file|--config|--files-from|--val|-o|--output|--device|--model|--set|--target-file|--masks|--unpaired-text)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W '--quiet --verbose --log-file --progress --untrusted --json --config --dump-config --dry-run --help --version --completion --files-from --null --max-pixels --strict --exif-orientation --limit --stride --val --mean --std --augment --horizontal-flip --no-horizontal-flip --crop-scale --output --no-clobber --if-changed --resume --save-every --save-minutes --keep-every --nan-skips --peer-timeout --overlap --no-overlap --checkpoint-activations --cuda-graph --max-steps --probe-every --batch-size --device --dtype --seed --threads --model --img-size --patch-size --frames --tubelet-size --in-chans --embed-dim --depth --num-heads --mlp-ratio --decoder-embed-dim --decoder-depth --decoder-num-heads --norm-pix-loss --set --target --target-file --encoder-mask-tokens --predict --qkv-bias --pos-embed --cls-token --no-cls-token --mask-ratio --strategy --masks --text-mask-ratio --image-loss-weight --text-loss-weight --unpaired-text --unpaired-text-length --unpaired-text-loss-weight --epochs --warmup-epochs --blr --lr --min-lr --weight-decay --betas --accum-iter --clip-grad' -- "$current")
    return
  fi
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
complete -F _mae_pretrain mae-pretrain
# bash completion of mae-encode
_mae_encode() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  # bash takes --name=value apart at the sign.
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  case $previous in
    --progress)
      mapfile -t COMPREPLY < <(compgen -W 'auto always never json' -- "$current"); return ;;
    --completion)
      mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- "$current"); return ;;
    --channels-policy)
      mapfile -t COMPREPLY < <(compgen -W 'error average repeat' -- "$current"); return ;;
    --on-error)
      mapfile -t COMPREPLY < <(compgen -W 'fail skip' -- "$current"); return ;;
    --dtype)
      mapfile -t COMPREPLY < <(compgen -W 'auto float32 bfloat16 int8' -- "$current"); return ;;
    --pool)
      mapfile -t COMPREPLY < <(compgen -W 'auto cls mean' -- "$current"); return ;;
    --patch-dtype)
      mapfile -t COMPREPLY < <(compgen -W 'float32 float16' -- "$current"); return ;;
    --strategy)
      mapfile -t COMPREPLY < <(compgen -W 'random block grid uniform mixed complementary shared tube' -- "$current"); return ;;
    --image-size|--stride|--max-pixels|--limit|--batch-size|-j|--threads|--blocks|--mask-ratio|--seed|--calibration-size|--num-shards|--shard-index|--shard-size) return ;;
    --log-file|--config|--files-from|--model|--rejects|--device|-o|--output|--masks)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W '--quiet --verbose --log-file --progress --untrusted --json --config --dump-config --dry-run --help --version --completion --files-from --null --model --image-size --stride --max-pixels --strict --exif-orientation --channels-policy --limit --on-error --rejects --batch-size --device --dtype --threads --output --no-clobber --if-changed --pool --patches --maps --patch-dtype --blocks --attention --masks --mask-ratio --strategy --seed --compare --calibration-size --num-shards --shard-index --shard-size' -- "$current")
    return
  fi
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
complete -F _mae_encode mae-encode
# bash completion of mae-reconstruct
_mae_reconstruct() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  # bash takes --name=value apart at the sign.
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  case $previous in
    --progress)
      mapfile -t COMPREPLY < <(compgen -W 'auto always never json' -- "$current"); return ;;
    --completion)
      mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- "$current"); return ;;
    --channels-policy)
      mapfile -t COMPREPLY < <(compgen -W 'error average repeat' -- "$current"); return ;;
    --on-error)
      mapfile -t COMPREPLY < <(compgen -W 'fail skip' -- "$current"); return ;;
    --dtype)
      mapfile -t COMPREPLY < <(compgen -W 'float32 bfloat16' -- "$current"); return ;;
    --strategy)
      mapfile -t COMPREPLY < <(compgen -W 'random block grid uniform mixed complementary shared tube' -- "$current"); return ;;
    --patch-stats)
      mapfile -t COMPREPLY < <(compgen -W 'visible truth' -- "$current"); return ;;
    --image-size|--stride|--max-pixels|--limit|--batch-size|-j|--threads|--mask-ratio|--text-mask-ratio|--seed|--num-shards|--shard-index) return ;;
    --log-file|--config|--files-from|--model|--rejects|--device|-o|--output|--masks)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W '--quiet --verbose --log-file --progress --untrusted --json --config --dump-config --dry-run --help --version --completion --files-from --null --model --image-size --stride --max-pixels --strict --exif-orientation --channels-policy --limit --on-error --rejects --batch-size --device --dtype --threads --output --no-clobber --if-changed --masks --mask-ratio --strategy --text-mask-ratio --seed --patch-stats --num-shards --shard-index' -- "$current")
    return
  fi
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
complete -F _mae_reconstruct mae-reconstruct
# bash completion of mae-probe
_mae_probe() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  # bash takes --name=value apart at the sign.
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  case $previous in
    --progress)
      mapfile -t COMPREPLY < <(compgen -W 'auto always never json' -- "$current"); return ;;
    --completion)
      mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- "$current"); return ;;
    --method)
      mapfile -t COMPREPLY < <(compgen -W 'linear knn' -- "$current"); return ;;
    --pool)
      mapfile -t COMPREPLY < <(compgen -W 'auto cls mean' -- "$current"); return ;;
    --augment)
      mapfile -t COMPREPLY < <(compgen -W 'none flip crop-fixed crop crop-color' -- "$current"); return ;;
    --channels-policy)
      mapfile -t COMPREPLY < <(compgen -W 'error average repeat' -- "$current"); return ;;
    --dtype)
      mapfile -t COMPREPLY < <(compgen -W 'float32 bfloat16' -- "$current"); return ;;
    --limit|--batch-size|--blr|--lr|--epochs|--warmup-epochs|--weight-decay|--sweep-lr|--crop-scale|--image-size|--max-pixels|--k|--temperature|--shots|--repeats|--seed|-j|--threads) return ;;
    --log-file|--config|--train|--test|--model|--device|-o|--output|--predictions|--confusion)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W '--quiet --verbose --log-file --progress --untrusted --json --config --dump-config --dry-run --help --version --completion --train --test --limit --method --batch-size --blr --lr --epochs --warmup-epochs --weight-decay --sweep --sweep-lr --online --model --pool --augment --crop-scale --horizontal-flip --no-horizontal-flip --image-size --max-pixels --strict --exif-orientation --channels-policy --device --dtype --k --temperature --shots --repeats --output --no-clobber --if-changed --predictions --confusion --seed --threads' -- "$current")
    return
  fi
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
complete -F _mae_probe mae-probe
# bash completion of mae-finetune
_mae_finetune() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  # bash takes --name=value apart at the sign.
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  case $previous in
    --progress)
      mapfile -t COMPREPLY < <(compgen -W 'auto always never json' -- "$current"); return ;;
    --completion)
      mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- "$current"); return ;;
    --clip-sampling)
      mapfile -t COMPREPLY < <(compgen -W 'dense segments strided' -- "$current"); return ;;
    --channels-policy)
      mapfile -t COMPREPLY < <(compgen -W 'error average repeat' -- "$current"); return ;;
    --augment)
      mapfile -t COMPREPLY < <(compgen -W 'none flip crop-fixed crop crop-color' -- "$current"); return ;;
    --remode)
      mapfile -t COMPREPLY < <(compgen -W 'pixel rand const' -- "$current"); return ;;
    --dtype)
      mapfile -t COMPREPLY < <(compgen -W 'float32 bfloat16' -- "$current"); return ;;
    --class-weights)
      mapfile -t COMPREPLY < <(compgen -W 'none balanced' -- "$current"); return ;;
    --stride|--max-pixels|--limit|--mean|--std|--crop-scale|--color-jitter|--reprob|--recount|--mixup|--cutmix|--smoothing|--save-every|--save-minutes|--keep-every|--nan-skips|--peer-timeout|--max-steps|--segments|--crops|--batch-size|--seed|-j|--threads|--img-size|--patch-size|--frames|--in-chans|--embed-dim|--depth|--num-heads|--mlp-ratio|--drop-path|--epochs|--warmup-epochs|--blr|--lr|--min-lr|--layer-decay|--weight-decay|--betas|--accum-iter|--clip-grad|--model-ema) return ;;
    --log-file|--config|--files-from|--val|--aa|-o|--output|--predict|--confusion|--per-class|--chart|--device|--model|--train-blocks)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W '--quiet --verbose --log-file --progress --untrusted --json --config --dump-config --dry-run --help --version --completion --files-from --null --stride --clip-sampling --max-pixels --strict --exif-orientation --channels-policy --limit --val --mean --std --augment --horizontal-flip --no-horizontal-flip --crop-scale --aa --color-jitter --reprob --remode --recount --mixup --cutmix --smoothing --output --no-clobber --if-changed --resume --save-every --save-minutes --keep-every --nan-skips --peer-timeout --overlap --no-overlap --checkpoint-activations --max-steps --eval --segments --crops --predict --confusion --per-class --chart --batch-size --device --dtype --seed --threads --model --img-size --patch-size --frames --in-chans --embed-dim --depth --num-heads --mlp-ratio --global-pool --no-global-pool --drop-path --epochs --warmup-epochs --blr --lr --min-lr --layer-decay --weight-decay --betas --accum-iter --clip-grad --model-ema --class-weights --train-blocks' -- "$current")
    return
  fi
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
complete -F _mae_finetune mae-finetune
# bash completion of mae-convert
_mae_convert() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  # bash takes --name=value apart at the sign.
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  case $previous in
    --progress)
      mapfile -t COMPREPLY < <(compgen -W 'auto always never json' -- "$current"); return ;;
    --completion)
      mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- "$current"); return ;;
    --to)
      mapfile -t COMPREPLY < <(compgen -W 'mae official huggingface timm' -- "$current"); return ;;
    --num-heads|--decoder-num-heads|--image-size|--mean|--std|--seed) return ;;
    --log-file|--config|--key|--allow-missing|--allow-extra)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W '--quiet --verbose --log-file --progress --untrusted --json --config --dump-config --dry-run --help --version --completion --no-clobber --if-changed --to --encoder-only --num-heads --decoder-num-heads --image-size --norm-pix-loss --mean --std --key --allow-missing --allow-extra --seed' -- "$current")
    return
  fi
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
complete -F _mae_convert mae-convert
# bash completion of mae-info
_mae_info() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  # bash takes --name=value apart at the sign.
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  case $previous in
    --progress)
      mapfile -t COMPREPLY < <(compgen -W 'auto always never json' -- "$current"); return ;;
    --completion)
      mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- "$current"); return ;;
    --log-file|--config|--files-from|--chart|--column|--title)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W '--quiet --verbose --log-file --progress --untrusted --json --config --dump-config --dry-run --help --version --completion --files-from --null --history --tensors --check --index --join --sha256 --chart --column --title' -- "$current")
    return
  fi
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
complete -F _mae_info mae-info
# bash completion of mae
_mae() {
  local function=_mae_${COMP_WORDS[1]//-/_}
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W 'patchify mask codebook pretrain encode reconstruct probe finetune convert info help --help --version' -- "${COMP_WORDS[1]}")
  elif [[ ${COMP_WORDS[1]} == help ]]; then
    mapfile -t COMPREPLY < <(compgen -W 'patchify mask codebook pretrain encode reconstruct probe finetune convert info' -- "${COMP_WORDS[COMP_CWORD]}")
  elif declare -F "$function" >/dev/null; then
    "$function"
  fi
}
complete -F _mae mae
