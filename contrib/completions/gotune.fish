# fish completion for gotune(1). Install in /usr/share/fish/vendor_completions.d/.
# Written by contrib/completions/generate.

# Is the command on the line one of these? ("policy check" is one; '' is none yet.)
function __gotune_in
    set -l words
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; or set -a words $word
    end
    set -l command "$words[1]"
    if string match -q -- "* $command *" ' policy '; and test (count $words) -gt 1
        set command "$command $words[2]"
    end
    contains -- "$command" $argv
end

function __gotune_ids
    gotune list --format json 2>/dev/null | string replace -rf '^ *"id": *"([^"\\\\]*)",?$' '$1'
end

complete -c gotune -f
complete -c gotune -n "__gotune_in ''" -l help -d 'print help'
complete -c gotune -n "__gotune_in ''" -l version -d 'print the version'
complete -c gotune -n "__gotune_in ''" -a explain -d 'decide for a bundle, say why, change nothing'
complete -c gotune -n "__gotune_in ''" -a inspect -d 'say what a program is: Go or not, which version, what is linked'
complete -c gotune -n "__gotune_in ''" -a install -d 'register with docker, podman, crio, containerd or cdi'
complete -c gotune -n "__gotune_in ''" -a uninstall -d 'undo what install did, and name the containers that still need it'
complete -c gotune -n "__gotune_in ''" -a status -d 'say with which engines it is registered, and how'
complete -c gotune -n "__gotune_in ''" -a list -d 'list the containers that were decided about'
complete -c gotune -n "__gotune_in ''" -a show -d 'show the record of a container: what was decided and applied'
complete -c gotune -n "__gotune_in ''" -a policy -d 'check, show'
complete -c gotune -n "__gotune_in ''" -a profiles -d 'list the profiles, and who each is for'
complete -c gotune -n "__gotune_in ''" -a doctor -d 'say whether the tool works on this machine and with its engines'
complete -c gotune -n "__gotune_in ''" -a help -d 'print help'
complete -c gotune -n "__gotune_in explain" -F
complete -c gotune -n "__gotune_in inspect" -F
complete -c gotune -n "__gotune_in install" -a 'docker podman crio containerd cdi'
complete -c gotune -n "__gotune_in uninstall" -a 'docker podman crio containerd cdi'
complete -c gotune -n "__gotune_in status" -a 'docker podman crio containerd cdi'
complete -c gotune -n "__gotune_in show" -a '(__gotune_ids)'
complete -c gotune -n "__gotune_in policy" -a check -d 'check a policy file, or those that are installed'
complete -c gotune -n "__gotune_in 'policy check'" -F
complete -c gotune -n "__gotune_in policy" -a show -d 'show the merged policy, and the file that each value came from'
complete -c gotune -n "__gotune_in help" -a 'explain inspect install uninstall status list show policy profiles doctor help'
complete -c gotune -n "__gotune_in explain inspect status list show 'policy show' profiles doctor" -l format -x -a 'table json' -d 'how to print it'
complete -c gotune -n "__gotune_in explain" -l pid -x -a '(__fish_complete_pids)' -d 'also read the limits of the live process N'
complete -c gotune -n "__gotune_in explain 'policy show' profiles" -l policy -r -F -d 'this policy file instead of those that are installed'
complete -c gotune -n "__gotune_in explain" -l set -x -d 'decide as if the container had this annotation'
complete -c gotune -n "__gotune_in explain 'policy check' 'policy show' profiles doctor" -l sysroot -x -a '(__fish_complete_directories)' -d 'read /sys, /proc and the policy from a captured machine'
complete -c gotune -n "__gotune_in explain inspect install uninstall status list show 'policy check' 'policy show' profiles doctor help" -l help -d 'print this help'
complete -c gotune -n "__gotune_in inspect" -l rootfs -x -a '(__fish_complete_directories)' -d 'find the program inside this root file system'
complete -c gotune -n "__gotune_in install" -l default -d 'also make it the engine\'s default runtime'
complete -c gotune -n "__gotune_in install uninstall" -l dry-run -d 'print a diff of what would change, and change nothing'
complete -c gotune -n "__gotune_in install uninstall status" -l root -x -a '(__fish_complete_directories)' -d 'in the image of a machine below DIR, not in this one'
complete -c gotune -n "__gotune_in install uninstall" -l way -x -a 'runtime precreate hook device' -d 'how the engine calls it'
complete -c gotune -n "__gotune_in list show" -l record-dir -x -a '(__fish_complete_directories)' -d 'where records are kept'
complete -c gotune -n "__gotune_in doctor" -l no-selftest -d 'run no container'
