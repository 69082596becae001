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
    --log-file|--config|--files-from)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W '--quiet --verbose --log-file --progress --json --config --dump-config --dry-run --help --version --completion --files-from --null --history --tensors --check' -- "$current")
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
    mapfile -t COMPREPLY < <(compgen -W 'patchify mask pretrain encode reconstruct probe finetune convert info help --help --version' -- "${COMP_WORDS[1]}")
  elif [[ ${COMP_WORDS[1]} == help ]]; then
    mapfile -t COMPREPLY < <(compgen -W 'patchify mask pretrain encode reconstruct probe finetune convert info' -- "${COMP_WORDS[COMP_CWORD]}")
  elif declare -F "$function" >/dev/null; then
    "$function"
  fi
}
complete -F _mae mae
