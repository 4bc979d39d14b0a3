# Completion of vms-firewall; generated: deno task pages

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

complete -c vms-firewall -f
complete -c vms-firewall -l watch -d 'keep the addresses of names current until ended'
complete -c vms-firewall -l json -d 'print JSON instead of names and tables'
complete -c vms-firewall -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-firewall -s x -l trace -d 'print every program that is run'
complete -c vms-firewall -s h -l help -d 'print this help'
complete -c vms-firewall -l version -d 'print the version'
complete -c vms-firewall -n '__vms_at "" -eq 0' -f -a '(vms-list 2>/dev/null; vms-template list 2>/dev/null)' -d 'a VM or a template'
complete -c vms-firewall -n '__vms_at "" -ge 1' -f -a 'list allow deny remove default refresh reset log tcp udp icmp any to' -d 'list, a rule, remove N, default allow|deny, refresh, reset, log'
