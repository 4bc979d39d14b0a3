# shellcheck shell=bash
# Get the live system ready: package caches, keyring, pacman.conf.
#
# in:      shares pkg-shared (read-only) and pkg-vm
# changes: only the live system
# again:   safe

main() {
  mount_share pkg-shared /run/pkg/shared ro
  mount_share pkg-vm /run/pkg/vm rw
  write_pacman_conf
  # pacman-init makes the keyring; it may take minutes without entropy.
  wait_for_keyring
}

mount_share() {
  local tag=$1 place=$2 how=$3
  mkdir -p "$place"
  mountpoint -q "$place" || mount -t virtiofs -o "$how" "$tag" "$place"
}

# CacheDir is tried in order: what the shared cache lacks is downloaded into the
# first one that can be written. Without DownloadUser pacman needs no sandbox
# user who could not write to the host's directories.
write_pacman_conf() {
  sed -e '/^[[:space:]]*\(CacheDir\|DownloadUser\)/d' \
    -e '/^\[options\]/a CacheDir = /run/pkg/shared/\nCacheDir = /run/pkg/vm/' \
    /etc/pacman.conf >"$PACMAN_CONF"
}

wait_for_keyring() {
  local state
  msg "waiting for pacman-init.service"
  while ((SECONDS < 300)); do
    state=$(systemctl is-active pacman-init.service || true)
    case $state in
      active) return ;;
      failed) die "pacman-init.service of the ISO failed: no keyring" ;;
      *) sleep 0.5 ;;
    esac
  done
  die "pacman-init.service of the ISO is still $state after 300 s: no keyring"
}

main
