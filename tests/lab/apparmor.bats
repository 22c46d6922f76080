#!/usr/bin/env bats
# A program that AppArmor confines, enforced by the kernel.

load common_lab

setup() {
	lab_setup
	[ -n "${T:-}" ] || return 0
	grep -qw apparmor /sys/kernel/security/lsm || skip 'this kernel runs without AppArmor'
	command -v apparmor_parser >/dev/null || skip 'no apparmor_parser here: the roots trixie and sid have it'
}

# A profile like the ones that engines load: all but one file.
load_profile() {
	cat >"$T/profile" <<-'END'
		profile gotune-lab flags=(attach_disconnected,mediate_deleted) {
			file,
			capability,
			network,
			signal,
			deny /secret r,
		}
	END
	apparmor_parser --skip-cache -r "$T/profile"
	edit '.process.apparmorProfile = "gotune-lab"'
}

@test "AppArmor enforces its profile in a container" {
	load_profile
	use_busybox
	echo secret >"$BUNDLE/rootfs/secret"
	edit '.process.args = ["/bin/sh", "-c", "cat /proc/self/attr/current; cat /secret 2>/dev/null; true"]'
	run_container
	expect 'gotune-lab (enforce)' "$(cat "$T/out")" 'what it said'
}

@test "a confined Go program is tuned" {
	load_profile
	sleeper
	expect 'gotune-lab (enforce)' "$(cat "/proc/$PID/attr/current")" 'its profile'
	expect_tuned
}

@test "a hook whose own profile may not trace: the container starts, the record says AppArmor" {
	apparmor_parser --skip-cache -r <<-'END'
		profile gotune-lab-hook flags=(attach_disconnected) {
			file,
			capability,
			signal,
			unix,
			mount,
		}
	END
	edit '.hooks.createRuntime[0] |= (.args = ["aa-exec", "-p", "gotune-lab-hook", "--", .path] + .args[1:]
		| .path = "/usr/bin/aa-exec")'
	run_container
	expect null "$(seen .env.GOMAXPROCS)" GOMAXPROCS
	expect 'skip apparmor' "$(setting GOMAXPROCS | cut -d' ' -f1,2)" GOMAXPROCS
}
