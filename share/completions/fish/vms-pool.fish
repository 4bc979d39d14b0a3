# Completion of vms-pool; generated: deno task pages

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

complete -c vms-pool -f
complete -c vms-pool -n '__vms_at "" -eq 0' -a set -d 'say how many are wanted, and fill the pool'
complete -c vms-pool -n '__vms_at "" -eq 0' -a status -d 'how many are ready'
complete -c vms-pool -n '__vms_at "" -eq 0' -a refill -d 'make what is missing, end what is of no use'
complete -c vms-pool -n '__vms_at "" -eq 0' -a drain -d 'end those of one template, or of all'
complete -c vms-pool -n '__vms_at set' -l json -d 'print JSON instead of names and tables'
complete -c vms-pool -n '__vms_at set' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-pool -n '__vms_at set' -s x -l trace -d 'print every program that is run'
complete -c vms-pool -n '__vms_at set' -s h -l help -d 'print this help'
complete -c vms-pool -n '__vms_at set' -l version -d 'print the version'
complete -c vms-pool -n '__vms_at set -eq 0' -f -a '(vms-template list 2>/dev/null)' -d 'name of a template'
complete -c vms-pool -n '__vms_at status' -l json -d 'print JSON instead of names and tables'
complete -c vms-pool -n '__vms_at status' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-pool -n '__vms_at status' -s x -l trace -d 'print every program that is run'
complete -c vms-pool -n '__vms_at status' -s h -l help -d 'print this help'
complete -c vms-pool -n '__vms_at status' -l version -d 'print the version'
complete -c vms-pool -n '__vms_at refill' -l json -d 'print JSON instead of names and tables'
complete -c vms-pool -n '__vms_at refill' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-pool -n '__vms_at refill' -s x -l trace -d 'print every program that is run'
complete -c vms-pool -n '__vms_at refill' -s h -l help -d 'print this help'
complete -c vms-pool -n '__vms_at refill' -l version -d 'print the version'
complete -c vms-pool -n '__vms_at drain' -l json -d 'print JSON instead of names and tables'
complete -c vms-pool -n '__vms_at drain' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-pool -n '__vms_at drain' -s x -l trace -d 'print every program that is run'
complete -c vms-pool -n '__vms_at drain' -s h -l help -d 'print this help'
complete -c vms-pool -n '__vms_at drain' -l version -d 'print the version'
complete -c vms-pool -n '__vms_at drain -eq 0' -f -a '(vms-template list 2>/dev/null)' -d 'name of a template'
