#compdef darkroom
# Completes darkroom in zsh. Kept: darkroom completion zsh > a file named _darkroom in a folder of $fpath
_darkroom() {
  local answer line
  local -a values
  answer="$(darkroom completion answer -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)" || return
  compset -P '--*='
  case $answer in
    :files) _files; return ;;
    :folders) _files -/; return ;;
  esac
  for line in "${(@f)answer}"; do
    [[ -n $line ]] && values+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  _describe -t values darkroom values
}
if [[ $funcstack[1] == _darkroom ]]; then
  _darkroom "$@"
else
  compdef _darkroom darkroom
fi
