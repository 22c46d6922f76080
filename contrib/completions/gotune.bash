# bash completion for gotune(1). Install as /usr/share/bash-completion/completions/gotune.
# Written by contrib/completions/generate.

# The options of a command ("policy check" is one).
_gotune_options() {
	case $1 in
	'') echo '--help --version' ;;
	explain) echo '--format --pid --policy --set --sysroot --help' ;;
	scan) echo '--bundle-only --format --policy --sysroot --help' ;;
	capture) echo '--help' ;;
	replay) echo '--format --policy --record-dir --sysroot --help' ;;
	inspect) echo '--format --rootfs --help' ;;
	install) echo '--default --dry-run --root --way --help' ;;
	uninstall) echo '--dry-run --root --way --help' ;;
	status) echo '--format --root --help' ;;
	list) echo '--format --record-dir --state-dir --help' ;;
	show) echo '--format --record-dir --help' ;;
	'policy check') echo '--sysroot --help' ;;
	'policy show') echo '--format --policy --sysroot --help' ;;
	profiles) echo '--format --policy --sysroot --help' ;;
	diagnose) echo '--cpu-stat --dump --file --follow --format --out --record-dir --watch --help' ;;
	goroutines) echo '--format --out --record-dir --snapshots --trace --watch --help' ;;
	metrics) echo '--openmetrics --output --record-dir --state-dir --help' ;;
	report) echo '--format --output --rule --state-dir --help' ;;
	lessons) echo '--forget --format --state-dir --help' ;;
	doctor) echo '--format --no-selftest --sysroot --help' ;;
	help) echo '--help' ;;
	esac
}

# The command on the line before the cursor.
_gotune_command() {
	local i word command=
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		[[ $word == -* ]] && continue
		command=${command:+$command }$word
		[[ ' policy ' == *" $command "* ]] || break
	done
	echo "$command"
}

# Ids of records, where the caller may read them.
_gotune_ids() {
	gotune list --format json 2>/dev/null | sed -n 's/^ *"id": *"\([^"\\]*\)",\{0,1\}$/\1/p'
}

_gotune_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_gotune_files() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}

# The value of an option of a command; false when it takes none.
_gotune_value() {
	case "$1 $2" in
	'explain --format' | 'replay --format' | 'inspect --format' | 'status --format' | 'list --format' | 'show --format' | 'policy show --format' | 'profiles --format' | 'diagnose --format' | 'goroutines --format' | 'report --format' | 'lessons --format' | 'doctor --format') _gotune_words 'table json' ;;
	*' --pid') _gotune_words "$(cd /proc && echo [0-9]*)" ;;
	*' --policy') _gotune_files -f ;;
	*' --set') _gotune_words 'io.gotune.enable= io.gotune.profile= io.gotune.mode= io.gotune.program= io.gotune.gomaxprocs= io.gotune.gomemlimit= io.gotune.gogc= io.gotune.godebug= io.gotune.nofile=' && compopt -o nospace 2>/dev/null ;;
	*' --sysroot') _gotune_files -d ;;
	'scan --format') _gotune_words 'table json csv' ;;
	*' --record-dir') _gotune_files -d ;;
	*' --rootfs') _gotune_files -d ;;
	*' --root') _gotune_files -d ;;
	*' --way') _gotune_words 'runtime precreate hook device plugin' ;;
	*' --state-dir') _gotune_files -d ;;
	*' --cpu-stat') _gotune_files -f ;;
	*' --dump') _gotune_files -f ;;
	*' --file') _gotune_files -f ;;
	*' --out') _gotune_files -d ;;
	'diagnose --watch') _gotune_words "$(_gotune_ids)" ;;
	*' --snapshots') : ;;
	*' --trace') : ;;
	'goroutines --watch') : ;;
	*' --output') _gotune_files -f ;;
	*' --rule') : ;;
	*' --forget') : ;;
	*) return 1 ;;
	esac
	return 0
}

# What may follow a command.
_gotune_operand() {
	case $1 in
	'') _gotune_words 'explain scan capture replay inspect install uninstall status list show policy profiles diagnose goroutines metrics report lessons doctor help' ;;
	policy) _gotune_words 'check show' ;;
	explain) _gotune_files -d ;;
	capture) _gotune_files -d ;;
	replay) _gotune_words "$(_gotune_ids)" ;;
	inspect) _gotune_files -f ;;
	install) _gotune_words 'docker podman crio containerd cdi nri' ;;
	uninstall) _gotune_words 'docker podman crio containerd cdi nri' ;;
	status) _gotune_words 'docker podman crio containerd cdi nri' ;;
	show) _gotune_words "$(_gotune_ids)" ;;
	'policy check') _gotune_files -f ;;
	diagnose) _gotune_words "$(_gotune_ids)" ;;
	goroutines) _gotune_words "$(cd /proc && echo [0-9]*) $(_gotune_ids)" ;;
	help) _gotune_words 'explain scan capture replay inspect install uninstall status list show policy profiles diagnose goroutines metrics report lessons doctor help' ;;
	esac
}

_gotune() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command
	COMPREPLY=()
	command=$(_gotune_command)
	_gotune_value "$command" "$prev" && return
	if [[ $cur == -* ]]; then
		_gotune_words "$(_gotune_options "$command")"
	else
		_gotune_operand "$command"
	fi
}

complete -F _gotune gotune
