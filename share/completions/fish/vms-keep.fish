# Completion of vms-keep; generated: deno task pages

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

complete -c vms-keep -f
complete -c vms-keep -l home-size -x -d 'size of the home disk'
complete -c vms-keep -l no-start -d 'leave the AppVM off'
complete -c vms-keep -l timeout -x -d 'how long the disposable may take to shut down'
complete -c vms-keep -l json -d 'print JSON instead of names and tables'
complete -c vms-keep -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-keep -s x -l trace -d 'print every program that is run'
complete -c vms-keep -s h -l help -d 'print this help'
complete -c vms-keep -l version -d 'print the version'
complete -c vms-keep -n '__vms_at "" -eq 0' -f -a '(vms-list --kind=disposable 2>/dev/null)' -d 'name of a running disposable'
