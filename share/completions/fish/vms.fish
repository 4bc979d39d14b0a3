# Completion of vms; generated: deno task pages

# What the command of the first word offers.
function __vms_delegate
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -e words[1]
    complete -C "vms-$(string join ' ' -- (string escape -- $words)) $current"
end

complete -c vms -f
complete -c vms -n 'not __fish_use_subcommand' -a '(__vms_delegate)'
