# Completion of vms-install; generated: deno task pages

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

complete -c vms-install -f
complete -c vms-install -l recipe -r -f -a '(vms-template list 2>/dev/null)' -d 'what to install'
complete -c vms-install -l iso -r -F -d 'ISO to install from'
complete -c vms-install -l disk -x -d 'size of the disk'
complete -c vms-install -s m -l memory -x -d 'memory, such as 2G'
complete -c vms-install -s c -l vcpus -x -d 'virtual CPUs'
complete -c vms-install -l user -x -d 'who works in it'
complete -c vms-install -l timezone -x -d 'such as Europe/Berlin'
complete -c vms-install -l locale -x -d 'such as de_DE.UTF-8'
complete -c vms-install -l keymap -x -d 'of the console, such as de'
complete -c vms-install -l network -x -d 'libvirt network'
complete -c vms-install -l keep -d 'keep the disk of an installation that fails'
complete -c vms-install -l from -x -d 'go on from a step, with a disk that was kept'
complete -c vms-install -l silence -x -d 'longest time in which a step may say nothing'
complete -c vms-install -l json -d 'print JSON instead of names and tables'
complete -c vms-install -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-install -s x -l trace -d 'print every program that is run'
complete -c vms-install -s h -l help -d 'print this help'
complete -c vms-install -l version -d 'print the version'
