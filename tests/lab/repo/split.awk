# Decides which Arch package each file of the Debian root belongs to.
# Input files, in this order, told apart by the variable "part" on the command line:
#   table    packages.tsv
#   status   dpkg's status file of the root
#   list     "debian-package<TAB>path" for all files dpkg knows, paths in the merged layout
#   mine     "arch-package<TAB>path": files the lab itself puts there
#   tree     "type<TAB>path<TAB>size<TAB>link target" for all there is in the root
# Output, tab-separated, into the directory OUT: files (package, path without its first slash), needs (package, package),
# versions (package, version of its first Debian package), sizes (package, bytes).

BEGIN {
  FS = "\t"
  # Debian's own machinery, compilers, and perl's library, which only helper scripts want.
  n = split("apt dpkg debconf adduser init-system-helpers ucf debian-archive-keyring perl perl-modules-5.36 libperl5.36 " \
            "libanyevent-i3-perl libanyevent-perl gcc-12-base awk mawk base-passwd cpp cpp-12 texinfo debugedit pkgconf pkgconf-bin patch usr-is-merged usrmerge linux-base dmsetup", words, " ")
  for (i = 1; i <= n; i++) left_out[words[i]] = 1
}

part == "table" {
  if (/^#/ || NF < 5) next
  order[++packages] = $1
  wanted[$1] = $3
  next
}

part == "status" {
  if (/^Package: /) { name = substr($0, 10); installed[name] = 1 }
  else if (/^Version: /) version[name] = substr($0, 10)
  else if (/^(Pre-)?Depends: /) { sub(/^[^:]*: /, ""); depends[name] = depends[name] ", " $0 }
  else if (/^Provides: /) {
    count = split(substr($0, 11), words, /, */)
    for (i = 1; i <= count; i++) { sub(/[ (:].*/, "", words[i]); if (!(words[i] in provider)) provider[words[i]] = name }
  }
  next
}

part == "list" {
  if (!assigned) assign()
  if (!($1 in owner)) nobody[$2] = 1
  else if (!($2 in arch)) arch[$2] = owner[$1]
  else if (arch[$2] != owner[$1]) arch[$2] = "several"
  next
}

part == "mine" { arch[$2] = $1; next }

part == "tree" {
  kind[$2] = $1
  size[$2] = $3
  target[$2] = $4
  next
}

END {
  for (path in kind) place(path)
  for (i = 1; i <= packages; i++) {
    split(wanted[order[i]], words, " ")
    if (words[1] in version) print order[i] "\t" version[words[1]] >(OUT "/versions")
    else if (words[1] != "-") { print "split.awk: " words[1] " is not installed" >"/dev/stderr"; exit 1 }
    print order[i] "\t" total[order[i]] + 0 >(OUT "/sizes")
  }
  for (pair in need) print pair >(OUT "/needs")
}

function place(path, to) {
  if (kind[path] == "d") {
    # Directories come with their files; one that Debian ships empty (/proc, /var/empty) comes with its owner.
    put(((path in arch) && arch[path] != "several") ? arch[path] : "filesystem", path)
    return
  }
  to = home_of(path)
  if (to == "") return
  total[to] += size[path]
  put(to, path)
}

# The package of a file, or "" if it stays out.
function home_of(path, to, above) {
  if ((path in arch) && arch[path] != "several") return arch[path]
  if ((path in nobody) && !(path in arch)) return ""
  # A link a maintainer script made goes with what it points at.
  if (kind[path] == "l") {
    to = target[path]
    if (to !~ /^\//) { above = path; sub(/[^\/]*$/, "", above); to = above to }
    if ((to in arch) && arch[to] != "several") return arch[to]
    if ((to in nobody) && !(to in arch)) return ""
  }
  # A cache it made goes with the nearest directory that has one owner.
  above = path
  while (sub(/\/[^\/]*$/, "", above) && above != "") {
    if (above in arch) return arch[above] == "several" ? "filesystem" : arch[above]
    if (above in nobody) return ""
  }
  return "filesystem"
}

# One line for the path and one for each directory above it that this package has not named yet.
function put(to, path, above) {
  if ((to, path) in done) return
  done[to, path] = 1
  print to "\t" substr(path, 2) >(OUT "/files")
  above = path
  if (sub(/\/[^\/]*$/, "", above) && above != "") put(to, above)
}

# The real package behind a name in Depends: itself or who provides it.
function real(name) {
  sub(/[ (:\[].*/, "", name)
  if (name in left_out) return ""
  if (name in installed) return name
  return (name in provider) ? provider[name] : ""
}

function assign(i, j, k, count, todo, words, choices, debian, other, groups) {
  assigned = 1
  for (i = 1; i <= packages; i++) {
    if (wanted[order[i]] == "-") continue
    count = split(wanted[order[i]], todo, " ")
    for (j = 1; j <= count; j++) {
      debian = real(todo[j])
      if (debian == "" || (debian in left_out)) continue
      if (debian in owner) {
        if (owner[debian] != order[i]) need[order[i] "\t" owner[debian]] = 1
        continue
      }
      owner[debian] = order[i]
      groups = split(depends[debian], words, /, */)
      for (k = 1; k <= groups; k++) {
        if (words[k] == "") continue
        split(words[k], choices, / *\| */)
        other = ""
        for (c = 1; (c in choices) && other == ""; c++) other = real(choices[c])
        if (other != "") todo[++count] = other
      }
    }
  }
}
