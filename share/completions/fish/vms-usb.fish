# Completion of vms-usb; generated: deno task pages

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

complete -c vms-usb -f
complete -c vms-usb -n '__vms_at "" -eq 0' -a list -d 'list USB devices, and the VMs that have them'
complete -c vms-usb -n '__vms_at "" -eq 0' -a attach -d 'give a device to a VM until that stops'
complete -c vms-usb -n '__vms_at "" -eq 0' -a detach -d 'take a device from the VM that has it'
complete -c vms-usb -n '__vms_at list' -l sysfs -r -f -a '(__fish_complete_directories)' -d 'where sysfs is mounted'
complete -c vms-usb -n '__vms_at list' -l json -d 'print JSON instead of names and tables'
complete -c vms-usb -n '__vms_at list' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-usb -n '__vms_at list' -s x -l trace -d 'print every program that is run'
complete -c vms-usb -n '__vms_at list' -s h -l help -d 'print this help'
complete -c vms-usb -n '__vms_at list' -l version -d 'print the version'
complete -c vms-usb -n '__vms_at attach' -l sysfs -r -f -a '(__fish_complete_directories)' -d 'where sysfs is mounted'
complete -c vms-usb -n '__vms_at attach' -l json -d 'print JSON instead of names and tables'
complete -c vms-usb -n '__vms_at attach' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-usb -n '__vms_at attach' -s x -l trace -d 'print every program that is run'
complete -c vms-usb -n '__vms_at attach' -s h -l help -d 'print this help'
complete -c vms-usb -n '__vms_at attach' -l version -d 'print the version'
complete -c vms-usb -n '__vms_at attach -eq 0' -f -a '(vms-usb list 2>/dev/null)' -d 'its serial, port (2-1.4) or vendor:product'
complete -c vms-usb -n '__vms_at attach -eq 1' -f -a '(vms-list 2>/dev/null)' -d 'a VM that runs'
complete -c vms-usb -n '__vms_at detach' -l sysfs -r -f -a '(__fish_complete_directories)' -d 'where sysfs is mounted'
complete -c vms-usb -n '__vms_at detach' -l json -d 'print JSON instead of names and tables'
complete -c vms-usb -n '__vms_at detach' -s n -l dry-run -d 'show what would change, change nothing'
complete -c vms-usb -n '__vms_at detach' -s x -l trace -d 'print every program that is run'
complete -c vms-usb -n '__vms_at detach' -s h -l help -d 'print this help'
complete -c vms-usb -n '__vms_at detach' -l version -d 'print the version'
complete -c vms-usb -n '__vms_at detach -eq 0' -f -a '(vms-usb list 2>/dev/null)' -d 'its serial, port (2-1.4) or vendor:product'
complete -c vms-usb -n '__vms_at detach -eq 1' -f -a '(vms-list 2>/dev/null)' -d 'a VM that runs'
