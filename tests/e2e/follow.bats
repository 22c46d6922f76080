#!/usr/bin/env bats
# Behind a shell the tracer stays beside the container. Nobody in there may notice: exit statuses,
# signals, stops, job control and tracers of the container's own are as without us.

load common

setup() {
	common_setup
	use_busybox
}

teardown() {
	common_teardown
}

shell() {
	edit --arg script "$1" '.process.args = ["/bin/sh", "-c", $script]'
}

is_traced() {
	[ "$(awk '/^TracerPid:/ { print $2 }' "/proc/$1/status")" != 0 ]
}

# The process of the container whose command line has this word; not its init.
child_with() {
	pgrep -P "$PID" -f "$1" | head -n 1
}

says() {
	grep -q "$1" "$T/out"
}

# Runs `sh -c SCRIPT` without the hook, and with it: the status and the output are the same. Sets RC.
same_with_and_without() {
	local rc=0
	shell "$1"
	cp "$BUNDLE/config.json" "$T/with.json"
	edit 'del(.hooks)'
	RC=0
	rt run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out.without" 2>"$T/err.without" || RC=$?
	mv "$T/with.json" "$BUNDLE/config.json"
	rt run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err" || rc=$?
	expect "$RC" "$rc" 'the exit status'
	expect "$(cat "$T/out.without")" "$(cat "$T/out")" 'the output'
	expect "$(cat "$T/err.without")" "$(cat "$T/err")" 'the errors'
}

@test "exit statuses, behind a shell, of programs that end and that are killed" {
	same_with_and_without 'exit 42'
	expect 42 "$RC"
	same_with_and_without '/bin/sh -c "exit 3"; echo $?; /bin/sh -c "kill -TERM \$\$"; echo $?; /bin/sh -c "kill -KILL \$\$"; echo $?; exit 9'
	expect 9 "$RC"
	same_with_and_without 'exec /bin/sh -c "exit 5"'
	expect 5 "$RC"
	same_with_and_without '(exit 6) & wait $!; echo $?; /nosuch; echo $?'
	same_with_and_without 'for i in 1 2 3 4 5 6 7 8 9; do (sleep 0.0$i; exit $i) & p="$p $!"; done; for i in $p; do wait $i; echo $?; done'
}

@test "a pipe, a here-document, a subshell, and a child that outlives its parent" {
	same_with_and_without 'echo a b | cat | cat; cat <<EOT
here
EOT
	(cat /proc/self/comm); x=$(echo c); echo $x; (sleep 0.2 &) ; sleep 0.4; echo end'
}

@test "a signal comes to the shell's trap while it is followed" {
	shell 'trap "echo got-term; exit 7" TERM; echo ready; while :; do sleep 0.05; done'
	run_detached
	is_traced "$PID"
	rt kill "$ID" TERM
	wait_for 5 says got-term
	wait_for 5 test ! -e "/proc/$PID/exe"
}

@test "a signal to a child comes to the child, and its parent sees what it died of" {
	shell '/bin/sleep 77 & echo ready; wait $!; echo "child: $?"; sleep 60'
	run_detached
	wait_for 5 child_with 77 >/dev/null
	kill -USR1 "$(child_with 77)"
	wait_for 5 says "child: $((128 + 10))"
}

@test "an init without a handler ignores TERM as without us, and KILL ends it" {
	shell 'echo ready; while :; do sleep 0.05; done'
	run_detached
	rt kill "$ID" TERM
	sleep 0.3
	is_traced "$PID"
	rt kill "$ID" KILL
	wait_for 5 test ! -e "/proc/$PID/exe"
}

@test "stopped and continued from outside, the shell and its child" {
	shell 'i=0; echo ready; while :; do i=$((i + 1)); echo $i; sleep 0.02; done'
	run_detached
	is_traced "$PID"
	kill -STOP "$PID"
	wait_for 5 grep -qE '^State:.[tT]' "/proc/$PID/status"
	sleep 0.2 # a sleep of it may still end
	local before
	before=$(wc -l <"$T/out")
	sleep 0.4
	expect "$before" "$(wc -l <"$T/out")" 'lines while it is stopped'
	kill -CONT "$PID"
	wait_for 5 eval '[ "$(wc -l <"$T/out")" -gt "$before" ]'
}

@test "job control: a shell sees its children stop and go on" {
	cat >"$T/jobs.c" <<-'END'
		#include <signal.h>
		#include <stdio.h>
		#include <sys/wait.h>
		#include <unistd.h>
		int main(void)
		{
			int status;
			pid_t pid = fork();
			if (pid == 0)
				for (;;)
					pause();
			kill(pid, SIGSTOP);
			if (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status))
				printf("stopped by %d\n", WSTOPSIG(status));
			kill(pid, SIGCONT);
			if (waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status))
				puts("goes on");
			kill(pid, SIGTERM);
			if (waitpid(pid, &status, 0) == pid && WIFSIGNALED(status))
				printf("ended by %d\n", WTERMSIG(status));
			return 0;
		}
	END
	# As tini it leads on: its child is followed, too.
	gcc -static -o "$BUNDLE/rootfs/bin/tini" "$T/jobs.c"
	same_with_and_without '/bin/tini'
	expect 'stopped by 19 goes on ended by 15 ' "$(tr '\n' ' ' <"$T/out")" 'what it saw'
}

@test "strace in the container traces what it starts" {
	local lib
	for lib in $(ldd /usr/bin/strace | grep -o '/[^ ]*'); do
		mkdir -p "$BUNDLE/rootfs$(dirname "$lib")"
		cp "$lib" "$BUNDLE/rootfs$lib"
	done
	cp /usr/bin/strace "$BUNDLE/rootfs/bin/"
	edit '.process.capabilities |= with_entries(.value += ["CAP_SYS_PTRACE"]) | .root.readonly = false'
	same_with_and_without '/bin/strace -f -o /tmp/trace -e trace=execve /bin/sh -c "/bin/true; exit 4"; echo $?; grep -c execve /tmp/trace'
	expect 4 "$(head -n 1 "$T/out")" 'what strace passed on'
	[ "$(tail -n 1 "$T/out")" -gt 1 ]
}

@test "a tracer of the container's own has to wait until we have left" {
	policy '.follow = {seconds: 1}'
	shell 'echo ready; while :; do sleep 0.1; done'
	run_detached
	is_traced "$PID"
	wait_for 5 eval '! is_traced "$PID"'
	wait_for 5 no_tracer
	expect 'no-go-seen' "$(record .program.note)" 'what was seen'
}
