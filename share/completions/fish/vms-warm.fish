# Completion of vms-warm; generated: deno task pages

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

complete -c vms-warm -f
complete -c vms-warm -n '__vms_at "" -eq 0' -a bake -d 'boot a template and freeze it'
complete -c vms-warm -n '__vms_at "" -eq 0' -a list -d 'list warm images'
complete -c vms-warm -n '__vms_at "" -eq 0' -a drop -d 'delete the warm image of a template'
complete -c vms-warm -n '__vms_at bake' -l json -d 'print JSON instead of names and tables'
complete -c vms-warm -n '__vms_at bake' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-warm -n '__vms_at bake' -s x -l trace -d 'print every program that is run'
complete -c vms-warm -n '__vms_at bake' -s h -l help -d 'print this help'
complete -c vms-warm -n '__vms_at bake' -l version -d 'print the version'
complete -c vms-warm -n '__vms_at bake -ge 0' -f -a '(vms-template list 2>/dev/null)' -d 'template, or a version of one (gui@3)'
complete -c vms-warm -n '__vms_at list' -l json -d 'print JSON instead of names and tables'
complete -c vms-warm -n '__vms_at list' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-warm -n '__vms_at list' -s x -l trace -d 'print every program that is run'
complete -c vms-warm -n '__vms_at list' -s h -l help -d 'print this help'
complete -c vms-warm -n '__vms_at list' -l version -d 'print the version'
complete -c vms-warm -n '__vms_at drop' -l json -d 'print JSON instead of names and tables'
complete -c vms-warm -n '__vms_at drop' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-warm -n '__vms_at drop' -s x -l trace -d 'print every program that is run'
complete -c vms-warm -n '__vms_at drop' -s h -l help -d 'print this help'
complete -c vms-warm -n '__vms_at drop' -l version -d 'print the version'
complete -c vms-warm -n '__vms_at drop -eq 0' -f -a '(vms-template list 2>/dev/null)' -d 'template, or a version of one (gui@3)'
