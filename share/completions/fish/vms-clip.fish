# Completion of vms-clip; generated: deno task pages

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

complete -c vms-clip -f
complete -c vms-clip -n '__vms_at "" -eq 0' -a copy -d 'take what is in the clipboard of a VM'
complete -c vms-clip -n '__vms_at "" -eq 0' -a paste -d 'offer what was copied in another VM, for one paste'
complete -c vms-clip -n '__vms_at "" -eq 0' -a offer -d 'offer standard input on this host, for one paste'
complete -c vms-clip -n '__vms_at "" -eq 0' -a list -d 'say what waits to be pasted, not what it is'
complete -c vms-clip -n '__vms_at "" -eq 0' -a clear -d 'delete what waits to be pasted'
complete -c vms-clip -n '__vms_at "" -eq 0' -a log -d 'list who gave what to whom; never what it was'
complete -c vms-clip -n '__vms_at copy' -l host -d 'the clipboard of this host, instead of a VM\'s'
complete -c vms-clip -n '__vms_at copy' -s p -l primary -d 'what is marked, not what was copied'
complete -c vms-clip -n '__vms_at copy' -l ttl -x -d 'how long it can be pasted'
complete -c vms-clip -n '__vms_at copy' -s i -l image -d 'a picture (PNG) instead of text'
complete -c vms-clip -n '__vms_at copy' -l limit -x -d 'most to take'
complete -c vms-clip -n '__vms_at copy' -l json -d 'print JSON instead of names and tables'
complete -c vms-clip -n '__vms_at copy' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-clip -n '__vms_at copy' -s x -l trace -d 'print every program that is run'
complete -c vms-clip -n '__vms_at copy' -s h -l help -d 'print this help'
complete -c vms-clip -n '__vms_at copy' -l version -d 'print the version'
complete -c vms-clip -n '__vms_at copy -eq 0' -f -a '(vms-list 2>/dev/null)' -d 'a VM with a screen'
complete -c vms-clip -n '__vms_at paste' -l host -d 'the clipboard of this host, instead of a VM\'s'
complete -c vms-clip -n '__vms_at paste' -s p -l primary -d 'what is marked, not what was copied'
complete -c vms-clip -n '__vms_at paste' -l ttl -x -d 'how long it can be pasted'
complete -c vms-clip -n '__vms_at paste' -l json -d 'print JSON instead of names and tables'
complete -c vms-clip -n '__vms_at paste' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-clip -n '__vms_at paste' -s x -l trace -d 'print every program that is run'
complete -c vms-clip -n '__vms_at paste' -s h -l help -d 'print this help'
complete -c vms-clip -n '__vms_at paste' -l version -d 'print the version'
complete -c vms-clip -n '__vms_at paste -eq 0' -f -a '(vms-list 2>/dev/null)' -d 'a VM with a screen'
complete -c vms-clip -n '__vms_at offer' -s i -l image -d 'a picture (PNG) instead of text'
complete -c vms-clip -n '__vms_at offer' -s p -l primary -d 'what is marked, not what was copied'
complete -c vms-clip -n '__vms_at offer' -l ttl -x -d 'how long it can be pasted'
complete -c vms-clip -n '__vms_at offer' -l json -d 'print JSON instead of names and tables'
complete -c vms-clip -n '__vms_at offer' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-clip -n '__vms_at offer' -s x -l trace -d 'print every program that is run'
complete -c vms-clip -n '__vms_at offer' -s h -l help -d 'print this help'
complete -c vms-clip -n '__vms_at offer' -l version -d 'print the version'
complete -c vms-clip -n '__vms_at list' -l json -d 'print JSON instead of names and tables'
complete -c vms-clip -n '__vms_at list' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-clip -n '__vms_at list' -s x -l trace -d 'print every program that is run'
complete -c vms-clip -n '__vms_at list' -s h -l help -d 'print this help'
complete -c vms-clip -n '__vms_at list' -l version -d 'print the version'
complete -c vms-clip -n '__vms_at clear' -l when-expired -d 'once its time is over'
complete -c vms-clip -n '__vms_at clear' -l json -d 'print JSON instead of names and tables'
complete -c vms-clip -n '__vms_at clear' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-clip -n '__vms_at clear' -s x -l trace -d 'print every program that is run'
complete -c vms-clip -n '__vms_at clear' -s h -l help -d 'print this help'
complete -c vms-clip -n '__vms_at clear' -l version -d 'print the version'
complete -c vms-clip -n '__vms_at log' -l json -d 'print JSON instead of names and tables'
complete -c vms-clip -n '__vms_at log' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-clip -n '__vms_at log' -s x -l trace -d 'print every program that is run'
complete -c vms-clip -n '__vms_at log' -s h -l help -d 'print this help'
complete -c vms-clip -n '__vms_at log' -l version -d 'print the version'
