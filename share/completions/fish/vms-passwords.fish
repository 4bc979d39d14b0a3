# Completion of vms-passwords; generated: deno task pages

# Whether the verb is $argv[1]; with more, how many words follow it.
function __vms_at
    set -l words (commandline -opc)
    set -e words[1]
    set words (string match -v -- '-*' $words)
    if test -n "$argv[1]"
        test "$words[1]" = "$argv[1]"; or return 1
        set -e words[1]
    end
    set -q argv[2]; or return 0
    test (count $words) $argv[2] $argv[3]
end

complete -c vms-passwords -f
complete -c vms-passwords -n '__vms_at "" -eq 0' -a show -d 'print the password of a VM'
complete -c vms-passwords -n '__vms_at "" -eq 0' -a set -d 'give a VM the password typed, or the first line on standard input'
complete -c vms-passwords -n '__vms_at "" -eq 0' -a rotate -d 'give VMs new passwords, made at random'
complete -c vms-passwords -n '__vms_at "" -eq 0' -f -a '(vms-list 2>/dev/null)' -d 'name of a VM'
complete -c vms-passwords -n '__vms_at show' -l json -d 'print JSON instead of names and tables'
complete -c vms-passwords -n '__vms_at show' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-passwords -n '__vms_at show' -s x -l trace -d 'print every program that is run'
complete -c vms-passwords -n '__vms_at show' -s h -l help -d 'print this help'
complete -c vms-passwords -n '__vms_at show' -l version -d 'print the version'
complete -c vms-passwords -n '__vms_at show -eq 0' -f -a '(vms-list 2>/dev/null)' -d 'name of a VM'
complete -c vms-passwords -n '__vms_at set' -l json -d 'print JSON instead of names and tables'
complete -c vms-passwords -n '__vms_at set' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-passwords -n '__vms_at set' -s x -l trace -d 'print every program that is run'
complete -c vms-passwords -n '__vms_at set' -s h -l help -d 'print this help'
complete -c vms-passwords -n '__vms_at set' -l version -d 'print the version'
complete -c vms-passwords -n '__vms_at set -eq 0' -f -a '(vms-list 2>/dev/null)' -d 'name of a VM'
complete -c vms-passwords -n '__vms_at rotate' -l json -d 'print JSON instead of names and tables'
complete -c vms-passwords -n '__vms_at rotate' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-passwords -n '__vms_at rotate' -s x -l trace -d 'print every program that is run'
complete -c vms-passwords -n '__vms_at rotate' -s h -l help -d 'print this help'
complete -c vms-passwords -n '__vms_at rotate' -l version -d 'print the version'
complete -c vms-passwords -n '__vms_at rotate -ge 0' -f -a '(vms-list 2>/dev/null)' -d 'names of VMs; - reads them from standard input'
