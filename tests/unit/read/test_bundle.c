/*
 * config.json, and the facts that it gives alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

static struct gt_bundle b;
static struct gt_facts facts;

static void add_pairs(struct gt_buf *out, const char *name, const struct gt_strv *v, bool pairs)
{
	for (const char *s = gt_strv_next(v, NULL); s; s = gt_strv_next(v, s)) {
		gt_buf_fmt(out, "%s=%s", name, s);
		if (pairs) {
			s = gt_strv_next(v, s);
			gt_buf_fmt(out, ":%s", s);
		}
		gt_buf_str(out, "\n");
	}
	if (v->dropped)
		gt_buf_fmt(out, "%s dropped=%u\n", name, v->dropped);
}

static void add_text(struct gt_buf *out, const char *name, const char *s)
{
	if (*s)
		gt_buf_fmt(out, "%s=%s\n", name, s);
}

static void add_number(struct gt_buf *out, bool has, const char *name, int64_t v)
{
	if (has)
		gt_buf_fmt(out, "%s=%lld\n", name, (long long)v);
}

/* What differs from an empty struct, line by line. */
static void dump(struct gt_buf *out)
{
	static const char *const ns[GT_NS_COUNT] = {"net",   "ipc", "user", "cgroup",
						    "mount", "pid", "uts"};

	add_number(out, b.has_process, "process", 1);
	add_number(out, b.has_linux, "linux", 1);
	add_text(out, "version", b.oci_version);
	add_text(out, "root", b.root_path);
	add_text(out, "cwd", b.cwd);
	add_pairs(out, "arg", &b.args, false);
	add_pairs(out, "annotation", &b.annotations, true);
	add_pairs(out, "gotune", &b.gotune_env, true);
	for (unsigned i = 0; i < GT_VAR_COUNT; i++) {
		if (b.var[i].present)
			gt_buf_fmt(out, "%s=%s x%u%s\n", gt_var_name[i], b.var[i].value,
				   b.var[i].count, b.var[i].too_long ? " too long" : "");
	}
	if (b.has_path_env)
		gt_buf_fmt(out, "PATH=%s\n", b.path_env);
	if (b.has_nofile)
		gt_buf_fmt(out, "nofile=%llu:%llu\n", (unsigned long long)b.nofile_soft,
			   (unsigned long long)b.nofile_hard);
	add_number(out, b.no_new_privs, "nnp", 1);
	add_number(out, b.uid != 0, "uid", b.uid);
	add_pairs(out, "sysctl", &b.sysctl, true);
	add_number(out, b.res.has_quota, "quota", b.res.quota_us);
	add_number(out, b.res.has_period, "period", (int64_t)b.res.period_us);
	add_number(out, b.res.has_shares, "shares", (int64_t)b.res.shares);
	add_number(out, b.res.has_mem_limit, "limit", b.res.mem_limit_bytes);
	add_number(out, b.res.has_swap, "swap", b.res.swap_bytes);
	add_number(out, b.res.has_swappiness, "swappiness", (int64_t)b.res.swappiness);
	if (b.res.has_cpus)
		gt_buf_fmt(out, "cpus=%s%s\n", b.res.cpus, b.res.cpus_too_long ? " too long" : "");
	if (b.res.has_mems)
		add_text(out, "mems", b.res.mems);
	add_pairs(out, "unified", &b.res.unified, true);
	for (unsigned i = 0; i < GT_NS_COUNT; i++) {
		if (b.ns[i].present)
			gt_buf_fmt(out, "ns=%s%s%s\n", ns[i], b.ns[i].joined ? " joined " : "",
				   b.ns[i].path);
	}
	add_number(out, b.has_seccomp, "seccomp", 1);
	add_number(out, b.own_hook, "own hook", 1);
	add_text(out, "cgroup", b.cgroups_path);
	add_text(out, "selinux", b.selinux_label);
	add_text(out, "apparmor", b.apparmor_profile);
	add_pairs(out, "mount", &b.mounts, true);
}

#define PROCESS(x) "{\"process\":{" x "}}"
#define LINUX(x)   "{\"linux\":{" x "}}"
#define MOUNTS(x)  "{\"mounts\":[" x "]}"

static void test_read_bundle_values(void **state)
{
	static const struct {
		const char *name, *doc, *want;
	} rows[] = {
		{"empty", "{}", ""},
		{"nulls", "{\"process\":null,\"linux\":null,\"annotations\":null,\"mounts\":null}",
		 ""},
		{"null hooks", "{\"hooks\":null}", ""},
		{"hooks without an entry", "{\"hooks\":{\"prestart\":null,\"createRuntime\":[]}}",
		 ""},
		{"hooks of others",
		 "{\"hooks\":{\"createRuntime\":[{\"path\":\"/x\",\"args\":[\"oci-gotune-hook\"]}],"
		 "\"poststop\":[{\"path\":\"/oci-gotune-hook\"}]}}",
		 ""},
		{"our hook",
		 "{\"hooks\":{\"createRuntime\":[{\"path\":\"/x\"},{\"path\":\"/a/oci-gotune-hook\"}]}}",
		 "own hook=1\n"},
		{"our hook in prestart",
		 "{\"hooks\":{\"prestart\":[{\"path\":\"oci-gotune-hook\"},{\"path\":\"/x\"}]}}",
		 "own hook=1\n"},
		{"versions and root", "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"rootfs\"}}",
		 "version=1.0.2\nroot=rootfs\n"},
		{"process",
		 PROCESS("\"cwd\":\"/srv\",\"args\":[\"./gw\",\"\",\"-v\"],\"noNewPrivileges\":true,"
			 "\"user\":{\"uid\":1000,\"gid\":5},\"selinuxLabel\":\"l\","
			 "\"apparmorProfile\":\"p\""),
		 "process=1\ncwd=/srv\narg=./gw\narg=\narg=-v\nnnp=1\nuid=1000\nselinux=l\n"
		 "apparmor=p\n"},
		{"null args", PROCESS("\"args\":null,\"env\":null,\"rlimits\":null"),
		 "process=1\n"},
		{"env",
		 PROCESS("\"env\":[\"PATH=/a:/b\",\"GOMAXPROCS=4\",\"GOGC=\",\"GOTUNE_MODE=audit\","
			 "\"GOMAXPROCSX=1\",\"GOGC\",\"=x\",null,\"GODEBUG=a=1,b=2\",\"GOTUNE_=1\"]"),
		 "process=1\ngotune=GOTUNE_MODE:audit\nGOMAXPROCS=4 x1\nGOGC= x1\n"
		 "GODEBUG=a=1,b=2 x1\nPATH=/a:/b\n"},
		{"env twice: the last counts", PROCESS("\"env\":[\"GOGC=1\",\"A=B\",\"GOGC=2\"]"),
		 "process=1\nGOGC=2 x2\n"},
		{"env with a NUL", PROCESS("\"env\":[\"GOGC=1\\u00002\"]"),
		 "process=1\nGOGC=1 x1 too long\n"},
		{"env lower case", PROCESS("\"env\":[\"gogc=1\"]"), "process=1\n"},
		{"nofile",
		 PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":1,\"hard\":2},"
			 "{\"type\":\"RLIMIT_NOFILE\",\"hard\":18446744073709551615,\"soft\":1024}]"),
		 "process=1\nnofile=1024:18446744073709551615\n"},
		{"nofile without hard",
		 PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":1}]"), "process=1\n"},
		{"annotations", "{\"annotations\":{\"a\":\"1\",\"A\":\"2\",\"a\":\"3\"}}",
		 "annotation=a:1\nannotation=A:2\nannotation=a:3\n"},
		{"resources",
		 LINUX("\"resources\":{\"cpu\":{\"quota\":-1,\"period\":100000,\"shares\":1024,"
		       "\"cpus\":\"0-3\",\"mems\":\"0\"},\"memory\":{\"limit\":536870912,\"swap\":-1,"
		       "\"swappiness\":60},\"unified\":{\"memory.high\":\"5\"}}"),
		 "linux=1\nquota=-1\nperiod=100000\nshares=1024\nlimit=536870912\nswap=-1\n"
		 "swappiness=60\ncpus=0-3\nmems=0\nunified=memory.high:5\n"},
		{"null resources",
		 LINUX("\"resources\":{\"cpu\":{\"quota\":null,\"cpus\":null},\"memory\":null}"),
		 "linux=1\n"},
		{"empty cpus", LINUX("\"resources\":{\"cpu\":{\"cpus\":\"\",\"mems\":\"\"}}"),
		 "linux=1\n"},
		{"sysctl", LINUX("\"sysctl\":{\"net.core.somaxconn\":\"512\"}"),
		 "linux=1\nsysctl=net.core.somaxconn:512\n"},
		{"namespaces",
		 LINUX("\"namespaces\":[{\"type\":\"network\",\"path\":\"/proc/1/ns/net\"},"
		       "{\"type\":\"ipc\"},{\"type\":\"pid\",\"path\":\"\"},{\"type\":\"time\"}]"),
		 "linux=1\nns=net joined /proc/1/ns/net\nns=ipc\nns=pid\n"},
		{"seccomp is not looked into",
		 LINUX("\"seccomp\":{\"syscalls\":[{\"names\":[\"a\"],\"names\":5}],"
		       "\"linux\":{\"sysctl\":1}}"),
		 "linux=1\nseccomp=1\n"},
		{"null seccomp", LINUX("\"seccomp\":null,\"cgroupsPath\":\"/a/b\""),
		 "linux=1\ncgroup=/a/b\n"},
		{"cgroup mount",
		 MOUNTS("{\"destination\":\"/sys\",\"type\":\"sysfs\",\"options\":[\"ro\"]},"
			"{\"destination\":\"/sys/fs/cgroup\",\"type\":\"cgroup2\"}"),
		 "mount=/sys:\nmount=/sys/fs/cgroup:\n"},
		{"cgroup bind",
		 MOUNTS("{\"destination\":\"/sys/fs/cgroup\",\"source\":\"/sys/fs/cgroup\","
			"\"type\":\"none\",\"options\":[\"rw\",\"rbind\"]}"),
		 "mount=/sys/fs/cgroup:/sys/fs/cgroup\n"},
		{"sys bind", MOUNTS("{\"destination\":\"/sys\",\"type\":\"bind\"}"),
		 "mount=/sys:\n"},
		{"options do not leak into the next mount",
		 MOUNTS("{\"destination\":\"/x\",\"options\":[\"bind\"]},"
			"{\"destination\":\"/sys/fs/cgroup\",\"type\":\"tmpfs\"}"),
		 "mount=/x:\nmount=/sys/fs/cgroup:\n"},
		{"a source counts only for a bind mount, a destination only when it is absolute",
		 MOUNTS("{\"destination\":\"/a\",\"source\":\"/s\",\"type\":\"ext4\"},"
			"{\"destination\":\"b\",\"source\":\"/s\",\"type\":\"bind\"},{}"),
		 "mount=/a:\nmount dropped=2\n"},
		{"hostname",
		 MOUNTS("{\"destination\":\"/etc/hostname\",\"source\":\"/var/x/hostname\","
			"\"options\":[\"bind\"]},{\"destination\":\"/etc/hosts\",\"source\":\"/y\"}"),
		 "mount=/etc/hostname:/var/x/hostname\n"
		 "mount=/etc/hosts:\n"},
		{"keys that are not ours",
		 "{\"hooks\":{\"x\":[1,{\"y\":null}]},\"vm\":{},\"Vm\":{},\"process\":{\"q\":1e999}}",
		 "process=1\n"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_buf out = {0};
		struct gt_err e = {0};
		int r = gt_read_bundle(rows[i].doc, strlen(rows[i].doc), &b, &e);

		gt_buf_str(&out, "");
		dump(&out);
		if (r != 0 || strcmp(out.p, rows[i].want) != 0)
			fail_msg("%s: %d %s\n%s", rows[i].name, r, e.msg, out.p);
		if (!gt_bundle_valid(&b))
			fail_msg("%s: not valid", rows[i].name);
		gt_buf_done(&out);
	}
}

static void test_read_bundle_refuses(void **state)
{
	static const struct {
		const char *name, *doc;
		int want;
		const char *says;
	} rows[] = {
		{"empty", "", -EINVAL, "config.json: 1:1"},
		{"array", "[]", -EINVAL, "not an object"},
		{"process is a list", "{\"process\":[]}", -EINVAL, "process: not an object"},
		{"linux is a number", "{\"linux\":1}", -EINVAL, "linux: not an object"},
		{"args is a string", PROCESS("\"args\":\"x\""), -EINVAL, "process/args: not"},
		{"an arg is a number", PROCESS("\"args\":[1]"), -EINVAL, "process/args: not"},
		{"env is an object", PROCESS("\"env\":{}"), -EINVAL, "process/env: not"},
		{"an env is a list", PROCESS("\"env\":[[]]"), -EINVAL, "process/env/*: not"},
		{"quota is a string", LINUX("\"resources\":{\"cpu\":{\"quota\":\"1\"}}"), -EINVAL,
		 "cpu/quota: not"},
		{"quota beyond 64 bits",
		 LINUX("\"resources\":{\"cpu\":{\"quota\":9223372036854775808}}"), -EINVAL,
		 "1:39: linux/resources/cpu/quota: not"},
		{"period negative", LINUX("\"resources\":{\"cpu\":{\"period\":-1}}"), -EINVAL,
		 "cpu/period: not"},
		{"limit with a fraction", LINUX("\"resources\":{\"memory\":{\"limit\":1.5}}"),
		 -EINVAL, "memory/limit: not"},
		{"hard beyond 64 bits", PROCESS("\"rlimits\":[{\"hard\":18446744073709551616}]"),
		 -EINVAL, "hard: not"},
		{"uid beyond 32 bits", PROCESS("\"user\":{\"uid\":4294967296}"), -EINVAL,
		 "uid: not"},
		{"a namespace is a string", LINUX("\"namespaces\":[\"x\"]"), -EINVAL,
		 "not an object"},
		{"annotation is a number", "{\"annotations\":{\"a\":1}}", -EINVAL,
		 "annotations: not"},
		{"sysctl is a number", LINUX("\"sysctl\":{\"a\":1}"), -EINVAL, "sysctl: not"},
		{"process twice", "{\"process\":{},\"process\":{}}", -EBADMSG,
		 "process: duplicate key"},
		{"Process", "{\"Process\":{}}", -EBADMSG, "process: the key is spelt"},
		{"ENV", PROCESS("\"ENV\":[]"), -EBADMSG, "process/env: the key is spelt"},
		{"long s", LINUX("\"\xc5\xbfysctl\":{}"), -EBADMSG,
		 "linux/sysctl: the key is spelt"},
		{"linux then LINUX", "{\"linux\":{},\"LINUX\":null}", -EBADMSG,
		 "linux: duplicate key"},
		{"quota twice", LINUX("\"resources\":{\"cpu\":{\"quota\":1,\"quota\":2}}"),
		 -EBADMSG, "linux/resources/cpu/quota"},
		{"sysctl name twice", LINUX("\"sysctl\":{\"a\":\"1\",\"a\":\"2\"}"), -EBADMSG,
		 "linux/sysctl: duplicate key a"},
		{"rlimit type twice", PROCESS("\"rlimits\":[{\"type\":\"a\",\"Type\":\"b\"}]"),
		 -EBADMSG, "process/rlimits/*/type"},
		{"escaped repeat", "{\"linux\":{},\"l\\u0069nux\":{}}", -EBADMSG,
		 "linux: duplicate key"},
		{"invalid UTF-8", "{\"x\":\"\xff\"}", -EINVAL, "UTF-8"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_err e = {0};
		int r = gt_read_bundle(rows[i].doc, strlen(rows[i].doc), &b, &e);

		if (r != rows[i].want || e.code != r || !strstr(e.msg, rows[i].says))
			fail_msg("%s: %d %s", rows[i].name, r, e.msg);
		if (!gt_bundle_valid(&b))
			fail_msg("%s: not valid", rows[i].name);
	}
}

/* A document with N times TEXT between HEAD and TAIL. */
static int read_padded(const char *head, const char *text, size_t n, const char *tail)
{
	struct gt_buf doc = {0};
	int r;

	gt_buf_str(&doc, head);
	for (size_t i = 0; i < n; i++)
		gt_buf_str(&doc, text);
	gt_buf_str(&doc, tail);
	r = gt_read_bundle(doc.p, doc.len, &b, NULL);
	gt_buf_done(&doc);
	return r;
}

#define SECCOMP(text)		  "{\"process\":{},\"linux\":{\"seccomp\":{" text "}}}"
#define RULE(names, action, more) "{\"names\":[" names "],\"action\":\"" action "\"" more "}"

/* Is it certain that the profile lets every prctl through? */
static void test_read_bundle_seccomp(void **state)
{
	static const struct {
		const char *name, *doc;
		bool allowed;
	} profile[] = {
		{"allow", SECCOMP("\"defaultAction\":\"SCMP_ACT_ALLOW\""), true},
		{"log", SECCOMP("\"defaultAction\":\"SCMP_ACT_LOG\""), true},
		{"errno", SECCOMP("\"defaultAction\":\"SCMP_ACT_ERRNO\""), false},
		{"kill", SECCOMP("\"defaultAction\":\"SCMP_ACT_KILL\""), false},
		{"trap", SECCOMP("\"defaultAction\":\"SCMP_ACT_TRAP\""), false},
		{"trace", SECCOMP("\"defaultAction\":\"SCMP_ACT_TRACE\""), false},
		{"notify", SECCOMP("\"defaultAction\":\"SCMP_ACT_NOTIFY\""), false},
		{"unknown action", SECCOMP("\"defaultAction\":\"SCMP_ACT_NEW\""), false},
		{"no default", SECCOMP(""), false},
		{"null", "{\"linux\":{\"seccomp\":null}}", false},
		{"kill, prctl allowed",
		 SECCOMP("\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[" RULE(
			 "\"read\",\"prctl\"", "SCMP_ACT_ALLOW", "") "]"),
		 true},
		{"kill last, prctl allowed",
		 SECCOMP("\"syscalls\":[" RULE("\"prctl\"", "SCMP_ACT_ALLOW",
					       "") "],\"defaultAction\":\"SCMP_ACT_KILL\""),
		 true},
		{"errno, prctl logged",
		 SECCOMP("\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[" RULE(
			 "\"prctl\"", "SCMP_ACT_LOG", "") "]"),
		 true},
		{"kill, prctl allowed for some arguments",
		 SECCOMP("\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[" RULE(
			 "\"prctl\"", "SCMP_ACT_ALLOW",
			 ",\"args\":[{\"index\":0,\"value\":15,\"op\":\"SCMP_CMP_EQ\"}]") "]"),
		 false},
		{"kill, prctl allowed with empty arguments",
		 SECCOMP("\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[" RULE(
			 "\"prctl\"", "SCMP_ACT_ALLOW", ",\"args\":[]") "]"),
		 true},
		{"allow, prctl kills",
		 SECCOMP("\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[" RULE(
			 "\"prctl\"", "SCMP_ACT_KILL_PROCESS", "") "]"),
		 false},
		{"allow, prctl returns an error for some arguments",
		 SECCOMP("\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[" RULE(
			 "\"prctl\"", "SCMP_ACT_ERRNO",
			 ",\"args\":[{\"index\":0,\"value\":35,\"op\":\"SCMP_CMP_EQ\"}]") "]"),
		 false},
		{"allowed and denied",
		 SECCOMP("\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[" RULE(
			 "\"prctl\"", "SCMP_ACT_ALLOW", "") "," RULE("\"prctl\"", "SCMP_ACT_NOTIFY",
								     "") "]"),
		 false},
		{"allow, another kills",
		 SECCOMP("\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[" RULE(
			 "\"ptrace\"", "SCMP_ACT_KILL", "") "," RULE("\"prctl\"", "SCMP_ACT_ALLOW",
								     "") "]"),
		 true},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(profile); i++) {
		struct gt_err e = {0};

		if (gt_read_bundle(profile[i].doc, strlen(profile[i].doc), &b, &e) < 0)
			fail_msg("%s: %s", profile[i].name, e.msg);
		if (b.prctl_allowed != profile[i].allowed)
			fail_msg("%s: %d", profile[i].name, b.prctl_allowed);
	}
}

static void test_read_bundle_large_values(void **state)
{
	(void)state;
	assert_int_equal(
		read_padded("{\"annotations\":{\"k\":\"", "0123456789", 100000, "\",\"l\":\"1\"}}"),
		0);
	assert_int_equal(b.annotations.dropped, 1);
	assert_string_equal(gt_strv_pair(&b.annotations, "l"), "1");

	assert_int_equal(read_padded("{\"process\":{\"env\":[\"GOGC=", "1", 512, "\"]}}"), 0);
	assert_true(b.var[GT_VAR_GOGC].too_long);
	assert_int_equal(read_padded("{\"process\":{\"env\":[\"GOGC=", "1", 511, "\"]}}"), 0);
	assert_false(b.var[GT_VAR_GOGC].too_long);

	/* An argument that does not fit takes all after it along: places must not shift. */
	assert_int_equal(read_padded("{\"process\":{\"args\":[\"a\",\"", "x", 40000, "\",\"c\"]}}"),
			 0);
	assert_int_equal(b.args.n, 1);
	assert_int_equal(b.args.dropped, 2);

	assert_int_equal(read_padded("{\"linux\":{\"resources\":{\"cpu\":{\"cpus\":\"", "1,", 300,
				     "1\"}}}}"),
			 0);
	assert_true(b.res.has_cpus && b.res.cpus_too_long);

	/* A PATH that does not fit ends with its last whole directory. */
	assert_int_equal(
		read_padded("{\"process\":{\"env\":[\"PATH=/bin", ":/opt/abc", 1000, "\"]}}"), 0);
	assert_true(b.has_path_env);
	assert_true(gt_has_suffix(b.path_env, ":/opt/abc"));

	assert_int_equal(read_padded("{\"root\":{\"path\":\"", "x", GT_PATH_CAP, "\"}}"), -EINVAL);
	assert_int_equal(read_padded("{\"x\":", "[", 100000, ""), -E2BIG);
	assert_int_equal(read_padded("{}", " ", GT_CONFIG_MAX, ""), -EFBIG);
	assert_true(gt_bundle_valid(&b));
}

static void fact_line(struct gt_buf *out, const char *name, const struct gt_fact *f)
{
	if (f->known)
		gt_buf_fmt(out, "%s=%llu (%s)\n", name, (unsigned long long)f->v, f->where);
}

static void dump_facts(struct gt_buf *out)
{
	const struct gt_config_facts *c = &facts.config;

	fact_line(out, "quota", &c->quota_us);
	fact_line(out, "period", &c->period_us);
	fact_line(out, "shares", &c->shares);
	fact_line(out, "limit", &c->mem_limit_bytes);
	fact_line(out, "high", &c->mem_high_bytes);
	add_number(out, c->quota_unlimited, "unlimited", 1);
	if (c->cpuset.known)
		gt_buf_fmt(out, "cpus=%u (%s)\n", gt_cpus_count(&c->cpuset.v), c->cpuset.where);
	add_number(out, c->cpuset_invalid, "cpus invalid", 1);
	add_number(out, c->has_mems, "mems", 1);
	add_number(out, c->has_swap, "swap", 1);
	add_number(out, c->has_swappiness, "swappiness", 1);
	add_number(out, facts.nofile.in_config, "nofile", (int64_t)facts.nofile.config_soft);
	for (unsigned i = 0; i < facts.n_sysctl; i++)
		gt_buf_fmt(out, "sysctl=%s\n", facts.sysctl[i].name);
}

#define RES(x) LINUX("\"resources\":{" x "}")
#define UNIFIED(x) \
	RES("\"unified\":{" x "},\"cpu\":{\"quota\":5,\"cpus\":\"1\"},\"memory\":{\"limit\":7}")

static void test_read_config_facts(void **state)
{
	static const struct {
		const char *name, *doc, *want;
	} rows[] = {
		{"nothing", "{}", ""},
		{"quota with period", RES("\"cpu\":{\"quota\":150000,\"period\":50000}"),
		 "quota=150000 (config.json)\nperiod=50000 (config.json)\n"},
		{"quota alone", RES("\"cpu\":{\"quota\":150000}"),
		 "quota=150000 (config.json)\nperiod=100000 (kernel default)\n"},
		{"quota 0 is not set", RES("\"cpu\":{\"quota\":0,\"period\":0,\"shares\":0}"), ""},
		{"unlimited", RES("\"cpu\":{\"quota\":-1}"), "unlimited=1\n"},
		{"memory", RES("\"memory\":{\"limit\":1024,\"swap\":2048,\"swappiness\":0}"),
		 "limit=1024 (config.json)\nswap=1\nswappiness=1\n"},
		{"memory unlimited", RES("\"memory\":{\"limit\":-1}"), ""},
		{"memory unlimited, as v1 says it",
		 RES("\"memory\":{\"limit\":9223372036854771712}"), ""},
		{"cpus", RES("\"cpu\":{\"cpus\":\"0-3,8\",\"mems\":\"1\"}"),
		 "cpus=5 (config.json)\nmems=1\n"},
		{"bad cpus", RES("\"cpu\":{\"cpus\":\"0-\"}"), "cpus invalid=1\n"},
		{"unified wins",
		 UNIFIED("\"cpu.max\":\"20 10\",\"cpuset.cpus\":\"0-1\",\"memory.max\":\"9\","
			 "\"memory.high\":\"8\",\"memory.swap.max\":\"0\",\"cpuset.mems\":\"0\""),
		 "quota=20 (config.json unified cpu.max)\nperiod=10 (config.json unified cpu.max)\n"
		 "limit=9 (config.json unified memory.max)\nhigh=8 (config.json unified "
		 "memory.high)\ncpus=2 (config.json unified cpuset.cpus)\nmems=1\nswap=1\n"},
		{"unified max", UNIFIED("\"cpu.max\":\"max 100000\",\"memory.max\":\"max\""),
		 "unlimited=1\ncpus=1 (config.json)\n"},
		{"unified over unlimited",
		 RES("\"cpu\":{\"quota\":-1},\"unified\":{\"cpu.max\":\"5\"}"),
		 "quota=5 (config.json unified cpu.max)\nperiod=100000 (config.json unified "
		 "cpu.max)\n"},
		{"unified garbage", UNIFIED("\"cpu.max\":\"2x\",\"memory.max\":\"1G\""),
		 "cpus=1 (config.json)\n"},
		{"nofile",
		 PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":12,\"hard\":13}]"),
		 "nofile=12\n"},
		{"sysctl", LINUX("\"sysctl\":{\"a.b\":\"1\",\"c.d\":\"2\"}"),
		 "sysctl=a.b\nsysctl=c.d\n"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_buf out = {0};

		assert_int_equal(gt_read_bundle(rows[i].doc, strlen(rows[i].doc), &b, NULL), 0);
		gt_read_config_facts(&b, &facts);
		gt_buf_str(&out, "");
		dump_facts(&out);
		if (strcmp(out.p, rows[i].want) != 0)
			fail_msg("%s:\n%s", rows[i].name, out.p);
		gt_buf_done(&out);
	}
}

static void test_read_config_facts_many_sysctls(void **state)
{
	struct gt_buf doc = {0};

	(void)state;
	gt_buf_str(&doc, "{\"linux\":{\"sysctl\":{");
	for (unsigned i = 0; i < 3 * GT_SYSCTL_MAX; i++)
		gt_buf_fmt(&doc, "%s\"net.x%u\":\"1\"", i ? "," : "", i);
	gt_buf_str(&doc, "}}}");
	assert_int_equal(gt_read_bundle(doc.p, doc.len, &b, NULL), 0);
	gt_read_config_facts(&b, &facts);
	assert_int_equal(facts.n_sysctl, GT_SYSCTL_MAX);
	gt_buf_done(&doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_bundle_values),
		cmocka_unit_test(test_read_bundle_refuses),
		cmocka_unit_test(test_read_bundle_seccomp),
		cmocka_unit_test(test_read_bundle_large_values),
		cmocka_unit_test(test_read_config_facts),
		cmocka_unit_test(test_read_config_facts_many_sysctls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
