# shellcheck shell=bash
# Take away every identity and secret: clones must have none in common.
# https://systemd.io/BUILDING_IMAGES
#
# changes: the target
# again:   safe

main() {
  mount_target
  cd "$TARGET" || die "no $TARGET"
  # "uninitialized": the first boot of a clone is a first boot to systemd.
  echo uninitialized >etc/machine-id
  rm -f var/lib/dbus/machine-id etc/hostname etc/machine-info
  rm -f etc/ssh/ssh_host_* etc/vms-identity
  rm -f var/lib/systemd/random-seed var/lib/systemd/credential.secret
  rm -f boot/loader/random-seed
  # pacman checks signatures with the public half alone.
  rm -rf etc/pacman.d/gnupg/private-keys-v1.d etc/pacman.d/gnupg/openpgp-revocs.d
  rm -f etc/pacman.d/gnupg/S.*
  rm -rf var/lib/NetworkManager/* var/lib/dhcp/* var/lib/systemd/timesync/*
  rm -rf var/log/journal/* var/cache/pacman/pkg/* var/tmp/* tmp/* root/.ssh
  rm -f root/.*history home/*/.*history var/lib/vms/identity
  find var/log -type f -delete
  cd /
  # What is not written is not in the image.
  fstrim "$TARGET" || true
  fstrim "$TARGET/boot" || true
}

main
