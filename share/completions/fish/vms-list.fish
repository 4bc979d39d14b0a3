# Completion of vms-list; generated: deno task pages

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

complete -c vms-list -f
complete -c vms-list -l state -r -f -a 'running paused off active' -d 'only those: running, paused, off, or active (not off)'
complete -c vms-list -l kind -r -f -a 'appvm disposable template build spare' -d 'only those: appvm, disposable, template, build, spare'
complete -c vms-list -l template -r -f -a '(vms-template list 2>/dev/null)' -d 'only those that rest on a version of it'
complete -c vms-list -l json -d 'print JSON instead of names and tables'
complete -c vms-list -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-list -s x -l trace -d 'print every program that is run'
complete -c vms-list -s h -l help -d 'print this help'
complete -c vms-list -l version -d 'print the version'
