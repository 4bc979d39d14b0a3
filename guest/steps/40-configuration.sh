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
  # Where the host attaches its package cache: see firstboot/cache.
  grep -qF /run/vms-cache/ "$TARGET/etc/pacman.conf" ||
    sed -i '/^\[options\]/a Include = /run/vms-cache/*.conf' "$TARGET/etc/pacman.conf"
  # The first boot of a clone must not change which units are enabled.
  write_file /etc/systemd/system-preset/00-vms.preset <<<"disable *"
}

write_fstab() {
  genfstab -U "$TARGET" |
    sed '/[[:space:]]\/[[:space:]]/s/rw,relatime/rw,relatime,x-systemd.growfs/' |
    write_file /etc/fstab
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
