# Completion of vms-iso; generated: deno task pages

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

complete -c vms-iso -f
complete -c vms-iso -n '__vms_at "" -eq 0' -a fetch -d 'fetch an ISO, the latest without VERSION, and verify it'
complete -c vms-iso -n '__vms_at "" -eq 0' -a verify -d 'verify an ISO, the newest without FILE, by its signature'
complete -c vms-iso -n '__vms_at "" -eq 0' -a list -d 'list the ISOs on this host, newest first'
complete -c vms-iso -n '__vms_at "" -eq 0' -a path -d 'print the path of the newest verified ISO'
complete -c vms-iso -n '__vms_at fetch' -l json -d 'print JSON instead of names and tables'
complete -c vms-iso -n '__vms_at fetch' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-iso -n '__vms_at fetch' -s x -l trace -d 'print every program that is run'
complete -c vms-iso -n '__vms_at fetch' -s h -l help -d 'print this help'
complete -c vms-iso -n '__vms_at fetch' -l version -d 'print the version'
complete -c vms-iso -n '__vms_at verify' -l json -d 'print JSON instead of names and tables'
complete -c vms-iso -n '__vms_at verify' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-iso -n '__vms_at verify' -s x -l trace -d 'print every program that is run'
complete -c vms-iso -n '__vms_at verify' -s h -l help -d 'print this help'
complete -c vms-iso -n '__vms_at verify' -l version -d 'print the version'
complete -c vms-iso -n '__vms_at verify -eq 0' -F -d 'ISO with FILE.sig beside it'
complete -c vms-iso -n '__vms_at list' -l available -d 'list what has been released'
complete -c vms-iso -n '__vms_at list' -l json -d 'print JSON instead of names and tables'
complete -c vms-iso -n '__vms_at list' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-iso -n '__vms_at list' -s x -l trace -d 'print every program that is run'
complete -c vms-iso -n '__vms_at list' -s h -l help -d 'print this help'
complete -c vms-iso -n '__vms_at list' -l version -d 'print the version'
complete -c vms-iso -n '__vms_at path' -l json -d 'print JSON instead of names and tables'
complete -c vms-iso -n '__vms_at path' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-iso -n '__vms_at path' -s x -l trace -d 'print every program that is run'
complete -c vms-iso -n '__vms_at path' -s h -l help -d 'print this help'
complete -c vms-iso -n '__vms_at path' -l version -d 'print the version'
