# Completion of vms-template; generated: deno task pages

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

complete -c vms-template -f
complete -c vms-template -n '__vms_at "" -eq 0' -a build -d 'build the next version of a template from its recipe'
complete -c vms-template -n '__vms_at "" -eq 0' -a rebuild -d 'build new versions of templates there are, parents first'
complete -c vms-template -n '__vms_at "" -eq 0' -a list -d 'list published versions'
complete -c vms-template -n '__vms_at "" -eq 0' -a show -d 'show a version: image, size, parent, who rests on it'
complete -c vms-template -n '__vms_at "" -eq 0' -a prune -d 'delete versions that nothing rests on, but not the newest'
complete -c vms-template -n '__vms_at "" -eq 0' -a flatten -d 'publish a version anew as one image, without its parent'
complete -c vms-template -n '__vms_at build' -l iso -r -F -d 'ISO to install from'
complete -c vms-template -n '__vms_at build' -l keep -d 'keep the disk of an installation that fails'
complete -c vms-template -n '__vms_at build' -l no-wait -d 'fail where another build of it runs, don\'t wait'
complete -c vms-template -n '__vms_at build' -l silence -x -d 'longest time in which a step may say nothing'
complete -c vms-template -n '__vms_at build' -l from -x -d 'go on from a step, with a disk that was kept'
complete -c vms-template -n '__vms_at build' -l json -d 'print JSON instead of names and tables'
complete -c vms-template -n '__vms_at build' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-template -n '__vms_at build' -s x -l trace -d 'print every program that is run'
complete -c vms-template -n '__vms_at build' -s h -l help -d 'print this help'
complete -c vms-template -n '__vms_at build' -l version -d 'print the version'
complete -c vms-template -n '__vms_at build -eq 0' -f -a '(vms-template list 2>/dev/null)' -d 'name of a recipe'
complete -c vms-template -n '__vms_at rebuild' -l iso -r -F -d 'ISO to install from'
complete -c vms-template -n '__vms_at rebuild' -l keep -d 'keep the disk of an installation that fails'
complete -c vms-template -n '__vms_at rebuild' -l no-wait -d 'fail where another build of it runs, don\'t wait'
complete -c vms-template -n '__vms_at rebuild' -l silence -x -d 'longest time in which a step may say nothing'
complete -c vms-template -n '__vms_at rebuild' -l all -d 'of all templates'
complete -c vms-template -n '__vms_at rebuild' -l json -d 'print JSON instead of names and tables'
complete -c vms-template -n '__vms_at rebuild' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-template -n '__vms_at rebuild' -s x -l trace -d 'print every program that is run'
complete -c vms-template -n '__vms_at rebuild' -s h -l help -d 'print this help'
complete -c vms-template -n '__vms_at rebuild' -l version -d 'print the version'
complete -c vms-template -n '__vms_at rebuild -ge 0' -f -a '(vms-template list 2>/dev/null)' -d 'name of a recipe'
complete -c vms-template -n '__vms_at list' -l json -d 'print JSON instead of names and tables'
complete -c vms-template -n '__vms_at list' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-template -n '__vms_at list' -s x -l trace -d 'print every program that is run'
complete -c vms-template -n '__vms_at list' -s h -l help -d 'print this help'
complete -c vms-template -n '__vms_at list' -l version -d 'print the version'
complete -c vms-template -n '__vms_at show' -l json -d 'print JSON instead of names and tables'
complete -c vms-template -n '__vms_at show' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-template -n '__vms_at show' -s x -l trace -d 'print every program that is run'
complete -c vms-template -n '__vms_at show' -s h -l help -d 'print this help'
complete -c vms-template -n '__vms_at show' -l version -d 'print the version'
complete -c vms-template -n '__vms_at show -eq 0' -f -a '(vms-template list 2>/dev/null)' -d 'name of a recipe'
complete -c vms-template -n '__vms_at prune' -l json -d 'print JSON instead of names and tables'
complete -c vms-template -n '__vms_at prune' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-template -n '__vms_at prune' -s x -l trace -d 'print every program that is run'
complete -c vms-template -n '__vms_at prune' -s h -l help -d 'print this help'
complete -c vms-template -n '__vms_at prune' -l version -d 'print the version'
complete -c vms-template -n '__vms_at prune -ge 0' -f -a '(vms-template list 2>/dev/null)' -d 'name of a recipe'
complete -c vms-template -n '__vms_at flatten' -l json -d 'print JSON instead of names and tables'
complete -c vms-template -n '__vms_at flatten' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-template -n '__vms_at flatten' -s x -l trace -d 'print every program that is run'
complete -c vms-template -n '__vms_at flatten' -s h -l help -d 'print this help'
complete -c vms-template -n '__vms_at flatten' -l version -d 'print the version'
complete -c vms-template -n '__vms_at flatten -eq 0' -f -a '(vms-template list 2>/dev/null)' -d 'name of a recipe'
