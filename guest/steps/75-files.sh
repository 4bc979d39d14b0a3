# shellcheck shell=bash
# Put the recipe's own files into place.
#
# in:      files/ (a tree)
# changes: the target
# again:   safe

main() {
  [[ -d $SEED/files ]] || return 0
  mount_target
  cp -r --no-preserve=ownership "$SEED/files/." "$TARGET/"
}

main
