# shellcheck shell=bash
# Install the recipe's Flatpaks for all users.
#
# in:      data/flatpaks, data/flatpak-remote (URL of a .flatpakrepo file)
# changes: /var/lib/flatpak of the target
# again:   safe

main() {
  local flatpaks
  lines flatpaks flatpaks
  ((${#flatpaks[@]})) || return 0
  mount_target
  in_target flatpak remote-add --system --if-not-exists recipe \
    "$(value flatpak-remote)"
  in_target flatpak install --system --noninteractive recipe "${flatpaks[@]}"
}

main
