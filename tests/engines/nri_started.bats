#!/usr/bin/env bats
# gotune-nri started by a real containerd from its directory of plugins, which hands it a socket and a name.

load common
load nri

SLEEP='args: "-sleep" args: "600"'
SCRIPT='command: "/bin/sh" command: "-c" command: "true; exec /probe -sleep 600"'

# As a site that has its plugins elsewhere than /opt/nri/plugins, which is the machine's here.
nri_config() {
	sed -i "s|plugin_path = .*|plugin_path = '$T/plugins'|" "$T/etc/containerd/config.toml"
	mkdir "$T/plugins"
}

setup_file() {
	nri_open sid
}

teardown_file() {
	containerd_clean
	containerd_close
}

setup() {
	fresh
}

# The plugin ends with its runtime.
teardown() {
	containerd_clean
	containerd_stop
	wait_for 10 no_plugin
	rm -f "$T/plugins"/*
	containerd_start
}

# A process is called as the link that it was started by; nobody waits for it when it has ended.
plugin_pid() {
	box pgrep -o -x -r D,R,S,T '.*gotune.*'
}

no_plugin() {
	[ -z "$(plugin_pid)" ]
}

# plugin_by_runtime COMMAND...: containerd starts it when it starts; waits until it is registered.
plugin_by_runtime() {
	containerd_stop
	"$@"
	containerd_start
	wait_for 30 plugin_is_ready
	expect containerd "$(box ps -o comm= -p "$(box ps -o ppid= -p "$(plugin_pid)" | tr -d ' ')")" 'who has started it'
}

link() {
	ln -s /usr/local/bin/gotune-nri "$T/plugins/50-gotune"
}

# The runtime gives a plugin no arguments: options need a script.
script() {
	printf '#!/bin/sh\nexec /usr/local/bin/gotune-nri --env-only --log none\n' >"$T/plugins/07-tuner"
	chmod 755 "$T/plugins/07-tuner"
}

@test "a link in the directory of plugins: all that it does" {
	plugin_by_runtime link
	sandbox one runc
	pod_run one "$SCRIPT"
	expect_tuned
	expect 5001 "$(seen .somaxconn)" somaxconn
	expect_swappiness 7
	grep -q '50-gotune' "$T/containerd.log"
}

@test "a script with options, by another name and place" {
	plugin_by_runtime script
	grep -q '07-tuner' "$T/containerd.log"
	sandbox one runc
	pod_run one "$SLEEP"
	expect_tuned
	[ "$(seen .somaxconn)" != 5001 ]
}

@test "it is killed: containers start untouched, and it comes back with the runtime alone" {
	plugin_by_runtime link
	box kill -9 "$(plugin_pid)"
	wait_for 10 no_plugin
	sandbox one runc
	pod_run one "$SLEEP"
	expect_untouched
	no_plugin
	containerd_stop
	containerd_start
	wait_for 30 plugin_is_ready
	pod_run two "$SLEEP"
	expect_tuned
}

@test "it is stopped: the runtime drops it and ends it, and the container starts untouched" {
	plugin_by_runtime link
	box kill -STOP "$(plugin_pid)"
	sandbox one runc
	pod_run one "$SLEEP"
	expect_untouched
	wait_for 10 no_plugin
}
