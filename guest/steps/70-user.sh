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
  in_target id "$user" >/dev/null 2>&1 ||
    in_target useradd --create-home --shell /bin/bash "$user"
  # The wall is the VM's, not the user's: whoever is in it may be root in it.
  # Until the VM has its password from the host, sudo cannot ask for one.
  [[ $(value sudo-password) != yes ]] || tag=""
  write_file /etc/sudoers.d/vms 440 <<<"$user ALL=(ALL:ALL) ${tag}ALL"
  [[ $(value autologin) != yes ]] || autologin "$user"
  launch
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
