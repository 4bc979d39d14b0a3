# Completion of vms-share; generated: deno task pages

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

complete -c vms-share -f
complete -c vms-share -n '__vms_at "" -eq 0' -a add -d 'share a folder until the VM stops'
complete -c vms-share -n '__vms_at "" -eq 0' -a list -d 'list what a VM has, or all of them'
complete -c vms-share -n '__vms_at "" -eq 0' -a remove -d 'take a folder back, or all that the VM has'
complete -c vms-share -n '__vms_at "" -eq 0' -a restore -d 'give a VM what is persistent; vms-start does so'
complete -c vms-share -n '__vms_at "" -eq 0' -a allow -d 'let a VM have shares from its next start on'
complete -c vms-share -n '__vms_at "" -eq 0' -a deny -d 'let a VM have none from its next start on'
complete -c vms-share -n '__vms_at "" -eq 0' -f -a '(vms-list 2>/dev/null)' -d 'name of a VM'
complete -c vms-share -n '__vms_at add' -s w -l rw -d 'let the VM write to it'
complete -c vms-share -n '__vms_at add' -l at -x -d 'path in the VM'
complete -c vms-share -n '__vms_at add' -s p -l persistent -d 'again whenever vms-start starts the VM'
complete -c vms-share -n '__vms_at add' -s f -l force -d 'also a folder that is not given away'
complete -c vms-share -n '__vms_at add' -l json -d 'print JSON instead of names and tables'
complete -c vms-share -n '__vms_at add' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-share -n '__vms_at add' -s x -l trace -d 'print every program that is run'
complete -c vms-share -n '__vms_at add' -s h -l help -d 'print this help'
complete -c vms-share -n '__vms_at add' -l version -d 'print the version'
complete -c vms-share -n '__vms_at add -eq 0' -f -a '(vms-list 2>/dev/null)' -d 'name of a VM'
complete -c vms-share -n '__vms_at add -eq 1' -f -a '(__fish_complete_directories)' -d 'a folder of this host'
complete -c vms-share -n '__vms_at list' -l json -d 'print JSON instead of names and tables'
complete -c vms-share -n '__vms_at list' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-share -n '__vms_at list' -s x -l trace -d 'print every program that is run'
complete -c vms-share -n '__vms_at list' -s h -l help -d 'print this help'
complete -c vms-share -n '__vms_at list' -l version -d 'print the version'
complete -c vms-share -n '__vms_at list -eq 0' -f -a '(vms-list 2>/dev/null)' -d 'name of a VM'
complete -c vms-share -n '__vms_at remove' -s f -l force -d 'also what is in use in the VM'
complete -c vms-share -n '__vms_at remove' -l json -d 'print JSON instead of names and tables'
complete -c vms-share -n '__vms_at remove' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-share -n '__vms_at remove' -s x -l trace -d 'print every program that is run'
complete -c vms-share -n '__vms_at remove' -s h -l help -d 'print this help'
complete -c vms-share -n '__vms_at remove' -l version -d 'print the version'
complete -c vms-share -n '__vms_at remove -eq 0' -f -a '(vms-list 2>/dev/null)' -d 'name of a VM'
complete -c vms-share -n '__vms_at remove -eq 1' -f -a '(__fish_complete_directories)' -d 'the folder, or its path in the VM'
complete -c vms-share -n '__vms_at restore' -l json -d 'print JSON instead of names and tables'
complete -c vms-share -n '__vms_at restore' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-share -n '__vms_at restore' -s x -l trace -d 'print every program that is run'
complete -c vms-share -n '__vms_at restore' -s h -l help -d 'print this help'
complete -c vms-share -n '__vms_at restore' -l version -d 'print the version'
complete -c vms-share -n '__vms_at restore -eq 0' -f -a '(vms-list 2>/dev/null)' -d 'name of a VM'
complete -c vms-share -n '__vms_at allow' -l json -d 'print JSON instead of names and tables'
complete -c vms-share -n '__vms_at allow' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-share -n '__vms_at allow' -s x -l trace -d 'print every program that is run'
complete -c vms-share -n '__vms_at allow' -s h -l help -d 'print this help'
complete -c vms-share -n '__vms_at allow' -l version -d 'print the version'
complete -c vms-share -n '__vms_at allow -eq 0' -f -a '(vms-list 2>/dev/null)' -d 'name of a VM'
complete -c vms-share -n '__vms_at deny' -l json -d 'print JSON instead of names and tables'
complete -c vms-share -n '__vms_at deny' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-share -n '__vms_at deny' -s x -l trace -d 'print every program that is run'
complete -c vms-share -n '__vms_at deny' -s h -l help -d 'print this help'
complete -c vms-share -n '__vms_at deny' -l version -d 'print the version'
complete -c vms-share -n '__vms_at deny -eq 0' -f -a '(vms-list 2>/dev/null)' -d 'name of a VM'
