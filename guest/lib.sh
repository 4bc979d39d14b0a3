# shellcheck shell=bash
# What the steps of an installation share. Read by `run-step`.
#
# Data comes in files under $SEED/data, one value or one list each, so that no
# program ever has to build shell text.

SEED=/run/vms/seed
TARGET=/mnt
DISK=/dev/disk/by-id/virtio-root
# pacman.conf of the installation: that of the ISO with our cache directories.
PACMAN_CONF=/run/vms/pacman.conf

msg() { printf '==> %s\n' "$*"; }

die() {
  printf '==> ERROR: %s\n' "$*" >&2
  exit 1
}

# The value in a data file; nothing where there is none.
value() {
  [[ ! -e $SEED/data/$1 ]] || cat "$SEED/data/$1"
}

# The lines of a data file, into the array named.
lines() {
  local -n into=$2
  # shellcheck disable=SC2034  # the caller's array
  mapfile -t into < <(value "$1" | sed '/^$/d')
}

# Device of a partition of the target disk.
partition() {
  printf '%s-part%s\n' "$DISK" "$1"
}

# Mount the target; it is unmounted and synced however the step ends, so that
# what is on the disk after a step is all of it.
mount_target() {
  trap unmount_target EXIT
  mountpoint -q "$TARGET" || mount "$(partition 2)" "$TARGET"
  mkdir -p "$TARGET/boot"
  mountpoint -q "$TARGET/boot" || mount "$(partition 1)" "$TARGET/boot"
}

# Data is written after the program that wrote it has ended well: a full or
# broken disk shows only here.
unmount_target() {
  local code=$?
  # An agent that pacman's signature checks started keeps the target busy.
  gpgconf --homedir "$TARGET/etc/pacman.d/gnupg" --kill all 2>/dev/null || true
  if mountpoint -q "$TARGET"; then
    if ! sync -f "$TARGET" || (($(errors_of_root))); then
      msg "ERROR: not all that was written is on the disk: is the host's disk full?"
      ((code)) || code=1
    fi
    umount -R "$TARGET" || code=1
  fi
  exit "$code"
}

# How many errors ext4 has met on the root file system.
errors_of_root() {
  local device
  device=$(readlink -f "$(partition 2)")
  cat "/sys/fs/ext4/${device##*/}/errors_count" 2>/dev/null || echo 0
}

# Run a program in the target.
in_target() {
  arch-chroot "$TARGET" "$@"
}

# pacstrap with the caches of the host (-c): nothing of them lands in the image.
#
# A file in a cache that does not fit the repository's checksum ends pacman. It
# deletes it where it can; once more then, without the cache that it cannot
# write to.
install_packages() {
  local said
  said=$(mktemp)
  if pacstrap -c -C "$PACMAN_CONF" "$@" 2>&1 | tee "$said"; then return; fi
  grep -q 'invalid or corrupted package' "$said" || return 1
  msg "a cached package is corrupted: once more, without the shared cache"
  sed -i '/^CacheDir = \/run\/pkg\/shared/d' "$PACMAN_CONF"
  pacstrap -c -C "$PACMAN_CONF" "$@"
}

# Write standard input to a file of the target, making its directories.
write_file() {
  local path=$TARGET$1 mode=${2:-644}
  mkdir -p "${path%/*}"
  cat >"$path"
  chmod "$mode" "$path"
}
