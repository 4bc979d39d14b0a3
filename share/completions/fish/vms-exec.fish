# Completion of vms-exec; generated: deno task pages

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

complete -c vms-exec -f
complete -c vms-exec -s r -l root -d 'run CMD as root'
complete -c vms-exec -s a -l all -d 'in all VMs that run'
complete -c vms-exec -l template -r -f -a '(vms-template list 2>/dev/null)' -d 'in all that run and rest on that template'
complete -c vms-exec -s j -l jobs -x -d 'in so many VMs at a time'
complete -c vms-exec -s C -l directory -x -d 'run CMD there'
complete -c vms-exec -l timeout -x -d 'kill CMD that time after it began'
complete -c vms-exec -l json -d 'print JSON instead of names and tables'
complete -c vms-exec -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-exec -s x -l trace -d 'print every program that is run'
complete -c vms-exec -s h -l help -d 'print this help'
complete -c vms-exec -l version -d 'print the version'
complete -c vms-exec -n '__vms_at "" -ge 0' -f -a '(vms-list 2>/dev/null)' -d 'names of VMs; - reads them from standard input'
