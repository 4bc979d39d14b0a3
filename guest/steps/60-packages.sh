# shellcheck shell=bash
# Install the recipe's packages, and bring all others up to date with them:
# Arch supports no partial upgrades.
#
# in:      data/packages
# changes: the target
# again:   safe

main() {
  local packages
  mount_target
  lines packages packages
  in_target pacman --config "$PACMAN_CONF" -Syu --needed \
    --noconfirm --noprogressbar --color never "${packages[@]}"
}

main
