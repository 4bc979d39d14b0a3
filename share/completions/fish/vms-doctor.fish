# Completion of vms-doctor; generated: deno task pages

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

complete -c vms-doctor -f
complete -c vms-doctor -s r -l repair -d 'cure what is found'
complete -c vms-doctor -s v -l all -d 'print also what is as it should be, and hints'
complete -c vms-doctor -l json -d 'print JSON instead of names and tables'
complete -c vms-doctor -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-doctor -s x -l trace -d 'print every program that is run'
complete -c vms-doctor -s h -l help -d 'print this help'
complete -c vms-doctor -l version -d 'print the version'
