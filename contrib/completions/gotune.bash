# bash completion for gotune(1). Install as /usr/share/bash-completion/completions/gotune.
# tests/check-options compares the options with those of `gotune COMMAND --help`.

# The options of a command ("policy check" is one).
_gotune_options() {
	case $1 in
	explain) echo '--format --pid --policy --set --sysroot --help' ;;
	inspect) echo '--format --rootfs --help' ;;
	install) echo '--default --dry-run --root --way --help' ;;
	uninstall) echo '--dry-run --root --way --help' ;;
	status) echo '--format --root --help' ;;
	list | show) echo '--format --record-dir --help' ;;
	'policy check') echo '--sysroot --help' ;;
	'policy show' | profiles) echo '--format --policy --sysroot --help' ;;
	doctor) echo '--format --no-selftest --sysroot --help' ;;
	help) echo '--help' ;;
	'') echo '--help --version' ;;
	esac
}

# The command that stands on the line before the cursor.
_gotune_command() {
	local i word command=
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		[[ $word == -* ]] && continue
		if [[ -z $command ]]; then
			command=$word
			[[ $command == policy ]] || break
		else
			command="$command $word"
			break
		fi
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

_gotune() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command
	COMPREPLY=()
	command=$(_gotune_command)
	case $prev in
	--format) _gotune_words 'table json' && return ;;
	--pid) _gotune_words "$(cd /proc && echo [0-9]*)" && return ;;
	--set)
		_gotune_words 'io.gotune.enable= io.gotune.profile= io.gotune.mode=
			io.gotune.program= io.gotune.gomaxprocs= io.gotune.gomemlimit=
			io.gotune.gogc= io.gotune.godebug= io.gotune.nofile='
		compopt -o nospace 2>/dev/null
		return
		;;
	--way) _gotune_words 'runtime precreate hook device' && return ;;
	--root | --rootfs | --sysroot | --record-dir) _gotune_files -d && return ;;
	--policy) _gotune_files -f && return ;;
	esac
	if [[ $cur == -* ]]; then
		_gotune_words "$(_gotune_options "$command")"
		return
	fi
	case $command in
	'') _gotune_words 'explain inspect install uninstall status doctor list show policy profiles help' ;;
	install | uninstall | status) _gotune_words 'docker podman crio containerd cdi' ;;
	policy) _gotune_words 'check show' ;;
	explain) _gotune_files -d ;;
	inspect | 'policy check') _gotune_files -f ;;
	show) _gotune_words "$(_gotune_ids)" ;;
	help) _gotune_words 'explain inspect install uninstall status doctor list show policy profiles' ;;
	esac
}

complete -F _gotune gotune
