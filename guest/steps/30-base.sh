# shellcheck shell=bash
# Install the base system with pacstrap.
#
# changes: the root and boot file systems
# again:   safe

main() {
  mount_target
  # The ISO's keyring is copied; 90-clean-up takes its secret half away.
  install_packages "$TARGET" base linux
}

main
