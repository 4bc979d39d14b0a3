# Completion of vms-stats; generated: deno task pages

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

complete -c vms-stats -f
complete -c vms-stats -s w -l watch -d 'again and again'
complete -c vms-stats -s i -l interval -x -d 'from one look to the next'
complete -c vms-stats -l json -d 'print JSON instead of names and tables'
complete -c vms-stats -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-stats -s x -l trace -d 'print every program that is run'
complete -c vms-stats -s h -l help -d 'print this help'
complete -c vms-stats -l version -d 'print the version'
complete -c vms-stats -n '__vms_at "" -ge 0' -f -a '(vms-list 2>/dev/null)' -d 'names of VMs; - reads them from standard input'
