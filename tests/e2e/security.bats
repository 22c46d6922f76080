#!/usr/bin/env bats
# The classes of past holes in container runtimes and hooks, each tried on us: docs/security.md says
# which test stands for which, and what defends.
# shellcheck disable=SC2034 # rt reads RT_COMMAND

load common

# A C program of the test's own, static, in the container or on the host. $1: where; the text is on
# standard input.
compile() {
	cat >"$T/source.c"
	${CC:-cc} -O1 -static -o "$1" "$T/source.c"
}

# The runtime in a mount namespace in which this has been done first; $1: shell commands.
rt_after() {
	local before=$1
	shift
	RT_COMMAND=(bash -c "$before"' && exec "$@"' rt_after "$(command -v "$RUNTIME")")
	rt "$@"
}

# Nothing matches; what does is shown.
no_match() {
	if grep "$@"; then return 1; fi
}

# Our log lines: through a script, since runtimes keep a hook's output to themselves.
log_to_file() {
	printf '#!/bin/bash\nexec "$@" --log stderr 2>>"%s"\n' "$T/log" >"$T/logged"
	chmod 755 "$T/logged"
	edit --arg path "$T/logged" --arg hook "$HOOK" '.hooks.createRuntime[0] |= (.path = $path | .args = ["logged", $hook] + .args[1:])'
}

# --- descriptors: CVE-2019-5736, CVE-2024-21626 --------------------------------------------------

# What the container's program has open, and what its first process has.
list_descriptors() {
	use_busybox
	ln -sf busybox "$BUNDLE/rootfs/bin/ls"
	ln -sf busybox "$BUNDLE/rootfs/bin/readlink"
	printf '#!/bin/sh\nfor f in /proc/1/fd/*; do echo "${f##*/} $(readlink $f)"; done\necho exe $(readlink /proc/1/exe)\necho cwd $(readlink /proc/1/cwd)\n' \
		>"$BUNDLE/rootfs/list"
	chmod 755 "$BUNDLE/rootfs/list"
	policy '.select = "all"'
	edit '.process.args = ["/bin/sh", "/list"] | .annotations["io.gotune.gomaxprocs"] = "1"'
}

# Pipes and the like have numbers of their own in each run.
without_numbers() {
	sed -E 's/\[[0-9]+\]/[]/'
}

@test "the program sees no descriptor of ours, as a hook (CVE-2024-21626)" {
	list_descriptors
	run_container
	without_numbers <"$T/out" >"$T/with"
	expect true "$(record '[.settings[] | select(.name == "GOMAXPROCS").applied] | first')" 'GOMAXPROCS was set'
	edit 'del(.hooks)'
	ID=$ID-2
	run_container
	without_numbers <"$T/out" >"$T/without"
	diff "$T/without" "$T/with"
	no_match -E "gotune-hook|$RECORDS|$ETC" "$T/with"
}

@test "the init has no descriptor of ours while the tracer waits (CVE-2024-21626)" {
	create
	wait_for 3 one_tracer
	find "/proc/$PID/fd" -printf '%l\n' >"$T/open"
	no_match -E "gotune-hook|$RECORDS|$ETC" "$T/open"
	start
}

# Of a long listing of /proc/PID/fd: number and what it is, without what changes from run to run.
descriptors() {
	sed -nE 's/\[[0-9]+\]/[]/; s/^.* ([0-9]+ -> )/\1/p'
}

@test "the real runtime gets no descriptor of ours from gotune-runtime (CVE-2024-21626)" {
	cp "$BUILD/gotune-runtime" "$T/gotune-runtime"
	# No pipe here: the shell would still have its end when ls looks.
	printf '#!/bin/bash\nls -l /proc/$$/fd >"%s"\nexec "%s" "$@"\n' "$T/open" "$(command -v "$RUNTIME")" >"$T/spy"
	chmod 755 "$T/spy"
	edit 'del(.hooks)'
	RT_COMMAND=("$T/spy")
	run_container
	descriptors <"$T/open" >"$T/without"
	[ -s "$T/without" ]
	ID=$ID-2
	RT_COMMAND=(env GOTUNE_RUNTIME="$T/spy" "$T/gotune-runtime")
	run_container
	expect 1 "$(seen .gomaxprocs)" 'runtime.GOMAXPROCS'
	diff "$T/without" <(descriptors <"$T/open")
}

@test "a container that sees the host's processes does not come to our program (CVE-2019-5736)" {
	local tracer sum caps attacker=$T/attacker
	sum=$(sha256sum <"$HOOK")
	create
	wait_for 3 one_tracer
	tracer=$(tracer)
	# Root, all capabilities but the one that would be asked for, in the host's pid namespace.
	cp -a "$BUNDLE" "$attacker"
	compile "$attacker/rootfs/attack" <<-END
		#include <errno.h>
		#include <fcntl.h>
		#include <stdio.h>
		#include <string.h>
		#include <unistd.h>
		int main(void)
		{
			static const char *const names[] = {"exe", "root/", "cwd/", "fd/0", "mem", "ns/mnt"};
			char path[64];
			for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
				snprintf(path, sizeof(path), "/proc/$tracer/%s", names[i]);
				errno = 0;
				int fd = open(path, i == 4 ? O_RDWR : O_RDONLY);
				printf("%s %s\n", names[i], fd < 0 ? strerror(errno) : "opened");
			}
			return 0;
		}
	END
	caps='["CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_KILL", "CAP_SYS_ADMIN"]'
	# Also what the tracer has, where there is any to be given.
	[ $((0x$(awk '$1 == "CapBnd:" { print $2 }' /proc/self/status) >> 24 & 1)) = 0 ] || caps=$(jq -c '. + ["CAP_SYS_RESOURCE"]' <<<"$caps")
	jq --argjson caps "$caps" 'del(.hooks) | .process.args = ["/attack"] | .linux.namespaces |= map(select(.type != "pid")) | del(.linux.maskedPaths)
		| .process.capabilities |= map_values($caps)
		| .mounts |= map(if .destination == "/proc" then {destination: "/proc", type: "bind", source: "/proc", options: ["rbind"]} else . end)' \
		"$BUNDLE/config.json" >"$attacker/config.json"
	rt run --bundle "$attacker" "$ID-attacker" </dev/null >"$T/attack" 2>"$T/err" || {
		skip "$RUNTIME does not run such a container: $(tail -n 1 "$T/err")"
	}
	cat "$T/attack"
	expect 6 "$(wc -l <"$T/attack")" 'things tried'
	expect 6 "$(grep -c 'Permission denied$' "$T/attack")" 'things denied'
	expect "$sum" "$(sha256sum <"$HOOK")" 'our program'
	start
	expect_tuned
}

# --- writes through /proc and the cgroup: CVE-2025-52881 -----------------------------------------

@test "something is mounted where sysctls are: no write goes there, the kernel's is set (CVE-2025-52881)" {
	mkdir -p "$T/decoy/core"
	echo 1 >"$T/decoy/core/somaxconn"
	rt_after "mount --bind '$T/decoy' /proc/sys/net" run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err"
	expect 1 "$(cat "$T/decoy/core/somaxconn")" 'the file that stood there'
	expect_tuned
}

@test "the container's own /proc is something else: the sysctl is the kernel's (CVE-2025-52881)" {
	mkdir -p "$T/decoy/sys/net/core" "$T/decoy/self/fd"
	echo 1 >"$T/decoy/sys/net/core/somaxconn"
	use_busybox
	policy '.select = "all"'
	edit --arg decoy "$T/decoy" '.process.args = ["/bin/sleep", "60"] | del(.linux.maskedPaths) | del(.linux.readonlyPaths)
		| .mounts |= map(if .destination == "/proc" then {destination: "/proc", type: "bind", source: $decoy, options: ["rbind", "rw"]} else . end)'
	rt create --pid-file "$T/pid" --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err" || {
		cat "$T/err"
		[ ! -e "$RECORDS/containers/$ID.json" ] || expect 1 "$(cat "$T/decoy/sys/net/core/somaxconn")" 'the file that stood there'
		skip "$RUNTIME refuses a /proc that is no procfs"
	}
	PID=$(cat "$T/pid")
	expect true "$(record '.settings[] | select(.name == "net.core.somaxconn").applied')" 'somaxconn applied'
	expect 1 "$(cat "$T/decoy/sys/net/core/somaxconn")" 'the file that stood there'
	expect 5001 "$(nsenter -t "$PID" -n cat /proc/sys/net/core/somaxconn)" 'in the container'\''s network namespace'
}

@test "the container's own /sys is something else: what is set is the kernel's (CVE-2025-52881)" {
	mkdir -p "$T/decoy/fs/cgroup/memory"
	echo 1 | tee "$T/decoy/fs/cgroup/memory/memory.swappiness" >"$T/decoy/fs/cgroup/memory/memory.limit_in_bytes"
	edit --arg decoy "$T/decoy" '.mounts |= (map(select(.destination != "/sys/fs/cgroup"))
		| map(if .destination == "/sys" then {destination: "/sys", type: "bind", source: $decoy, options: ["rbind", "rw"]} else . end))'
	run_container
	expect 1 "$(cat "$T/decoy/fs/cgroup/memory/memory.swappiness")" 'the file that stood there'
	expect_tuned
}

@test "another cgroup's file is mounted on the container's: no write goes there (CVE-2025-52881)" {
	local base=/sys/fs/cgroup/memory own other before after
	[ -e "$base/memory.swappiness" ] || skip 'no cgroup v1 with memory.swappiness here'
	has_cgroup || skip "$RUNTIME makes no cgroup of the container's own here"
	own=gotune-$$-own other=gotune-$$-other
	mkdir "$base/$own" "$base/$other"
	before=$(cat "$base/$other/memory.swappiness")
	policy '.profiles.balanced.swappiness = 7'
	edit --arg own "/$own" '.linux.cgroupsPath = $own'
	rt_after "mount --bind $base/$other/memory.swappiness $base/$own/memory.swappiness" run --bundle "$BUNDLE" "$ID" \
		</dev/null >"$T/out" 2>"$T/err" || :
	after=$(cat "$base/$other/memory.swappiness")
	find /sys/fs/cgroup -depth -type d -name "gotune-$$-o*" -exec rmdir {} + || :
	expect "$before" "$after" 'the other cgroup'
	expect false "$(record '.settings[] | select(.name == "memory.swappiness").applied')" 'swappiness applied'
	expect_tuned # all the rest
}

# --- links and races in the root file system: CVE-2024-0132, CVE-2025-23359 -----------------------

# A Go program that is not in the image, and what `gotune inspect` calls it.
outside_program() {
	OUTSIDE=$(command -v runc)
	OUTSIDE_MAIN=$("$BUILD/gotune" inspect --format json "$OUTSIDE" | jq -r .main)
	[ "${OUTSIDE_MAIN:-null}" != null ] || skip 'runc is no Go program here'
}

decided_main() {
	"$BUILD/gotune" explain --format json "$BUNDLE" | jq -r '.program.main'
}

@test "links in the image lead nowhere but into it (CVE-2024-0132)" {
	local target up=../../../../../../../../..
	outside_program
	for target in "$OUTSIDE" "$up$OUTSIDE" "/proc/1/root$OUTSIDE" "/proc/self/root$OUTSIDE" "/proc/self/cwd/$up$OUTSIDE" /proc/self/exe; do
		rm -rf "$BUNDLE/rootfs/app"
		ln -s "$target" "$BUNDLE/rootfs/app"
		edit '.process.args = ["/app"]'
		expect null "$(decided_main)" "what $target leads to"
	done
	# A directory on the way.
	ln -sfn "$up$(dirname "$OUTSIDE")" "$BUNDLE/rootfs/dir"
	edit --arg name "/dir/$(basename "$OUTSIDE")" '.process.args = [$name]'
	expect null "$(decided_main)" 'what a directory leads to'
}

@test "links are swapped while we look: never a file of the host's (CVE-2024-0132, CVE-2025-23359)" {
	local swapper i main inside=0
	outside_program
	mkdir -p "$BUNDLE/rootfs/real"
	cp "$PROBE" "$BUNDLE/rootfs/real/$(basename "$OUTSIDE")"
	ln -s "../../../../../../../..$(dirname "$OUTSIDE")" "$BUNDLE/rootfs/link"
	edit --arg name "/real/$(basename "$OUTSIDE")" '.process.args = [$name]'
	compile "$T/swap" <<-'END'
		#define _GNU_SOURCE
		#include <fcntl.h>
		#include <stdio.h>
		#include <sys/stat.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			while (argc == 2 && getppid() != 1)
				renameat2(AT_FDCWD, argv[1], AT_FDCWD, "link", RENAME_EXCHANGE);
			return 0;
		}
	END
	(cd "$BUNDLE/rootfs" && exec "$T/swap" real) &
	swapper=$!
	for i in {1..60}; do
		main=$(decided_main)
		[ "$main" != "$OUTSIDE_MAIN" ] || {
			kill "$swapper"
			echo "run $i found $main"
			return 1
		}
		[ "$main" = null ] || inside=$((inside + 1))
	done
	kill "$swapper"
	wait "$swapper" 2>/dev/null || :
	# The race was one: the program was found, too.
	[ "$inside" -gt 0 ] && [ "$inside" -lt 60 ]
}

@test "the program is exchanged after the hook has returned: what runs is what counts" {
	create
	wait_for 3 one_tracer
	compile "$BUNDLE/rootfs/other" <<<'int main(void) { return 0; }'
	mv "$BUNDLE/rootfs/other" "$BUNDLE/rootfs/probe"
	rt start "$ID"
	wait_for 3 no_tracer
	expect 'skip not-go' "$(setting GOMAXPROCS | cut -d' ' -f1,2)" GOMAXPROCS
}

# --- what the image's environment does to us: CVE-2025-23266 --------------------------------------

@test "LD_PRELOAD and its like do not reach us, from the image or from the hook's own environment (CVE-2025-23266)" {
	cat >"$T/evil.c" <<-END
		#include <fcntl.h>
		__attribute__((constructor)) static void come(void) { open("$T/came", O_CREAT | O_WRONLY, 0600); }
	END
	${CC:-cc} -shared -fPIC -o "$T/evil.so" "$T/evil.c"
	# That it would come to a program that has a loader.
	LD_PRELOAD=$T/evil.so /bin/true
	[ -e "$T/came" ] && rm "$T/came"
	cp "$T/evil.so" "$BUNDLE/rootfs/evil.so"
	add_env "LD_PRELOAD=/evil.so" "LD_AUDIT=$T/evil.so" "LD_LIBRARY_PATH=$T" "GCONV_PATH=$T" "GLIBC_TUNABLES=glibc.malloc.check=3"
	edit --arg so "$T/evil.so" --arg dir "$T" '.hooks.createRuntime[0].env += ["LD_PRELOAD=" + $so, "LD_AUDIT=" + $so,
		"LD_LIBRARY_PATH=" + $dir, "GCONV_PATH=" + $dir, "MALLOC_TRACE=" + $dir + "/came"]'
	run_container
	expect_tuned
	[ ! -e "$T/came" ]
}

@test "the image does not choose the real runtime, the policy or where records go" {
	printf '#!/bin/sh\n: >%s/came\n' "$T" >"$T/evil"
	chmod 755 "$T/evil"
	cp "$BUILD/gotune-runtime" "$T/gotune-runtime"
	add_env "GOTUNE_RUNTIME=$T/evil" "GOTUNE_POLICY=$T/evil" "GOTUNE_RECORD_DIR=$T/elsewhere" "PATH=$T"
	edit 'del(.hooks)'
	RT_COMMAND=(env GOTUNE_RUNTIME="$(command -v "$RUNTIME")" "$T/gotune-runtime")
	run_container
	expect 1 "$(seen .gomaxprocs)" 'runtime.GOMAXPROCS'
	[ ! -e "$T/came" ] && [ ! -e "$T/elsewhere" ]
	[ -e "$RECORDS/containers/$ID.json" ]
}

# --- annotations: CVE-2024-3154 -------------------------------------------------------------------

# Values that would be something else to a log, to systemd, to an environment, to JSON.
hostile_annotations() {
	edit '.annotations += {
		"org.systemd.property.ExecStartPre": "'"'/bin/touch $T/came'"'",
		"io.gotune.sysctl.kernel.core_pattern": "|/bin/touch '"$T/came"'",
		"io.gotune.sysctl.net.core.somaxconn/../../../kernel/core_pattern": "5",
		"io.gotune.gomaxprocs": "3\nLD_PRELOAD=/evil.so",
		"io.gotune.gomemlimit": "100MiB\u0000,x",
		"io.gotune.godebug": "gctrace=1\nLD_PRELOAD=/evil.so",
		"io.gotune.profile": "\u001b]0;evil\u0007\nMemoryMax=infinity",
		"io.gotune.\nforged: error: line": "x",
		"io.gotune.nofile": "-1"}'
}

@test "annotations set nothing but what is ours, and no line of the log (CVE-2024-3154)" {
	local pattern
	pattern=$(cat /proc/sys/kernel/core_pattern)
	hostile_annotations
	log_to_file
	run_container
	expect "$pattern" "$(cat /proc/sys/kernel/core_pattern)" core_pattern
	[ ! -e "$T/came" ]
	expect null "$(seen .env.LD_PRELOAD)" LD_PRELOAD
	expect 1 "$(seen .gomaxprocs)" 'runtime.GOMAXPROCS'
	[ -s "$T/log" ]
	# Every line is one of ours, and nothing in it moves a cursor.
	no_match -v '^oci-gotune-hook: ' "$T/log"
	[ -z "$(LC_ALL=C tr -d '\n\40-\176\200-\377' <"$T/log" | od -c | head -n -1)" ]
	no_match '^[^:]*: forged' "$T/log"
	# ... nor in what people see of the record.
	"$BUILD/gotune" show "$ID" --record-dir "$RECORDS" >"$T/shown"
	[ -z "$(LC_ALL=C tr -d '\n\40-\176\200-\377' <"$T/shown" | od -c | head -n -1)" ]
	record .id >/dev/null
}

@test "gotune-runtime edits nothing but what a plan names, whatever the annotations are (CVE-2024-3154)" {
	hostile_annotations
	edit 'del(.hooks)'
	cp "$BUILD/gotune-runtime" "$T/gotune-runtime"
	cp "$BUNDLE/config.json" "$T/before.json"
	RT_COMMAND=(env GOTUNE_RUNTIME="$(command -v "$RUNTIME")" "$T/gotune-runtime")
	run_container
	expect 1 "$(seen .gomaxprocs)" 'runtime.GOMAXPROCS'
	diff <(jq -S 'del(.process.env, .process.rlimits, .linux.sysctl)' "$T/before.json") \
		<(jq -S 'del(.process.env, .process.rlimits, .linux.sysctl, .linux.resources.memory.swappiness)' "$BUNDLE/config.json")
	expect '["GOMAXPROCS","GOMEMLIMIT"]' \
		"$(jq -c --slurpfile b "$T/before.json" '[(.process.env - $b[0].process.env)[] | split("=")[0]] | sort' "$BUNDLE/config.json")" 'new variables'
	expect '["net.core.somaxconn"]' "$(jq -c '.linux.sysctl | keys' "$BUNDLE/config.json")" sysctls
}

# --- a small file that asks for gigabytes ---------------------------------------------------------

# An ELF file with a section that is compressed (512 MiB of zeros in some 500 KB: the names of the
# sections, and the build info), or one that says to be 2.6 GB. $1: compressed or large; $2: the file.
make_bomb() {
	head -c 512M /dev/zero | gzip -1 | tail -c +11 | head -c -8 >"$T/deflated"
	compile "$T/bomb" <<-'END'
		#include <elf.h>
		#include <stdio.h>
		#include <string.h>
		#define ZEROS (512ULL << 20)
		static unsigned char data[8 << 20];
		int main(int argc, char **argv)
		{
			int large = argc > 1 && strcmp(argv[1], "large") == 0;
			Elf64_Chdr c = {.ch_type = ELFCOMPRESS_ZLIB, .ch_size = ZEROS, .ch_addralign = 1};
			Elf64_Ehdr h = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT}, .e_type = ET_EXEC,
				.e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_ehsize = sizeof(h), .e_phentsize = sizeof(Elf64_Phdr),
				.e_phoff = sizeof(h), .e_phnum = 1, .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 3, .e_shstrndx = 1};
			size_t n = fread(data, 1, sizeof(data), stdin);
			size_t at = sizeof(h) + sizeof(Elf64_Phdr) + 3 * sizeof(Elf64_Shdr);
			size_t len = sizeof(c) + 2 + n + 4;
			Elf64_Phdr p = {.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_filesz = len, .p_memsz = len, .p_offset = at,
				.p_vaddr = 0x400000, .p_align = 4096};
			Elf64_Shdr s[3] = {{0},
				{.sh_type = SHT_STRTAB, .sh_flags = SHF_COMPRESSED, .sh_offset = at, .sh_size = large ? 2600000000ULL : len},
				{.sh_type = SHT_PROGBITS, .sh_flags = SHF_COMPRESSED | SHF_ALLOC | SHF_WRITE, .sh_addr = 0x400000,
				 .sh_offset = at, .sh_size = large ? 2600000000ULL : len}};
			h.e_shoff = sizeof(h) + sizeof(p);
			fwrite(&h, sizeof(h), 1, stdout);
			fwrite(&p, sizeof(p), 1, stdout);
			fwrite(s, sizeof(s), 1, stdout);
			fwrite(&c, sizeof(c), 1, stdout);
			fwrite("\x78\x9c", 2, 1, stdout);
			fwrite(data, n, 1, stdout);
			fwrite("\0\0\0\1", 4, 1, stdout); /* no reader of the whole comes so far */
			return 0;
		}
	END
	"$T/bomb" "$1" <"$T/deflated" >"$2"
	chmod 755 "$2"
}

@test "a file of half a megabyte does not cost gigabytes (syft's 2.6 GB)" {
	local kind began peak note
	# A program's peak of resident memory, its children's included, in KiB on standard error.
	compile "$T/peak" <<-'END'
		#include <stdio.h>
		#include <sys/resource.h>
		#include <sys/wait.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			struct rusage u;
			if (fork() == 0)
				return execv(argv[1], argv + 1);
			wait(NULL);
			getrusage(RUSAGE_CHILDREN, &u);
			return fprintf(stderr, "%ld\n", u.ru_maxrss) < 0;
		}
	END
	for kind in compressed large; do
		ID=gt-$RUNTIME-$$-$BATS_TEST_NUMBER-$kind
		make_bomb "$kind" "$BUNDLE/rootfs/bomb"
		[ "$(stat -c %s "$BUNDLE/rootfs/bomb")" -lt 3000000 ]
		edit '.process.args = ["/bomb"]'
		began=$(date +%s%N)
		peak=$("$T/peak" "$BUILD/gotune" inspect "$BUNDLE/rootfs/bomb" 2>&1 >/dev/null | tail -n 1)
		[ $((($(date +%s%N) - began) / 1000000)) -lt 2000 ]
		[ "$peak" -lt 65536 ] # KiB
		# It was looked at to its end: the sandbox was not what stopped it.
		note=$("$BUILD/gotune" inspect --format json "$BUNDLE/rootfs/bomb" | jq -r '"\(.kind) \(.note)"')
		case $note in
		*parser-died* | go*) false ;;
		esac
		rt create --pid-file "$T/pid" --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err"
		kind_seen=$(record .program.kind)
		[ "$kind_seen" != go ]
		rt delete -f "$ID"
	done
}

# --- what a waiting tracer is ---------------------------------------------------------------------

# The capabilities of a phase as a mask, cut to those that we have: by what `gotune doctor` shows.
mask_of_phase() {
	local name bit mask=0 ours
	ours=$((0x$(awk '$1 == "CapPrm:" { print $2 }' /proc/self/status)))
	for name in $("$BUILD/gotune" doctor --format json 2>/dev/null | jq -r --arg p "$1" '.phases[] | select(.phase == $p).capabilities[].name'); do
		case $name in
		CAP_DAC_OVERRIDE) bit=1 ;;
		CAP_DAC_READ_SEARCH) bit=2 ;;
		CAP_NET_ADMIN) bit=12 ;;
		CAP_SYS_PTRACE) bit=19 ;;
		CAP_SYS_RESOURCE) bit=24 ;;
		*) return 1 ;;
		esac
		mask=$((mask | 1 << bit))
	done
	printf '%016x\n' $((mask & ours))
}

# A field of a process's status.
status_of() {
	awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"
}

expect_phase() { # PHASE
	local tracer
	create
	wait_for 3 one_tracer
	tracer=$(tracer)
	expect "$(mask_of_phase "$1")" "$(status_of "$tracer" CapPrm)" "permitted capabilities of the $1"
	expect "$(mask_of_phase "$1")" "$(status_of "$tracer" CapEff)" "effective capabilities of the $1"
	expect 0000000000000000 "$(status_of "$tracer" CapInh)" inheritable
	expect 0000000000000000 "$(status_of "$tracer" CapAmb)" ambient
	expect 1 "$(status_of "$tracer" NoNewPrivs)" no_new_privs
	expect 2 "$(status_of "$tracer" Seccomp)" 'a filter'
	start
	expect_tuned
}

@test "the waiting tracer holds what the table says" {
	expect_phase tracer
}

@test "the waiting tracer of a container with a seccomp profile holds no more" {
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["prctl"], action: "SCMP_ACT_KILL_PROCESS", args: [
		{index: 0, value: 35, op: "SCMP_CMP_EQ"}]}]}'
	expect_phase tracer
}
