# shellcheck shell=bash
# Make the user who works in the VM, and what starts when they log in.
#
# in:      data/{user,autologin,launch,sudo-password}
# changes: users, sudoers, getty drop-ins of the target
# again:   safe

main() {
  local user tag="NOPASSWD: "
  mount_target
  user=$(value user)
  user "$user"
  # The wall is the VM's, not the user's: whoever is in it may be root in it.
  # Until the VM has its password from the host, sudo cannot ask for one.
  [[ $(value sudo-password) != yes ]] || tag=""
  write_file /etc/sudoers.d/vms 440 <<<"$user ALL=(ALL:ALL) ${tag}ALL"
  [[ $(value autologin) != yes ]] || autologin "$user"
  launch
}

# A VM has one user, with the first number there is for one. A parent's is
# renamed: files of theirs and the agent go on by that number.
user() {
  local there
  there=$(in_target getent passwd 1000 | cut -d: -f1) || there=
  if [[ -z $there ]]; then
    in_target useradd --uid 1000 --create-home --shell /bin/bash "$1"
    return
  fi
  if [[ $there != "$1" ]]; then
    in_target usermod --login "$1" --home "/home/$1" --move-home "$there"
    sed -i "s/ --autologin $there / --autologin $1 /" \
      "$TARGET"/etc/systemd/system/*getty@*.service.d/autologin.conf || true
    sed -i "s/^$there:/$1:/" "$TARGET"/etc/sub[ug]id || true
  fi
  there=$(in_target getent group 1000 | cut -d: -f1) || there=
  [[ $there == "$1" ]] || in_target groupmod --new-name "$1" "$there"
}

# Who reaches the console is let in by the host.
autologin() {
  local getty options
  for getty in getty@tty1 serial-getty@ttyS0; do
    options="--noreset --noclear"
    [[ $getty == getty* ]] || options+=" --keep-baud 115200,57600,38400,9600"
    write_file "/etc/systemd/system/$getty.service.d/autologin.conf" <<<"[Service]
ExecStart=
ExecStart=-/usr/sbin/agetty --autologin $1 $options - \${TERM}"
  done
}

# What runs on the screen after the login on tty1.
launch() {
  local program
  program=$(value launch)
  [[ -n $program ]] || return 0
  write_file /usr/lib/vms/launch 755 <<<"#!/bin/sh
exec $program"
  # shellcheck disable=SC2016  # for the shell that logs in
  write_file /etc/profile.d/vms-launch.sh <<<'if [ "$(tty)" = /dev/tty1 ] && [ -z "$DISPLAY" ]; then
  exec startx /usr/lib/vms/launch
fi'
}

main
