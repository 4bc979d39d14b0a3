# Completion of vms-dispose; generated: deno task pages

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

complete -c vms-dispose -f
complete -c vms-dispose -s m -l memory -x -d 'memory, such as 2G'
complete -c vms-dispose -s c -l vcpus -x -d 'virtual CPUs'
complete -c vms-dispose -l network -x -d 'as vms-net takes it, or a libvirt network'
complete -c vms-dispose -l shares -d 'let it have shares (vms-share); costs memory density'
complete -c vms-dispose -l cold -d 'boot it, also where it could be forked (vms-warm)'
complete -c vms-dispose -l online -d 'run CMD when the VM has a network'
complete -c vms-dispose -l root -d 'run CMD as root'
complete -c vms-dispose -s d -l detach -d 'print its name and leave it running'
complete -c vms-dispose -l remove-now -x -d 'end a disposable and remove what it left'
complete -c vms-dispose -l remove-once-off -x -d 'wait until a disposable is off and remove what it left'
complete -c vms-dispose -l timeout -x -d 'longest time for CMD'
complete -c vms-dispose -l json -d 'print JSON instead of names and tables'
complete -c vms-dispose -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-dispose -s x -l trace -d 'print every program that is run'
complete -c vms-dispose -s h -l help -d 'print this help'
complete -c vms-dispose -l version -d 'print the version'
complete -c vms-dispose -n '__vms_at "" -eq 0' -f -a '(vms-template list 2>/dev/null)' -d 'template, or a version of one (gui@3)'
