# shellcheck shell=bash
# A machine that nobody has: /proc and /sys/fs/cgroup as files, for tests/scan.bats.

# An empty machine of 8 CPUs at $M, with cgroups of VERSION.
new_machine() { # v1|v2
	VERSION=$1 CG=/sys/fs/cgroup
	mkdir -p "$M"/proc/self/ns "$M"/proc/1/ns "$M"/proc/sys/fs "$M"/sys/devices/system/cpu "$M/programs"
	printf '0-7\n' >"$M/sys/devices/system/cpu/online"
	printf '1048576\n' >"$M/proc/sys/fs/nr_open"
	printf 'cpu  1 2 3\nbtime 1790000000\n' >"$M/proc/stat"
	printf 'MemTotal:       33554432 kB\n' >"$M/proc/meminfo"
	printf '         0          0 4294967295\n' >"$M/proc/self/uid_map"
	printf 'Name:\tgotune\nCapEff:\t000001ffffffffff\n' >"$M/proc/self/status"
	limits 1024 524288 >"$M/proc/self/limits"
	for ns in net ipc pid cgroup; do
		ln -sfn "$ns:[4026531840]" "$M/proc/self/ns/$ns"
		ln -sfn "$ns:[4026531840]" "$M/proc/1/ns/$ns"
	done
	if [ "$VERSION" = v2 ]; then
		printf '0::/init.scope\n' >"$M/proc/self/cgroup"
		printf '35 25 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n' >"$M/proc/self/mountinfo"
		mkdir -p "$M$CG"
		printf 'cpuset cpu io memory pids\n' >"$M$CG/cgroup.controllers"
		printf '0-7\n' >"$M$CG/cpuset.cpus.effective"
		return
	fi
	printf '4:memory:/\n3:cpuset:/\n2:cpu,cpuacct:/\n1:name=systemd:/init.scope\n0::/init.scope\n' >"$M/proc/self/cgroup"
	cat >"$M/proc/self/mountinfo" <<-'EOF'
		35 25 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
		36 25 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
		37 25 0:32 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset
		38 25 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
	EOF
	mkdir -p "$M$CG"/{cpu,cpuacct,memory,cpuset,unified}
	mv "$M$CG/cpu" "$M$CG/cpu,cpuacct"
	printf '0-7\n' >"$M$CG/cpuset/cpuset.cpus"
}

limits() { # SOFT HARD
	printf 'Limit                     Soft Limit           Hard Limit           Units     \n'
	printf 'Max open files            %-20s %-20s files     \n' "$1" "$2"
}

# A cgroup with QUOTA per 100 ms and MEMORY bytes, of which USED are; THROTTLED of 1000 periods, and
# KILLS for lack of memory.
add_cgroup() { # PATH QUOTA MEMORY USED THROTTLED KILLS
	local d
	if [ "$VERSION" = v2 ]; then
		d=$M$CG$1
		mkdir -p "$d"
		printf '%s 100000\n' "$2" >"$d/cpu.max"
		printf 'usage_usec 1\nnr_periods 1000\nnr_throttled %s\nthrottled_usec 5000\n' "$5" >"$d/cpu.stat"
		printf '%s\n' "$3" >"$d/memory.max"
		printf 'max\n' >"$d/memory.high"
		printf '%s\n' "$4" >"$d/memory.current"
		printf 'anon 1\ninactive_file 0\n' >"$d/memory.stat"
		printf 'low 0\nhigh 0\nmax 3\noom 0\noom_kill %s\n' "$6" >"$d/memory.events"
		return
	fi
	d=$M$CG/cpu,cpuacct$1
	mkdir -p "$d" "$M$CG/memory$1" "$M$CG/cpuset$1"
	printf '%s\n' "$2" >"$d/cpu.cfs_quota_us"
	printf '100000\n' >"$d/cpu.cfs_period_us"
	printf 'nr_periods 1000\nnr_throttled %s\nthrottled_time 5000000\n' "$5" >"$d/cpu.stat"
	d=$M$CG/memory$1
	printf '%s\n' "$3" >"$d/memory.limit_in_bytes"
	printf '%s\n' "$4" >"$d/memory.usage_in_bytes"
	printf '60\n' >"$d/memory.swappiness"
	printf '1\n' >"$d/memory.use_hierarchy"
	printf 'cache 0\ntotal_inactive_file 0\n' >"$d/memory.stat"
	printf 'oom_kill_disable 0\nunder_oom 0\noom_kill %s\n' "$6" >"$d/memory.oom_control"
	printf '0-7\n' >"$M$CG/cpuset$1/cpuset.cpus"
}

# Process PID in CGROUP runs PROGRAM (a file of $PROGRAMS) with an environment.
add_process() { # PID CGROUP PROGRAM [NAME=VALUE...]
	local p=$M/proc/$1 pid=$1 cgroup=$2 program=$3
	shift 3
	mkdir -p "$p/ns" "$p/net"
	if [ "$VERSION" = v2 ]; then
		printf '0::%s\n' "$cgroup" >"$p/cgroup"
	else
		printf '4:memory:%s\n3:cpuset:%s\n2:cpu,cpuacct:%s\n1:name=systemd:%s\n0::/\n' \
			"$cgroup" "$cgroup" "$cgroup" "$cgroup" >"$p/cgroup"
	fi
	printf '%s (app) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 7 0 8640000 1 1 1 1 1 1 1 1 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n' \
		"$pid" >"$p/stat"
	printf 'Name:\tapp\nUid:\t0\t0\t0\t0\nThreads:\t9\nCpus_allowed_list:\t0-7\n' >"$p/status"
	printf 'app\n' >"$p/comm"
	limits 1048576 1048576 >"$p/limits"
	printf 'TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 0 0 0\n' >"$p/net/netstat"
	for ns in net ipc pid cgroup; do ln -sfn "$ns:[402653$pid]" "$p/ns/$ns"; done
	ln -sfn /bin/app "$p/exe"
	[ -e "$M/roots/$program" ] || {
		mkdir -p "$M/roots/$program/bin"
		cp "$PROGRAMS/$program" "$M/roots/$program/bin/app"
	}
	ln -sfn "/roots/$program" "$p/root"
	: >"$p/environ"
	[ $# = 0 ] || printf '%s\0' "$@" >"$p/environ"
}

# A full id from a number.
id_of() { # NUMBER
	printf '%064x' "$1"
}

# COUNT processes as PID is, from PID on, each in a container of its own below SCOPE (v2).
multiply() { # PID COUNT SCOPE
	perl -e '
		use strict; use warnings; use File::Copy;
		my ($m, $cg, $pid, $count, $scope) = @ARGV;
		my $name = sub { sprintf("%s/cri-containerd-%064x.scope", $scope, $_[0]) };
		for my $i ($pid + 1 .. $pid + $count - 1) {
			my ($from, $to) = ("$m/proc/$pid", "$m/proc/$i");
			mkdir $_ for $to, "$to/ns", "$to/net";
			for my $f (glob("$from/*"), glob("$from/*/*")) {
				my $t = $f;
				$t =~ s/^\Q$from\E/$to/;
				if (-l $f) { symlink readlink($f), $t or die $!; }
				elsif (-f $f) { copy($f, $t) or die $!; }
			}
			open(my $h, ">", "$to/cgroup") or die $!;
			print $h "0::", $name->($i), "\n";
			close $h;
			($from, $to) = ("$m$cg" . $name->($pid), "$m$cg" . $name->($i));
			mkdir $to;
			copy($_, $to) or die $! for glob("$from/*");
		}' "$M" "$CG" "$@"
}
