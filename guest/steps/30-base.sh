# shellcheck shell=bash
# Install the base system with pacstrap.
#
# changes: the root and boot file systems
# again:   safe

main() {
  mount_target
  # The caches are those of pacman.conf (-c), on the host: nothing of them
  # lands in the image. The ISO's keyring is copied; 90-clean-up takes its
  # secret half away.
  pacstrap -c -C "$PACMAN_CONF" "$TARGET" base linux
}

main
