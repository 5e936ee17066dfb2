# Runs in the terminal that completion.zsh makes.
PS1=
autoload -Uz compinit && compinit -D -u
source "$1"
bindkey '^I' complete-word
compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return $?; fi
  local -a hits
  builtin compadd -A hits "$@"
  print -rl -- "${(@)hits/#/OFFER }"
  builtin compadd "$@"
}
finish() { print END; exit }
comppostfuncs=(finish)
print READY
