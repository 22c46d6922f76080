# bash completion for gotune(1). Install as /usr/share/bash-completion/completions/gotune.
# Written by contrib/completions/generate.

# The options of a command ("policy check" is one).
_gotune_options() {
	case $1 in
	'') echo '--help --version' ;;
	explain) echo '--format --pid --policy --set --sysroot --help' ;;
	inspect) echo '--format --rootfs --help' ;;
	install) echo '--default --dry-run --root --way --help' ;;
	uninstall) echo '--dry-run --root --way --help' ;;
	status) echo '--format --root --help' ;;
	list) echo '--format --record-dir --help' ;;
	show) echo '--format --record-dir --help' ;;
	'policy check') echo '--sysroot --help' ;;
	'policy show') echo '--format --policy --sysroot --help' ;;
	profiles) echo '--format --policy --sysroot --help' ;;
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

# The value of an option; false when it takes none.
_gotune_value() {
	case $1 in
	--format) _gotune_words 'table json' ;;
	--pid) _gotune_words "$(cd /proc && echo [0-9]*)" ;;
	--policy) _gotune_files -f ;;
	--set) _gotune_words 'io.gotune.enable= io.gotune.profile= io.gotune.mode= io.gotune.program= io.gotune.gomaxprocs= io.gotune.gomemlimit= io.gotune.gogc= io.gotune.godebug= io.gotune.nofile=' && compopt -o nospace 2>/dev/null ;;
	--sysroot) _gotune_files -d ;;
	--rootfs) _gotune_files -d ;;
	--root) _gotune_files -d ;;
	--way) _gotune_words 'runtime precreate hook device' ;;
	--record-dir) _gotune_files -d ;;
	*) return 1 ;;
	esac
	return 0
}

# What may follow a command.
_gotune_operand() {
	case $1 in
	'') _gotune_words 'explain inspect install uninstall status list show policy profiles doctor help' ;;
	policy) _gotune_words 'check show' ;;
	explain) _gotune_files -d ;;
	inspect) _gotune_files -f ;;
	install) _gotune_words 'docker podman crio containerd cdi' ;;
	uninstall) _gotune_words 'docker podman crio containerd cdi' ;;
	status) _gotune_words 'docker podman crio containerd cdi' ;;
	show) _gotune_words "$(_gotune_ids)" ;;
	'policy check') _gotune_files -f ;;
	help) _gotune_words 'explain inspect install uninstall status list show policy profiles doctor help' ;;
	esac
}

_gotune() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command
	COMPREPLY=()
	_gotune_value "$prev" && return
	command=$(_gotune_command)
	if [[ $cur == -* ]]; then
		_gotune_words "$(_gotune_options "$command")"
	else
		_gotune_operand "$command"
	fi
}

complete -F _gotune gotune
