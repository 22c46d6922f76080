# fish completion for gotune(1). Install in /usr/share/fish/vendor_completions.d/.
# tests/check-options compares the options with those of `gotune COMMAND --help`: each line names
# its commands in `__gotune_in`.

# Is the command on the line one of these? ("policy check" is one; '' is none yet.)
function __gotune_in
    set -l words
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; or set -a words $word
    end
    set -l command "$words[1]"
    if test "$command" = policy; and test (count $words) -gt 1
        set command "policy $words[2]"
    end
    contains -- "$command" $argv
end

function __gotune_ids
    gotune list --format json 2>/dev/null | string replace -rf '^ *"id": *"([^"\\\\]*)",?$' '$1'
end

complete -c gotune -f
complete -c gotune -n "__gotune_in ''" -l help -d 'Print help'
complete -c gotune -n "__gotune_in ''" -l version -d 'Print the version'
complete -c gotune -n "__gotune_in ''" -a explain -d 'Decide for a bundle, change nothing'
complete -c gotune -n "__gotune_in ''" -a inspect -d 'Say what a program is'
complete -c gotune -n "__gotune_in ''" -a install -d 'Register with an engine'
complete -c gotune -n "__gotune_in ''" -a uninstall -d 'Undo what install did'
complete -c gotune -n "__gotune_in ''" -a status -d 'Say where it is registered'
complete -c gotune -n "__gotune_in ''" -a list -d 'List the containers with a record'
complete -c gotune -n "__gotune_in ''" -a show -d 'Show the record of a container'
complete -c gotune -n "__gotune_in ''" -a policy -d 'Check or show the policy'
complete -c gotune -n "__gotune_in ''" -a profiles -d 'List the profiles'
complete -c gotune -n "__gotune_in ''" -a doctor -d 'Say whether the tool works here'
complete -c gotune -n "__gotune_in ''" -a help -d 'Print help'
complete -c gotune -n "__gotune_in policy" -a check -d 'Check a policy file'
complete -c gotune -n "__gotune_in policy" -a show -d 'Show the merged policy'
complete -c gotune -n "__gotune_in help" -a 'explain inspect install uninstall status doctor list show policy profiles'
complete -c gotune -n "__gotune_in install uninstall status" -a 'docker podman crio containerd cdi'
complete -c gotune -n "__gotune_in show" -a '(__gotune_ids)'
complete -c gotune -n "__gotune_in explain inspect 'policy check'" -F
complete -c gotune -n "__gotune_in explain inspect status doctor list show 'policy show' profiles" -l format -x -a 'table json' -d 'How to print it'
complete -c gotune -n "__gotune_in explain" -l pid -x -a '(__fish_complete_pids)' -d 'Also read a live process'
complete -c gotune -n "__gotune_in explain 'policy show' profiles" -l policy -r -F -d 'Use this policy file'
complete -c gotune -n "__gotune_in list show" -l record-dir -x -a '(__fish_complete_directories)' -d 'Where records are kept'
complete -c gotune -n "__gotune_in install" -l default -d 'Also make it the default runtime'
complete -c gotune -n "__gotune_in install uninstall" -l dry-run -d 'Print a diff, change nothing'
complete -c gotune -n "__gotune_in install uninstall" -l way -x -a 'runtime precreate hook device' -d 'How it is called'
complete -c gotune -n "__gotune_in install uninstall status" -l root -x -a '(__fish_complete_directories)' -d 'In the image below this directory'
complete -c gotune -n "__gotune_in doctor" -l no-selftest -d 'Run no container'
complete -c gotune -n "__gotune_in inspect" -l rootfs -x -a '(__fish_complete_directories)' -d 'Root file system of the program'
complete -c gotune -n "__gotune_in explain" -l set -x -d 'Decide as if it had io.gotune.KEY=VALUE'
complete -c gotune -n "__gotune_in explain doctor 'policy check' 'policy show' profiles" -l sysroot -x -a '(__fish_complete_directories)' -d 'Read from a captured machine'
complete -c gotune -n "__gotune_in explain inspect install uninstall status doctor list show 'policy check' 'policy show' profiles help" -l help -d 'Print help'
