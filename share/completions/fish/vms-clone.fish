# Completion of vms-clone; generated: deno task pages

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

complete -c vms-clone -f
complete -c vms-clone -s m -l memory -x -d 'memory, such as 2G'
complete -c vms-clone -s c -l vcpus -x -d 'virtual CPUs'
complete -c vms-clone -l disk -x -d 'size of the root disk'
complete -c vms-clone -l home-size -x -d 'size of the home disk'
complete -c vms-clone -l network -x -d 'as vms-net takes it, or a libvirt network'
complete -c vms-clone -l disposable -d 'fresh from the template at each start'
complete -c vms-clone -l shares -d 'let them have shares (vms-share); costs memory density'
complete -c vms-clone -l start -d 'start them: forked where there is a warm image (vms-warm)'
complete -c vms-clone -l cold -d 'boot them, also where they could be forked'
complete -c vms-clone -l json -d 'print JSON instead of names and tables'
complete -c vms-clone -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-clone -s x -l trace -d 'print every program that is run'
complete -c vms-clone -s h -l help -d 'print this help'
complete -c vms-clone -l version -d 'print the version'
complete -c vms-clone -n '__vms_at "" -eq 0' -f -a '(vms-list 2>/dev/null; vms-template list 2>/dev/null)' -d 'template, its version (gui@3), or AppVM'
