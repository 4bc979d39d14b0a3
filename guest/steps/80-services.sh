# shellcheck shell=bash
# Install what gives a clone its identity, and enable the recipe's services.
#
# in:      data/services, firstboot/
# changes: /usr/lib/vms, /etc/systemd and /etc/pacman.d/hooks of the target
# again:   safe

main() {
  local services
  mount_target
  install -Dm755 -t "$TARGET/usr/lib/vms" \
    "$SEED"/guest/firstboot/{identity,home,cache}
  install -Dm644 -t "$TARGET/etc/systemd/system" \
    "$SEED"/guest/firstboot/*.service
  install -Dm644 -t "$TARGET/etc/pacman.d/hooks" \
    "$SEED"/guest/firstboot/*.hook
  lines services services
  in_target systemctl enable vms-identity vms-home vms-cache "${services[@]}"
  # Not enabled by its package; without it a bigger disk stays unused.
  in_target systemctl enable systemd-repart.service 2>/dev/null || true
}

main
