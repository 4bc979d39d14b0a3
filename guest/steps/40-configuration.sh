# shellcheck shell=bash
# Configure the system: fstab, locale, time zone, keymap, network identity.
#
# in:      data/{locale,timezone,keymap}
# changes: /etc of the target
# again:   safe

main() {
  mount_target
  write_fstab
  write_locale
  write_file /etc/vconsole.conf <<<"KEYMAP=$(value keymap)"
  ln -sfn "/usr/share/zoneinfo/$(value timezone)" "$TARGET/etc/localtime"
  # A clone's identity for DHCP is its own MAC address, never a file that all
  # clones share.
  write_file /etc/NetworkManager/conf.d/vms.conf <<<"[connection]
ipv4.dhcp-client-id=mac"
  # The root partition takes what a bigger clone's disk has to give.
  write_file /etc/repart.d/50-root.conf <<<"[Partition]
Type=root"
  # Empty, until firstboot/cache puts the host's package cache over it.
  write_file /etc/pacman.d/vms-cache.conf </dev/null
  grep -qF vms-cache.conf "$TARGET/etc/pacman.conf" ||
    sed -i '/^\[options\]/a Include = /etc/pacman.d/vms-cache.conf' \
      "$TARGET/etc/pacman.conf"
  # The first boot of a clone must not change which units are enabled.
  write_file /etc/systemd/system-preset/00-vms.preset <<<"disable *"
}

# Not by genfstab: it names a device where udev has not seen the file system
# yet, and a clone may have its disks in another order. No boot waits for /boot:
# it is mounted when something looks into it.
write_fstab() {
  local esp root later=x-systemd.automount,x-systemd.idle-timeout=1min
  esp=$(blkid -s UUID -o value "$(partition 1)")
  root=$(blkid -s UUID -o value "$(partition 2)")
  write_file /etc/fstab <<<"UUID=$root / ext4 rw,relatime,x-systemd.growfs 0 1
UUID=$esp /boot vfat rw,relatime,fmask=0077,dmask=0077,$later 0 2"
}

write_locale() {
  local locale
  locale=$(value locale)
  write_file /etc/locale.conf <<<"LANG=$locale"
  [[ -e $TARGET/etc/locale.gen ]] || return 0
  sed -i "s/^#\s*\(${locale//./\\.} \)/\1/" "$TARGET/etc/locale.gen"
  in_target locale-gen
}

main
