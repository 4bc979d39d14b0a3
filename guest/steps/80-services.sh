# shellcheck shell=bash
# Install what gives a clone its identity and what answers the host, and enable
# the recipe's services.
#
# in:      data/services, firstboot/, agent/
# changes: /usr/lib/vms, /etc/systemd and /etc/pacman.d/hooks of the target
# again:   safe

main() {
  local services
  mount_target
  install -Dm755 -t "$TARGET/usr/lib/vms" \
    "$SEED"/guest/firstboot/{identity,home,cache,credentials}
  install -Dm644 -t "$TARGET/etc/systemd/system" \
    "$SEED"/guest/firstboot/*.{service,slice}
  install -Dm644 -t "$TARGET/etc/pacman.d/hooks" \
    "$SEED"/guest/firstboot/*.hook
  agent "$(<"$SEED/guest/agent/version")"
  lines services services
  # Not enabled by its package; without it a bigger disk stays unused.
  [[ ! -e $TARGET/usr/lib/systemd/system/systemd-repart.service ]] ||
    services+=(systemd-repart.service)
  in_target systemctl enable vms-{identity,home,cache,credentials} \
    "${services[@]}"
}

# A link names the one that is used, so that another can take its place at once.
agent() {
  local to=/usr/lib/vms/agent-$1
  rm -rf "$TARGET"/usr/lib/vms/agent-*
  cp -r --no-preserve=ownership,mode "$SEED/guest/agent" "$TARGET$to"
  chmod 755 "$TARGET$to/on-terminal"
  ln -sfnT "agent-$1" "$TARGET/usr/lib/vms/agent"
  # It starts quicker when it is compiled.
  in_target env DENO_DIR=/var/cache/vms/agent DENO_NO_UPDATE_CHECK=1 deno \
    cache --quiet --config="$to/guest.json" "$to/main.ts" "$to/transfer.ts"
}

main
