# Completion of vms-cp; generated: deno task pages

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

complete -c vms-cp -f
complete -c vms-cp -s f -l force -d 'replace files that are there; copy in folders that VMs write to'
complete -c vms-cp -l root -d 'as root in the VM'
complete -c vms-cp -s r -l recursive -d 'folders with all in them, as without it'
complete -c vms-cp -l json -d 'print JSON instead of names and tables'
complete -c vms-cp -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-cp -s x -l trace -d 'print every program that is run'
complete -c vms-cp -s h -l help -d 'print this help'
complete -c vms-cp -l version -d 'print the version'
complete -c vms-cp -n '__vms_at "" -ge 0' -F -d 'sources and target: VM:PATH, or a path of this host'
