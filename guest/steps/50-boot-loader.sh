# shellcheck shell=bash
# Install systemd-boot, also at the path for removable media: a clone with
# fresh NVRAM boots from there.
#
# changes: /boot of the target
# again:   safe

main() {
  local root
  mount_target
  root=$(blkid -s PARTUUID -o value "$(partition 2)")
  in_target bootctl --no-variables --graceful install
  write_file /boot/loader/loader.conf <<<"default arch.conf
timeout 0
editor no"
  write_file /boot/loader/entries/arch.conf <<<"title Arch Linux
linux /vmlinuz-linux
initrd /initramfs-linux.img
options root=PARTUUID=$root rw quiet console=tty0 console=ttyS0,115200 systemd.firstboot=no no_timer_check"
  [[ -e $TARGET/boot/vmlinuz-linux ]] || die "no kernel in /boot"
  [[ -e $TARGET/boot/initramfs-linux.img ]] || die "no initramfs in /boot"
}

main
