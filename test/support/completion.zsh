# Completes one command line as zsh itself would, and prints each match behind OFFER. Arguments: the script, the line.
zmodload zsh/zpty || exit 1
zpty shell zsh -f -i
zpty -w shell "source ${(q)0:A:h}/completion-inner.zsh ${(q)1}"
while zpty -r shell line; do [[ $line == READY* ]] && break; done
zpty -w -n shell "$2"$'\t'
while zpty -r shell line; do
  print -r -- "$line"
  [[ $line == *END* ]] && break
done
zpty -d shell
