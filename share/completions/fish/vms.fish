# Completion of vms; generated: deno task pages

# What the command of the first word offers.
function __vms_delegate
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -e words[1]
    complete -C "vms-$(string join ' ' -- (string escape -- $words)) $current"
end

complete -c vms -f
complete -c vms -n __fish_use_subcommand -a agent -d 'Ask the agent of a VM, by JSON-RPC'
complete -c vms -n __fish_use_subcommand -a balloon -d 'Take memory that guests do not use back, if it is short'
complete -c vms -n __fish_use_subcommand -a cache -d 'Show, fill and clean the package cache that VMs share'
complete -c vms -n __fish_use_subcommand -a clip -d 'Copy and paste between VMs, and between them and this host'
complete -c vms -n __fish_use_subcommand -a clone -d 'Make VMs from a template or from an AppVM'
complete -c vms -n __fish_use_subcommand -a console -d 'Open the serial console of a VM in this terminal'
complete -c vms -n __fish_use_subcommand -a cp -d 'Copy files and folders into a VM, out of it, or between VMs'
complete -c vms -n __fish_use_subcommand -a density -d 'Show what VMs take of the host\'s memory, and what room is left'
complete -c vms -n __fish_use_subcommand -a destroy -d 'Delete VMs with their disks'
complete -c vms -n __fish_use_subcommand -a dispose -d 'Start a throw-away VM; all of it is gone when it stops'
complete -c vms -n __fish_use_subcommand -a doctor -d 'Find what this host lacks and what crashes left, and cure it'
complete -c vms -n __fish_use_subcommand -a exec -d 'Run a program in a VM'
complete -c vms -n __fish_use_subcommand -a firewall -d 'Say what a VM may reach; this host enforces it'
complete -c vms -n __fish_use_subcommand -a install -d 'Install a VM from the ISO, unattended over the serial console'
complete -c vms -n __fish_use_subcommand -a iso -d 'get and prove the installation ISO of Arch Linux'
complete -c vms -n __fish_use_subcommand -a keep -d 'Turn a running disposable into an AppVM'
complete -c vms -n __fish_use_subcommand -a list -d 'List VMs: names, or a table on a terminal'
complete -c vms -n __fish_use_subcommand -a net -d 'Connect a VM to a network, or cut it off'
complete -c vms -n __fish_use_subcommand -a passwords -d 'Show and change the passwords of VMs'
complete -c vms -n __fish_use_subcommand -a pause -d 'Pause VMs: they keep their memory and use no CPU'
complete -c vms -n __fish_use_subcommand -a pool -d 'Keep disposables ready, so that they are only woken'
complete -c vms -n __fish_use_subcommand -a rebuild -d 'Give VMs a new root layer on the newest version of their template'
complete -c vms -n __fish_use_subcommand -a resume -d 'Let paused VMs run on'
complete -c vms -n __fish_use_subcommand -a share -d 'Give a VM that runs a folder of this host'
complete -c vms -n __fish_use_subcommand -a shell -d 'Open a shell in a VM'
complete -c vms -n __fish_use_subcommand -a snapshot -d 'Take, list, go back to and delete snapshots of an AppVM'
complete -c vms -n __fish_use_subcommand -a spice -d 'Open the screen of a VM in a viewer'
complete -c vms -n __fish_use_subcommand -a start -d 'Start VMs'
complete -c vms -n __fish_use_subcommand -a stats -d 'Show what VMs use: CPU, memory, disk, network'
complete -c vms -n __fish_use_subcommand -a stop -d 'Shut VMs down'
complete -c vms -n __fish_use_subcommand -a template -d 'Build, rebuild, list and prune templates'
complete -c vms -n __fish_use_subcommand -a usb -d 'give USB devices of this host to VMs'
complete -c vms -n __fish_use_subcommand -a warm -d 'Freeze booted templates, so that VMs start without booting'
complete -c vms -n 'not __fish_use_subcommand' -a '(__vms_delegate)'
