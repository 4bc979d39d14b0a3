# Completion of vms-cache; generated: deno task pages

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

complete -c vms-cache -f
complete -c vms-cache -n '__vms_at "" -eq 0' -a status -d 'show how much lies in the cache, and whose it is'
complete -c vms-cache -n '__vms_at "" -eq 0' -a publish -d 'move packages whose signature is right to the shared directory'
complete -c vms-cache -n '__vms_at "" -eq 0' -a clean -d 'remove old versions, interrupted downloads, former VMs\' packages'
complete -c vms-cache -n '__vms_at status' -l json -d 'print JSON instead of names and tables'
complete -c vms-cache -n '__vms_at status' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-cache -n '__vms_at status' -s x -l trace -d 'print every program that is run'
complete -c vms-cache -n '__vms_at status' -s h -l help -d 'print this help'
complete -c vms-cache -n '__vms_at status' -l version -d 'print the version'
complete -c vms-cache -n '__vms_at publish' -l json -d 'print JSON instead of names and tables'
complete -c vms-cache -n '__vms_at publish' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-cache -n '__vms_at publish' -s x -l trace -d 'print every program that is run'
complete -c vms-cache -n '__vms_at publish' -s h -l help -d 'print this help'
complete -c vms-cache -n '__vms_at publish' -l version -d 'print the version'
complete -c vms-cache -n '__vms_at publish -ge 0' -f -a '(vms-list 2>/dev/null; vms-template list 2>/dev/null)' -d 'VMs or templates, all without any; - reads them from standard input'
complete -c vms-cache -n '__vms_at clean' -l keep -x -d 'versions of each shared package that stay'
complete -c vms-cache -n '__vms_at clean' -l all -d 'remove all that no VM is using'
complete -c vms-cache -n '__vms_at clean' -l json -d 'print JSON instead of names and tables'
complete -c vms-cache -n '__vms_at clean' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-cache -n '__vms_at clean' -s x -l trace -d 'print every program that is run'
complete -c vms-cache -n '__vms_at clean' -s h -l help -d 'print this help'
complete -c vms-cache -n '__vms_at clean' -l version -d 'print the version'
complete -c vms-cache -n '__vms_at clean -ge 0' -f -a '(vms-list 2>/dev/null; vms-template list 2>/dev/null)' -d 'VMs or templates, all without any; - reads them from standard input'
