# Completes darkroom in bash. Kept: darkroom completion bash > ~/.local/share/bash-completion/completions/darkroom
# Nothing that was typed is evaluated: the words go to darkroom as they are.
_darkroom() {
  local word last='' value answer start i
  local -a words=()
  COMPREPLY=()
  # bash cuts words at : and =, which are part of ours.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ -n $last && ($word == [:=]* || $last == *[:=]) ]]; then
      last+=$word
      words[${#words[@]} - 1]=$last
    else
      last=$word
      words+=("$word")
    fi
  done
  answer=$(darkroom completion answer -- "${words[@]}" 2>/dev/null) || return
  # An empty reply leaves it to bash, which completes files.
  [[ $answer == :files || $answer == :folders ]] && return
  compopt +o default 2>/dev/null
  [[ $last == --*=* ]] && last=${last#*=}
  start=${last%"${last##*:}"}
  while IFS=$'\t' read -r value _; do
    [[ -n $value && $value == "$last"* ]] && COMPREPLY+=("${value#"$start"}")
  done <<<"$answer"
}
complete -o default -F _darkroom darkroom
