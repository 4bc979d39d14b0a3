# Completion of vms-balloon; generated: deno task pages

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

complete -c vms-balloon -f
complete -c vms-balloon -l below -x -d 'act where less is available; a quarter of all where left out'
complete -c vms-balloon -l json -d 'print JSON instead of names and tables'
complete -c vms-balloon -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-balloon -s x -l trace -d 'print every program that is run'
complete -c vms-balloon -s h -l help -d 'print this help'
complete -c vms-balloon -l version -d 'print the version'
complete -c vms-balloon -n '__vms_at "" -ge 0' -f -a '(vms-list 2>/dev/null)' -d 'names of VMs; - reads them from standard input'
