/*
 * RLIMIT_NOFILE and sysctls.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/plan.h"
#include "plan_cases.h"

static void test_nofile(void **state)
{
	static const struct plan_case rows[] = {
		{"raised", "",
		 "RLIMIT_NOFILE=set:profile:65536 hard=65536 before.RLIMIT_NOFILE=1024"},
		{"hard is higher already", "rl=1024/1048576",
		 "RLIMIT_NOFILE=set:profile:65536 hard=1048576"},
		{"hard is the target", "rl=1024/65536",
		 "RLIMIT_NOFILE=set:profile:65536 hard=65536"},
		{"soft is the target", "rl=65536/65536",
		 "RLIMIT_NOFILE=keep:already-higher before.RLIMIT_NOFILE=65536"},
		{"soft is higher", "rl=100000/200000", "RLIMIT_NOFILE=keep:already-higher"},
		{"unlimited", "rl=18446744073709551615/18446744073709551615",
		 "RLIMIT_NOFILE=keep:already-higher"},
		{"one below", "rl=65535/65536", "RLIMIT_NOFILE=set:profile:65536"},
		{"config.json counts, not the live one", "rl=1000000/1000000 rlc=1024/2048",
		 "RLIMIT_NOFILE=set:profile:65536 hard=65536 before.RLIMIT_NOFILE=1024"},
		{"config.json is higher", "rl=1024/4096 rlc=70000/70000",
		 "RLIMIT_NOFILE=keep:already-higher"},
		{"config.json, hard higher", "rlc=1024/200000",
		 "RLIMIT_NOFILE=set:profile:65536 hard=200000"},
		{"nothing known", "rl=unknown", "RLIMIT_NOFILE=set:profile:65536 hard=65536"},
		{"nothing known, may not raise", "rl=unknown raise=no",
		 "RLIMIT_NOFILE=set:profile:65536 hard=65536"},
		{"nothing known, and config.json would replace it", "rl=unknown replaced=1",
		 "RLIMIT_NOFILE=skip:limits-unknown"},
		{"config.json's is known, and replaced", "rl=unknown rlc=1024/2048 replaced=1",
		 "RLIMIT_NOFILE=set:profile:65536 hard=65536"},
		{"may not raise, need not", "raise=no rl=1024/65536",
		 "RLIMIT_NOFILE=set:profile:65536 hard=65536"},
		{"may not raise", "raise=no",
		 "RLIMIT_NOFILE=set:hard-limit:4096 hard=4096 w=hard-limit-kept"},
		{"may not be known to raise", "raise=unknown",
		 "RLIMIT_NOFILE=set:hard-limit:4096 hard=4096 w=hard-limit-kept"},
		{"may not raise, soft is hard", "raise=no rl=4096/4096",
		 "RLIMIT_NOFILE=keep:hard-limit w=hard-limit-kept"},
		{"may not raise, config.json", "raise=no rlc=1024/2048",
		 "RLIMIT_NOFILE=set:hard-limit:2048 w=hard-limit-kept"},
		{"may not raise, soft is higher", "raise=no rl=70000/70000",
		 "RLIMIT_NOFILE=keep:already-higher"},
		{"nr_open is lower", "nr_open=20000", "RLIMIT_NOFILE=set:profile:20000 hard=20000"},
		{"nr_open is higher", "nr_open=2000000 p.nofile=1500000",
		 "RLIMIT_NOFILE=set:profile:1500000"},
		{"nr_open unknown bounds at its default", "p.nofile=2000000",
		 "RLIMIT_NOFILE=set:profile:1048576"},
		{"nr_open below what is there", "nr_open=1000",
		 "RLIMIT_NOFILE=keep:already-higher"},
		{"profile null", "p.nofile=0", "RLIMIT_NOFILE=skip:profile-null"},
		{"request beats null", "p.nofile=0 a.nofile=5000",
		 "RLIMIT_NOFILE=set:requested:5000"},
		{"request below the profile", "a.nofile=2000",
		 "RLIMIT_NOFILE=set:requested:2000 hard=4096"},
		{"request never lowers", "a.nofile=512", "RLIMIT_NOFILE=keep:already-higher"},
		{"request and the hard limit", "raise=no a.nofile=5000",
		 "RLIMIT_NOFILE=set:hard-limit:4096 w=hard-limit-kept"},
		{"image asks", "i.nofile=5000", "RLIMIT_NOFILE=set:requested:5000"},
		{"a shut barrier leaves prlimit", "barrier=ptrace-denied",
		 "RLIMIT_NOFILE=set:profile:65536"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

#define SC "net.core.somaxconn"

static void test_sysctl(void **state)
{
	static const struct plan_case rows[] = {
		{"not read: set", "", SC "=set:profile:65535"},
		{"raised", "sc:" SC "=4096", SC "=set:profile:65535 before." SC "=4096"},
		{"equal", "sc:" SC "=65535", SC "=keep:already-higher"},
		{"higher", "sc:" SC "=100000", SC "=keep:already-higher before." SC "=100000"},
		{"longer is not higher", "sc:" SC "=00004096", SC "=set:profile:65535"},
		{"not a number there", "sc:" SC "=garbage", SC "=set:profile:65535"},
		{"config.json sets it", "scc:" SC, SC "=keep:already-set"},
		{"config.json beats a request", "scc:" SC " s.sysctl." SC "=1000",
		 SC "=keep:already-set"},
		{"config.json beats the host's namespace", "net=host scc:" SC,
		 SC "=keep:already-set"},
		{"host network", "net=host sc:" SC "=128", SC "=skip:host-namespace"},
		{"unknown network", "net=unknown", SC "=skip:namespace-unknown"},
		{"the host's IPC does not matter to net", "ipc=host", SC "=set:profile:65535"},
		{"does not exist", "sc-:" SC, SC "=skip:no-such-sysctl"},
		{"existence unknown", "sc?:" SC, SC "=set:profile:65535"},
		{"existence unknown to a runtime that would fail", "sc!:" SC,
		 SC "=skip:sysctl-unknown"},
		{"existence unknown, the host's namespace", "net=host sc!:" SC,
		 SC "=skip:host-namespace"},
		{"none in the profile", "p.nosysctl", "nowhere=" SC " rows=6"},
		{"IPC", "p.sysctl:kernel.shmmax=100 sc:kernel.shmmax=50",
		 "kernel.shmmax=set:profile:100 rows=8"},
		{"IPC, higher", "p.sysctl:kernel.shmmax=100 sc:kernel.shmmax=18446744073692774399",
		 "kernel.shmmax=keep:already-higher"},
		{"IPC of the host", "ipc=host p.sysctl:kernel.shmmax=100",
		 "kernel.shmmax=skip:host-namespace " SC "=set:profile"},
		{"IPC unknown", "ipc=unknown p.sysctl:fs.mqueue.msg_max=100",
		 "fs.mqueue.msg_max=skip:namespace-unknown"},
		{"IPC, the host's network does not matter",
		 "net=host p.sysctl:fs.mqueue.msg_max=100", "fs.mqueue.msg_max=set:profile:100"},
		{"not namespaced", "p.sysctl:vm.swappiness=1", "vm.swappiness=skip:not-allowed"},
		{"host-wide below net", "p.sysctl:net.core.netdev_max_backlog=5000",
		 "net.core.netdev_max_backlog=skip:not-allowed"},
		{"not ordered, differs",
		 "p.sysctl:net.ipv4.tcp_fin_timeout=30 sc:net.ipv4.tcp_fin_timeout=60",
		 "net.ipv4.tcp_fin_timeout=set:profile:30"},
		{"not ordered, smaller there",
		 "p.sysctl:net.ipv4.tcp_fin_timeout=60 sc:net.ipv4.tcp_fin_timeout=30",
		 "net.ipv4.tcp_fin_timeout=set:profile:60"},
		{"not ordered, equal",
		 "p.sysctl:net.ipv4.tcp_fin_timeout=30 sc:net.ipv4.tcp_fin_timeout=30",
		 "net.ipv4.tcp_fin_timeout=keep:already-set"},
		{"a triple, equal but for tabs",
		 "p.sysctl:net.ipv4.tcp_rmem=1~2~3 sc:net.ipv4.tcp_rmem=1\t2\t3",
		 "net.ipv4.tcp_rmem=keep:already-set"},
		{"a triple, differs",
		 "p.sysctl:net.ipv4.tcp_rmem=1~2~3 sc:net.ipv4.tcp_rmem=1\t2\t33",
		 "net.ipv4.tcp_rmem=set:profile:1~2~3"},
		{"a triple, one more",
		 "p.sysctl:net.ipv4.tcp_rmem=1~2~3 sc:net.ipv4.tcp_rmem=1\t2\t3\t4",
		 "net.ipv4.tcp_rmem=set:profile:1~2~3"},
		{"a triple, one less", "p.sysctl:net.ipv4.tcp_rmem=1~2~3 sc:net.ipv4.tcp_rmem=1\t2",
		 "net.ipv4.tcp_rmem=set:profile:1~2~3"},
		{"a word",
		 "p.sysctl:net.ipv4.tcp_congestion_control=bbr sc:net.ipv4.tcp_congestion_control=cubic",
		 "net.ipv4.tcp_congestion_control=set:profile:bbr"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

#define TFO "net.ipv4.tcp_fastopen"

static void test_sysctl_request(void **state)
{
	static const struct plan_case rows[] = {
		{"not on the list", "a.sysctl." TFO "=3", "nowhere=" TFO " w=not-allowed"},
		{"on the list", "allow.sysctl=" TFO " a.sysctl." TFO "=3",
		 TFO "=set:requested:3 rows=8"},
		{"replaces the profile's", "allow.sysctl=" SC " a.sysctl." SC "=1000",
		 SC "=set:requested:1000 rows=7"},
		{"not on the list, the profile's stays", "a.sysctl." SC "=1000",
		 SC "=set:profile:65535 w=not-allowed"},
		{"never lowers", "allow.sysctl=" SC " a.sysctl." SC "=1000 sc:" SC "=4096",
		 SC "=keep:already-higher"},
		{"--set needs no list", "s.sysctl." TFO "=3", TFO "=set:requested:3"},
		{"--set cannot leave the namespaces", "s.sysctl.vm.swappiness=3",
		 "nowhere=vm.swappiness w=not-allowed"},
		{"a list cannot either",
		 "allow.sysctl=kernel.core_pattern a.sysctl.kernel.core_pattern=|/x",
		 "nowhere=kernel.core_pattern w=not-allowed"},
		{"a path is no name", "s.sysctl.net/core/somaxconn=3", "w=not-allowed"},
		{"up and out", "s.sysctl.net...vm.x=3", "w=not-allowed"},
		{"empty value", "allow.sysctl=" TFO " a.sysctl." TFO "=",
		 "nowhere=" TFO " w=bad-value"},
		{"control byte", "allow.sysctl=" TFO " a.sysctl." TFO "=3\0014",
		 "nowhere=" TFO " w=bad-value"},
		{"host network", "net=host s.sysctl." TFO "=3", TFO "=skip:host-namespace"},
		{"two", "s.sysctl." TFO "=3 s.sysctl.kernel.shmall=5",
		 TFO "=set:requested:3 kernel.shmall=set:requested:5 rows=9"},
		{"not when not selected", "kind=other s.sysctl." TFO "=3",
		 "nowhere=" TFO " selected=no"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

static void test_sysctl_ns(void **state)
{
	static const struct {
		const char *name;
		int ns; /* -1: none */
	} rows[] = {
		{"net.core.somaxconn", GT_NS_NET},
		{"net.ipv4.ip_local_port_range", GT_NS_NET},
		{"net.ipv6.conf.all.forwarding", GT_NS_NET},
		{"net.ipv4.conf.br-0.rp_filter", GT_NS_NET},
		{"net.core.optmem_max", GT_NS_NET},
		{"net.core.rmem_max", -1},
		{"net.core.wmem_default", -1},
		{"net.core.netdev_max_backlog", -1},
		{"net.core.default_qdisc", -1},
		{"net.core.busy_poll", -1},
		{"net.ipv4.tcp_mem", -1},
		{"net.ipv4.udp_mem", -1},
		{"net.ipv4.tcp_max_orphans", -1},
		{"kernel.shmmax", GT_NS_IPC},
		{"kernel.shm_rmid_forced", GT_NS_IPC},
		{"kernel.msgmni", GT_NS_IPC},
		{"kernel.sem", GT_NS_IPC},
		{"kernel.semx", -1},
		{"kernel.sched_latency_ns", -1},
		{"kernel.core_pattern", -1},
		{"kernel.", -1},
		{"fs.mqueue.msg_max", GT_NS_IPC},
		{"fs.mqueue.", -1},
		{"fs.file-max", -1},
		{"fs.nr_open", -1},
		{"vm.swappiness", -1},
		{"net", -1},
		{"net.", -1},
		{"netx.core", -1},
		{".net.core.somaxconn", -1},
		{"net..core", -1},
		{"net.core.somaxconn.", -1},
		{"net/core/somaxconn", -1},
		{"net.core.some conn", -1},
		{"net.core.somaxconn\n", -1},
		{"net.core.s\303\266", -1},
		{"", -1},
		{".", -1},
		{"net.a23456789012345678901234567890123456789012345678901234567890", -1},
	};
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		enum gt_ns ns = GT_NS_COUNT;
		bool is = gt_plan_sysctl_ns(rows[i].name, &ns);

		if (is == (rows[i].ns >= 0) && (!is || (int)ns == rows[i].ns))
			continue;
		printf("row failed: %s\n", rows[i].name);
		failed++;
	}
	assert_int_equal(failed, 0);
}

/* As many rows as a plan can have: the seventeenth sysctl is refused, and nothing is overrun. */
static void test_sysctl_most(void **state)
{
	(void)state;
	plan_usual();
	assert_null(plan_words("p.numa=bind s.sysctl." TFO "=3", true));
	plan_profiles[0].n_sysctl = GT_SYSCTL_MAX;
	for (unsigned i = 0; i < GT_SYSCTL_MAX; i++)
		(void)snprintf(plan_profiles[0].sysctl[i].name, GT_SYSCTL_NAME_CAP, "net.x.y%u", i);
	plan_all(&plan_got);
	assert_int_equal(plan_got.n_setting, GT_SETTINGS_MAX);
	assert_int_equal(plan_got.n_warning, 1);
	assert_int_equal(plan_got.warning[0].id, GT_W_OUT_OF_BOUNDS);
	assert_string_equal(plan_got.setting[GT_SETTINGS_MAX - 1].name, "cpuset.mems");
	/* A name without a value is left alone. */
	assert_null(plan_words("net.x.y3=skip:profile-null", false));
}

/* What the inspector is told to read is what the plan has rows for. */
static void test_sysctls_match_rows(void **state)
{
	static struct gt_selection s;

	(void)state;
	plan_usual();
	assert_null(plan_words("s.sysctl." TFO "=3 a.sysctl.net.ipv4.x=1", true));
	gt_plan_select(&plan_f, &plan_p, &s);
	assert_int_equal(s.n_sysctl, 2);
	assert_string_equal(s.sysctl[0].want.name, SC);
	assert_int_equal(s.sysctl[0].origin, GT_ORIGIN_NONE);
	assert_string_equal(s.sysctl[1].want.name, TFO);
	assert_string_equal(s.sysctl[1].want.value, "3");
	assert_int_equal(s.sysctl[1].origin, GT_ORIGIN_SET);
	assert_true(s.sysctl[1].namespaced);
	assert_int_equal(s.sysctl[1].ns, GT_NS_NET);
	plan_all(&plan_got);
	assert_int_equal(plan_got.n_setting, 6 + s.n_sysctl);
}

/* The same input gives the same bytes, whatever was in the buffer before. */
static void test_make_same_bytes(void **state)
{
	static struct gt_plan other;

	(void)state;
	plan_usual();
	assert_null(plan_words("l0=200000/100000 m0=512MiB r=x p.numa=bind numa=2x4", true));
	memset(&plan_got, 0xff, sizeof(plan_got));
	memset(&other, 0, sizeof(other));
	plan_all(&plan_got);
	plan_all(&other);
	assert_memory_equal(&plan_got, &other, sizeof(other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nofile),		cmocka_unit_test(test_sysctl),
		cmocka_unit_test(test_sysctl_request),	cmocka_unit_test(test_sysctl_ns),
		cmocka_unit_test(test_sysctl_most),	cmocka_unit_test(test_sysctls_match_rows),
		cmocka_unit_test(test_make_same_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
