# Prints what zsh offers for a line: complete.zsh FOLDER LINE
# A real zsh runs on a terminal of its own; compadd, through which all offers go, is made to print them.
zmodload zsh/zpty

zpty line zsh -f -i
say() { zpty -w line "$1" }
say "PS1= PS2= RPS1= ; setopt rcs; unsetopt zle_bracketed_paste 2>/dev/null; stty -echo"
say "fpath=(${(q)1}/zsh \$fpath); autoload -Uz compinit; compinit -u -d ${(q)1}/zcompdump; cd ${(q)1}"
say "zstyle ':completion:*' completer _complete; zstyle ':completion:*' list-prompt ''; LISTMAX=0"
say "
compadd() {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd \"\$@\"; return \$?; fi
  typeset -a __hits __args
  __args=(\"\$@\")
  builtin compadd -A __hits \"\$@\"
  local prefix='' i
  for i in {1..\$#__args}; do
    [[ \$__args[i] == -p ]] && prefix=\$__args[i+1]
    [[ \$__args[i] == (-|--) ]] && break
  done
  local hit
  for hit in \$__hits; do print -r -- \"<off\"\"er>\$IPREFIX\$prefix\$hit\"; done
  builtin compadd \"\$@\"
}
"
say "complete-and-leave() { zle complete-word; print; print '<e''nd>'; exit }"
say "zle -N complete-and-leave; bindkey '^I' complete-and-leave; print '<rea''dy>'"
local text=
while zpty -r line text '*
'; do [[ $text == *'<ready>'* ]] && break; done
zpty -w -n line "$2"$'\t'
local -aU offers
while zpty -r line text; do
  text=${text//$'\r'/}
  [[ $text == *'<offer>'* ]] && offers+=("${${text#*<offer>}%%$'\n'}")
  [[ $text == *'<end>'* ]] && break
done
zpty -d line
print -rl -- $offers
