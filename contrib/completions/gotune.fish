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
complete -c gotune -n "__gotune_in ''" -a scan -d 'list the Go programs of this machine, and what hurts them'
complete -c gotune -n "__gotune_in ''" -a capture -d 'copy what scan and explain read of this machine into DIR'
complete -c gotune -n "__gotune_in ''" -a replay -d 'decide again from records, and show what would differ'
complete -c gotune -n "__gotune_in ''" -a inspect -d 'say what a program is: Go or not, which version, what is linked'
complete -c gotune -n "__gotune_in ''" -a install -d 'register with docker, podman, crio, containerd, cdi or nri'
complete -c gotune -n "__gotune_in ''" -a uninstall -d 'undo what install did, and name the containers that still need it'
complete -c gotune -n "__gotune_in ''" -a status -d 'say with which engines it is registered, and how'
complete -c gotune -n "__gotune_in ''" -a list -d 'list the containers that were decided about'
complete -c gotune -n "__gotune_in ''" -a show -d 'show the record of a container: what was decided and applied'
complete -c gotune -n "__gotune_in ''" -a policy -d 'check, show'
complete -c gotune -n "__gotune_in ''" -a profiles -d 'list the profiles, and who each is for'
complete -c gotune -n "__gotune_in ''" -a diagnose -d 'say what is wrong with a Go service, from what its runtime prints'
complete -c gotune -n "__gotune_in ''" -a goroutines -d 'the goroutines of a running Go program, from outside'
complete -c gotune -n "__gotune_in ''" -a metrics -d 'print metrics of decisions and of tuned containers, for Prometheus'
complete -c gotune -n "__gotune_in ''" -a report -d 'what became of tuned containers, against those that were left alone'
complete -c gotune -n "__gotune_in ''" -a lessons -d 'what gotuned has learned for the next start, and how to forget it'
complete -c gotune -n "__gotune_in ''" -a doctor -d 'say whether the tool works on this machine and with its engines'
complete -c gotune -n "__gotune_in ''" -a help -d 'print help'
complete -c gotune -n "__gotune_in explain" -F
complete -c gotune -n "__gotune_in capture" -a '(__fish_complete_directories)'
complete -c gotune -n "__gotune_in replay" -a '(__gotune_ids)'
complete -c gotune -n "__gotune_in inspect" -F
complete -c gotune -n "__gotune_in install" -a 'docker podman crio containerd cdi nri'
complete -c gotune -n "__gotune_in uninstall" -a 'docker podman crio containerd cdi nri'
complete -c gotune -n "__gotune_in status" -a 'docker podman crio containerd cdi nri'
complete -c gotune -n "__gotune_in show" -a '(__gotune_ids)'
complete -c gotune -n "__gotune_in policy" -a check -d 'check a policy file, or those that are installed'
complete -c gotune -n "__gotune_in 'policy check'" -F
complete -c gotune -n "__gotune_in policy" -a show -d 'show the merged policy, and the file that each value came from'
complete -c gotune -n "__gotune_in diagnose" -a '(__gotune_ids)'
complete -c gotune -n "__gotune_in goroutines" -a '(__fish_complete_pids) (__gotune_ids)'
complete -c gotune -n "__gotune_in help" -a 'explain scan capture replay inspect install uninstall status list show policy profiles diagnose goroutines metrics report lessons doctor help'
complete -c gotune -n "__gotune_in explain replay inspect status list show 'policy show' profiles diagnose goroutines report lessons doctor" -l format -x -a 'table json' -d 'how to print it'
complete -c gotune -n "__gotune_in explain" -l pid -x -a '(__fish_complete_pids)' -d 'also read the limits of the live process N'
complete -c gotune -n "__gotune_in explain scan replay 'policy show' profiles" -l policy -r -F -d 'this policy file instead of those that are installed'
complete -c gotune -n "__gotune_in explain" -l set -x -d 'decide as if the container had this annotation'
complete -c gotune -n "__gotune_in explain scan replay 'policy check' 'policy show' profiles doctor" -l sysroot -x -a '(__fish_complete_directories)' -d 'read /sys, /proc and the policy from a captured machine'
complete -c gotune -n "__gotune_in explain scan capture replay inspect install uninstall status list show 'policy check' 'policy show' profiles diagnose goroutines metrics report lessons doctor help" -l help -d 'print this help'
complete -c gotune -n "__gotune_in scan" -l bundle-only -d 'decide from each container\'s config.json alone, without /proc'
complete -c gotune -n "__gotune_in scan" -l format -x -a 'table json csv' -d 'how to print it'
complete -c gotune -n "__gotune_in replay list show diagnose goroutines metrics" -l record-dir -x -a '(__fish_complete_directories)' -d 'where records are kept'
complete -c gotune -n "__gotune_in inspect" -l rootfs -x -a '(__fish_complete_directories)' -d 'find the program inside this root file system'
complete -c gotune -n "__gotune_in install" -l default -d 'also make it the engine\'s default runtime'
complete -c gotune -n "__gotune_in install uninstall" -l dry-run -d 'print a diff of what would change, and change nothing'
complete -c gotune -n "__gotune_in install uninstall status" -l root -x -a '(__fish_complete_directories)' -d 'in the image of a machine below DIR, not in this one'
complete -c gotune -n "__gotune_in install uninstall" -l way -x -a 'runtime precreate hook device plugin' -d 'how the engine calls it'
complete -c gotune -n "__gotune_in list metrics report lessons" -l state-dir -x -a '(__fish_complete_directories)' -d 'where gotuned keeps its history'
complete -c gotune -n "__gotune_in diagnose" -l cpu-stat -r -F -d 'the cgroup\'s cpu.stat, or copies of it after each other'
complete -c gotune -n "__gotune_in diagnose" -l dump -r -F -d 'a goroutine dump (debug=2) of the same program'
complete -c gotune -n "__gotune_in diagnose" -l file -r -F -d 'this log, raw or compressed'
complete -c gotune -n "__gotune_in diagnose" -l follow -d 'go on reading, and print verdicts when they change'
complete -c gotune -n "__gotune_in diagnose goroutines" -l out -x -a '(__fish_complete_directories)' -d 'also write pictures and data below DIR'
complete -c gotune -n "__gotune_in diagnose" -l watch -x -a '(__gotune_ids)' -d 'only say how to start it so that it can be diagnosed'
complete -c gotune -n "__gotune_in goroutines" -l snapshots -x -d 'end after COUNT snapshots'
complete -c gotune -n "__gotune_in goroutines" -l trace -x -d 'count births and ends for SECONDS'
complete -c gotune -n "__gotune_in goroutines" -l watch -x -d 'look again each TIME (10s, 500ms, 2m)'
complete -c gotune -n "__gotune_in metrics" -l openmetrics -d 'print OpenMetrics 1.0, not the older format'
complete -c gotune -n "__gotune_in metrics report" -l output -r -F -d 'write to FILE, in one step'
complete -c gotune -n "__gotune_in report" -l rule -x -d 'containers of that rule of the policy, against all others'
complete -c gotune -n "__gotune_in lessons" -l forget -x -d 'forget what was learned of that image or rule'
complete -c gotune -n "__gotune_in doctor" -l no-selftest -d 'run no container'
