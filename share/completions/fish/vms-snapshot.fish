# Completion of vms-snapshot; generated: deno task pages

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

complete -c vms-snapshot -f
complete -c vms-snapshot -n '__vms_at "" -eq 0' -a create -d 'freeze the present state'
complete -c vms-snapshot -n '__vms_at "" -eq 0' -a list -d 'list the snapshots of a VM'
complete -c vms-snapshot -n '__vms_at "" -eq 0' -a revert -d 'go back to a snapshot; what came after it is lost'
complete -c vms-snapshot -n '__vms_at "" -eq 0' -a delete -d 'forget a snapshot, keep the present state'
complete -c vms-snapshot -n '__vms_at create' -s m -l memory -d 'of a running VM also its memory'
complete -c vms-snapshot -n '__vms_at create' -s d -l detach -d 'with --memory: take its shares away for as long'
complete -c vms-snapshot -n '__vms_at create' -l json -d 'print JSON instead of names and tables'
complete -c vms-snapshot -n '__vms_at create' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-snapshot -n '__vms_at create' -s x -l trace -d 'print every program that is run'
complete -c vms-snapshot -n '__vms_at create' -s h -l help -d 'print this help'
complete -c vms-snapshot -n '__vms_at create' -l version -d 'print the version'
complete -c vms-snapshot -n '__vms_at create -eq 0' -f -a '(vms-list 2>/dev/null)' -d 'name of a VM'
complete -c vms-snapshot -n '__vms_at list' -l json -d 'print JSON instead of names and tables'
complete -c vms-snapshot -n '__vms_at list' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-snapshot -n '__vms_at list' -s x -l trace -d 'print every program that is run'
complete -c vms-snapshot -n '__vms_at list' -s h -l help -d 'print this help'
complete -c vms-snapshot -n '__vms_at list' -l version -d 'print the version'
complete -c vms-snapshot -n '__vms_at list -eq 0' -f -a '(vms-list 2>/dev/null)' -d 'name of a VM'
complete -c vms-snapshot -n '__vms_at revert' -s f -l force -d 'also a VM that runs'
complete -c vms-snapshot -n '__vms_at revert' -l json -d 'print JSON instead of names and tables'
complete -c vms-snapshot -n '__vms_at revert' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-snapshot -n '__vms_at revert' -s x -l trace -d 'print every program that is run'
complete -c vms-snapshot -n '__vms_at revert' -s h -l help -d 'print this help'
complete -c vms-snapshot -n '__vms_at revert' -l version -d 'print the version'
complete -c vms-snapshot -n '__vms_at revert -eq 0' -f -a '(vms-list 2>/dev/null)' -d 'name of a VM'
complete -c vms-snapshot -n '__vms_at delete' -l json -d 'print JSON instead of names and tables'
complete -c vms-snapshot -n '__vms_at delete' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-snapshot -n '__vms_at delete' -s x -l trace -d 'print every program that is run'
complete -c vms-snapshot -n '__vms_at delete' -s h -l help -d 'print this help'
complete -c vms-snapshot -n '__vms_at delete' -l version -d 'print the version'
complete -c vms-snapshot -n '__vms_at delete -eq 0' -f -a '(vms-list 2>/dev/null)' -d 'name of a VM'
