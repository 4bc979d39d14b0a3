# shellcheck shell=bash
# Make the file systems: FAT for the boot loader, ext4 for root.
#
# changes: both partitions; all data on them is lost
# again:   safe

main() {
  mkfs.fat -F 32 -n ESP "$(partition 1)"
  mkfs.ext4 -F -q -L root "$(partition 2)"
  udevadm settle
}

main
