# shellcheck shell=bash
# Partition the disk: an EFI system partition, and a root that can grow.
#
# changes: the partition table of the target disk; all data on it is lost
# again:   safe

main() {
  [[ -b $DISK ]] || die "no disk $DISK"
  wipefs --all --quiet "$DISK"
  # 8304 is "Linux x86-64 root": systemd-repart grows it on bigger clones.
  sgdisk --zap-all \
    --new=1:0:+512M --typecode=1:ef00 --change-name=1:esp \
    --new=2:0:0 --typecode=2:8304 --change-name=2:root \
    "$DISK"
  udevadm settle
  [[ -b $(partition 2) ]] || die "the kernel does not see $(partition 2)"
}

main
