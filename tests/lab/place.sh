# shellcheck shell=bash disable=SC2034
# Where one lab keeps things, and the few questions all lab scripts ask about it. Sourced by the scripts beside it.

lab_name=${LAB_NAME:-lab}
lab_dir=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
lab_source=$(cd -- "$lab_dir/../.." && pwd -P)

# What may stay for the next time: mirror/ and keys/ for all labs, hosts/NAME for this one.
lab_cache=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vms/lab}
lab_host=$lab_cache/hosts/$lab_name
# What is there only while the lab is up: pid of its pid 1, log.
lab_run=/run/vms-lab/$lab_name
# Seen from inside: a tmpfs, so this file exists nowhere else.
lab_inside_mark=/run/lab/inside

lab_die() {
  printf 'lab: %s\n' "$*" >&2
  exit 1
}

lab_say() {
  printf 'lab: %s\n' "$*" >&2
}

lab_inside() {
  [ -e "$lab_inside_mark" ]
}

# The start time tells a process from a later one with the same number.
lab_started_at() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # The second field is the program's name in brackets and may hold blanks; the start time is the 20th after it.
  # shellcheck disable=SC2086
  set -- ${stat##*) }
  [ "$1" != Z ] && printf '%s\n' "${20}"
}

# Prints the pid of the lab's pid 1; fails when the lab is not up.
lab_pid() {
  local pid started
  read -r pid started 2>/dev/null <"$lab_run/pid" || return 1
  [ "$(lab_started_at "$pid")" = "$started" ] && printf '%s\n' "$pid"
}

# The lab's own group under each cgroup hierarchy libvirt may write to, so that nothing of it stays behind.
lab_cgroup() {
  if [ "$(stat -f -c %T /sys/fs/cgroup 2>/dev/null)" = cgroup2fs ]; then
    printf '/sys/fs/cgroup/vms-lab-%s\n' "$lab_name"
  elif [ -d /sys/fs/cgroup/cpu ]; then
    printf '/sys/fs/cgroup/cpu/vms-lab-%s\n' "$lab_name"
  fi
}

# Removes what a lab that has ended leaves on the host. Safe at any time when it is not up.
lab_sweep() {
  local group
  group=$(lab_cgroup)
  if [ -n "$group" ] && [ -d "$group" ]; then
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
  fi
  [ -e "$lab_host/keep" ] || rm -rf "${lab_host:?}/lib"
  rm -rf "${lab_host:?}/tmp" "$lab_run"
  rmdir /run/vms-lab 2>/dev/null || true
}
