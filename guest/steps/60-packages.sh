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
  # -G, -M: keyring and mirrors are there already. What follows the target is
  # handed to pacman.
  install_packages -G -M "$TARGET" \
    --sysupgrade --needed --noprogressbar --color never "${packages[@]}"
}

main
