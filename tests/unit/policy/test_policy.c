/*
 * The policy: built-in defaults, files as layers, inheritance, and what a fault takes along.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/policy.h"

/* A machine of its own for each test: files are given by name and text. */
static char dir[] = "/tmp/gotune-policy-XXXXXX";
static int root = -1;

static void path_of(char *path, size_t cap, const char *name)
{
	assert_true(snprintf(path, cap, "%s/etc/gotune/%s", dir, name) < (int)cap);
}

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	path_of(path, sizeof(path), name);
	(void)unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0644), 0);
}

static int set_up(void **state)
{
	char path[256];

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	for (const char *const *p =
		     (const char *const[]){"etc", "etc/gotune", "etc/gotune/policy.d", NULL};
	     *p; p++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, *p);
		if (mkdir(path, 0755) < 0)
			return -1;
	}
	root = gt_root_open(dir, NULL);
	return root < 0 ? -1 : 0;
}

static void empty(const char *sub)
{
	char path[256], file[512];
	struct dirent *d;
	DIR *list;

	path_of(path, sizeof(path), sub);
	list = opendir(path);
	assert_non_null(list);
	while ((d = readdir(list))) {
		(void)snprintf(file, sizeof(file), "%s/%s", path, d->d_name);
		if (strcmp(d->d_name, "policy.d") != 0 && strcmp(d->d_name, ".") != 0 &&
		    strcmp(d->d_name, "..") != 0 && unlink(file) < 0)
			(void)rmdir(file);
	}
	(void)closedir(list);
}

static int tear_down(void **state)
{
	char path[256];

	(void)state;
	for (const char *const *p =
		     (const char *const[]){"/etc/gotune/policy.d", "/etc/gotune", "/etc", "", NULL};
	     *p; p++) {
		(void)snprintf(path, sizeof(path), "%s%s", dir, *p);
		if (rmdir(path) < 0)
			return -1;
	}
	return close(root);
}

static void no_files(void)
{
	empty("policy.d");
	empty("");
}

static void add_row(void *ctx, const char *key, const char *value, const char *source)
{
	gt_buf_fmt(ctx, "%s=%s <%s\n", key, value, source);
}

/* All rows of a policy; the caller frees. */
static void rows_of(const struct gt_policy *p, struct gt_buf *out)
{
	gt_buf_str(out, "\n");
	gt_policy_rows(p, add_row, out);
}

static void read_files(struct gt_policy *p)
{
	struct gt_err e = {0};

	*p = (struct gt_policy){0};
	assert_int_equal(gt_read_policy(root, NULL, p, &e), 0);
}

/* The print of the rule "x" of a policy with these profiles and this rule. */
static uint64_t print_of(const char *profile, const char *rule)
{
	struct gt_policy p;
	char text[1024];
	uint64_t ret;

	(void)snprintf(
		text, sizeof(text),
		"{\"version\":1,\"profiles\":{\"web\":{%s}},\"rules\":[{\"name\":\"x\",%s}]}",
		profile, rule);
	put("policy.json", text);
	read_files(&p);
	assert_true(p.n_rule == 1 && !p.broken && !p.rule[0].broken);
	ret = p.rule[0].print;
	gt_policy_done(&p);
	no_files();
	return ret;
}

/* Whatever a rule and its profile say is in its print, and nothing else. */
static void test_print_of_a_rule(void **state)
{
	static const char base[] = "\"inherits\":\"balanced\",\"gogc\":90";
	static const char usual[] =
		"\"match\":{\"image\":\"a\"},\"profile\":\"web\",\"rollout_percent\":10";
	static const struct {
		const char *name, *profile, *rule;
		bool same;
	} rows[] = {
		{"itself", base, usual, true},
		{"a description", "\"inherits\":\"balanced\",\"gogc\":90,\"description\":\"d\"",
		 usual, true},
		{"another GOGC", "\"inherits\":\"balanced\",\"gogc\":91", usual, false},
		{"a sysctl",
		 "\"inherits\":\"balanced\",\"gogc\":90,\"sysctl\":{\"net.core.somaxconn\":7}",
		 usual, false},
		{"GODEBUG", "\"inherits\":\"balanced\",\"gogc\":90,\"godebug\":[\"gctrace=1\"]",
		 usual, false},
		{"a text instead of null",
		 "\"inherits\":\"balanced\",\"gogc\":90,\"swappiness\":null", usual, false},
		{"another image", base,
		 "\"match\":{\"image\":\"b\"},\"profile\":\"web\",\"rollout_percent\":10", false},
		{"a command", base,
		 "\"match\":{\"command\":\"a\"},\"profile\":\"web\",\"rollout_percent\":10", false},
		{"an annotation", base,
		 "\"match\":{\"image\":\"a\",\"annotation\":{\"k\":\"v\"}},\"profile\":\"web\","
		 "\"rollout_percent\":10",
		 false},
		{"another percentage", base,
		 "\"match\":{\"image\":\"a\"},\"profile\":\"web\",\"rollout_percent\":11", false},
		{"a mode", base,
		 "\"match\":{\"image\":\"a\"},\"profile\":\"web\",\"rollout_percent\":10,"
		 "\"mode\":\"audit\"",
		 false},
		{"the default profile", base, "\"match\":{\"image\":\"a\"},\"rollout_percent\":10",
		 false},
	};
	uint64_t print = print_of(base, usual);

	(void)state;
	assert_true(print != 0 && print < UINT64_C(1) << 52);
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		if ((print_of(rows[i].profile, rows[i].rule) == print) != rows[i].same)
			fail_msg("%s", rows[i].name);
	}
}

static void test_builtin_defaults(void **state)
{
	struct gt_policy p;
	const struct gt_profile *b;

	(void)state;
	gt_read_policy_builtin(&p);
	assert_int_equal(p.n_layer, 1);
	if (p.layer[0].broken || p.broken)
		fail_msg("built-in: %s", p.layer[0].error);
	assert_int_equal(p.mode, GT_MODE_ENFORCE);
	assert_int_equal(p.select, GT_SELECT_GO);
	assert_int_equal(p.on_error, GT_ON_ERROR_CONTINUE);
	assert_string_equal(p.default_profile, "balanced");
	assert_int_equal(p.n_profile, 7);
	assert_int_equal(p.n_rule, 0);
	assert_int_equal(p.allow, (1u << GT_KEY_COUNT) - 1);
	assert_int_equal(p.nofile_max, 1048576);
	assert_true(strstr(p.godebug_allow, ",containermaxprocs,") != NULL);
	assert_int_equal(p.n_runtimes, 2);
	assert_int_equal(p.follow.seconds, 10);
	assert_int_equal(p.follow.processes, 64);
	assert_int_equal(p.follow.execs, 256);
	assert_int_equal(p.barrier_timeout_ms, 2000);
	assert_string_equal(p.daemon.listen, "");
	assert_false(p.daemon.resize || p.daemon.history || p.daemon.learn || p.daemon.guard ||
		     p.daemon.rollback);
	assert_int_equal(p.daemon.containers, 500);
	assert_int_equal(p.live, 0);
	b = gt_policy_profile(&p, "balanced");
	assert_non_null(b);
	assert_true(b->gomaxprocs && b->gomemlimit && !b->broken);
	assert_int_equal(b->round, GT_ROUND_CEIL);
	assert_int_equal(b->min, 2);
	assert_int_equal(b->max, 0);
	assert_int_equal(b->ratio_permille, 900);
	assert_int_equal(b->cgo_ratio_permille, 800);
	assert_int_equal(b->min_limit_bytes, 64u << 20);
	assert_int_equal(b->gogc, 0);
	assert_int_equal(b->nofile, 65536);
	assert_int_equal(b->swappiness, 1);
	assert_int_equal(b->n_sysctl, 1);
	assert_string_equal(b->sysctl[0].value, "65535");
	assert_int_equal(gt_policy_profile(&p, "memory")->gogc, 60);
	assert_int_equal(gt_policy_profile(&p, "memory")->nofile, 65536);
	assert_int_equal(gt_policy_profile(&p, "latency")->numa, GT_NUMA_CAP);
	assert_int_equal(gt_policy_profile(&p, "latency")->min, 1);
	assert_int_equal(gt_policy_profile(&p, "latency")->swappiness, 0);
	assert_int_equal(gt_policy_profile(&p, "throughput")->gogc, 200);
	assert_string_equal(gt_policy_profile(&p, "diagnose")->godebug, "gctrace=1");
	for (uint32_t i = 0; i < p.n_profile; i++)
		assert_true(gt_has_suffix(p.profile[i].description, "."));
	gt_policy_done(&p);
}

/* Rows without their sources. */
static void values_of(const struct gt_policy *p, struct gt_buf *out)
{
	struct gt_buf rows = {0};

	rows_of(p, &rows);
	for (char *s = rows.p; *s;) {
		size_t line = strcspn(s, "\n"), n = line;
		char *lt = memmem(s, line, " <", 2);

		if (lt)
			n = (size_t)(lt - s);
		gt_buf_add(out, s, n);
		gt_buf_str(out, "\n");
		s += line + (s[line] == '\n');
	}
	gt_buf_done(&rows);
}

static void test_installed_file_equals_builtin(void **state)
{
	struct gt_policy builtin, file;
	struct gt_buf a = {0}, b = {0};

	(void)state;
	gt_read_policy_builtin(&builtin);
	assert_int_equal(gt_read_policy(root, "config/policy.json", &file, NULL), 0);
	assert_int_equal(file.n_layer, 2);
	if (file.layer[1].broken)
		fail_msg("config/policy.json:%s", file.layer[1].error);
	values_of(&builtin, &a);
	values_of(&file, &b);
	assert_string_equal(a.p, b.p);
	/* ... and it really sets them: nothing but comments would be equal, too. */
	assert_int_equal(file.from.mode, 1);
	assert_int_equal(file.from.runtimes, 1);
	assert_int_equal(file.from.follow.seconds, 1);
	assert_int_equal(file.from.follow.processes, 1);
	assert_int_equal(file.from.follow.execs, 1);
	assert_int_equal(file.from.barrier_timeout_ms, 1);
	assert_int_equal(file.from.daemon.listen, 1);
	assert_int_equal(file.from.daemon.resize, 1);
	assert_int_equal(file.from.daemon.history, 1);
	assert_int_equal(file.from.daemon.containers, 1);
	assert_int_equal(file.from.live, 1);
	for (unsigned k = 0; k < GT_PK_COUNT; k++)
		assert_int_equal(gt_policy_profile(&file, "balanced")->layer[k], 1);
	gt_buf_done(&a);
	gt_buf_done(&b);
	gt_policy_done(&builtin);
	gt_policy_done(&file);
}

#define P(x) "{\"profiles\":{" x "}}"

/* One file: rows that must be there. */
static void test_one_file_values(void **state)
{
	static const struct {
		const char *name, *doc;
		const char *want[4];
	} rows[] = {
		{"comment only", "/* x */ {} // y", {"\nmode=enforce <built-in\n"}},
		{"mode", "{\"mode\":\"audit\"}", {"\nmode=audit </etc/gotune/policy.json\n"}},
		{"all scalars",
		 "{\"version\":1,\"select\":\"all\",\"on_error\":\"fail\",\"default_profile\":\"memory\","
		 "\"$schema\":\"x\"}",
		 {"\nselect=all </etc", "\non_error=fail </etc", "\ndefault_profile=memory </etc"}},
		{"lists take the place of lists",
		 "{\"annotations\":{\"allow\":[\"gogc\",\"enable\"],\"nofile_max\":5,\"sysctl\":[]},"
		 "\"godebug_allow\":[\"a\",\"b\"],\"runtimes\":[\"/x/y\"]}",
		 {"\nannotations.allow=enable, gogc </etc", "\nannotations.nofile_max=5 </etc",
		  "\ngodebug_allow=a, b </etc", "\nruntimes=/x/y </etc"}},
		{"the least of following",
		 "{\"follow\":{\"seconds\":0,\"processes\":1,\"execs\":1},\"barrier_timeout_ms\":10}",
		 {"\nfollow.seconds=0 </etc", "\nfollow.processes=1 </etc",
		  "\nfollow.execs=1 </etc", "\nbarrier_timeout_ms=10 </etc"}},
		{"the most of following",
		 "{\"follow\":{\"seconds\":3600,\"processes\":1024,\"execs\":4096},"
		 "\"barrier_timeout_ms\":60000}",
		 {"\nfollow.seconds=3600 </etc", "\nfollow.processes=1024 </etc",
		  "\nfollow.execs=4096 </etc", "\nbarrier_timeout_ms=60000 </etc"}},
		{"the daemon",
		 "{\"daemon\":{\"listen\":\"127.0.0.1:9469\",\"resize\":true,"
		 "\"history\":true,\"containers\":4096},"
		 "\"live\":[\"gogc\",\"gomemlimit\"]}",
		 {"\ndaemon.resize=true </etc", "\ndaemon.history=true </etc",
		  "\ndaemon.containers=4096 </etc", "\nlive=gomemlimit, gogc </etc"}},
		{"what gotuned learns",
		 "{\"daemon\":{\"learn\":true,\"guard\":true,\"rollback\":true},"
		 "\"profiles\":{\"balanced\":{\"gomemlimit\":{\"min_ratio\":600}}}}",
		 {"\ndaemon.learn=true </etc", "\ndaemon.guard=true </etc",
		  "\ndaemon.rollback=true </etc",
		  "\nprofiles.balanced.gomemlimit.min_ratio=600 </etc"}},
		{"a daemon that is silenced",
		 "{\"daemon\":{\"listen\":null},\"live\":[]}",
		 {"\ndaemon.listen= </etc", "\ndaemon.history=false <built-in", "\nlive= </etc"}},
		{"one bound of following leaves the others",
		 "{\"follow\":{\"processes\":7}}",
		 {"\nfollow.seconds=10 <built-in", "\nfollow.processes=7 </etc",
		  "\nfollow.execs=256 <built-in", "\nbarrier_timeout_ms=2000 <built-in"}},
		{"a profile's key",
		 P("\"balanced\":{\"gomaxprocs\":{\"min\":3}}"),
		 {"\nprofiles.balanced.gomaxprocs.min=3 </etc/gotune/policy.json\n",
		  "\nprofiles.balanced.gomaxprocs.round=ceil <built-in\n",
		  /* the other built-ins inherit from it */
		  "\nprofiles.memory.gomaxprocs.min=3 </etc/gotune/policy.json\n"}},
		{"null leaves alone",
		 P("\"balanced\":{\"gomaxprocs\":null,\"gomemlimit\":null,\"nofile\":null,"
		   "\"swappiness\":null,\"sysctl\":null,\"gogc\":null,\"godebug\":null}"),
		 {"\nprofiles.balanced.gomaxprocs=null </etc",
		  "\nprofiles.balanced.gomemlimit=null </etc",
		  "\nprofiles.balanced.nofile=null </etc",
		  "\nprofiles.balanced.swappiness=null </etc"}},
		{"a new profile starts from balanced",
		 P("\"mine\":{\"gogc\":75}"),
		 {"\nprofiles.mine.gogc=75 </etc", "\nprofiles.mine.nofile=65536 <built-in"}},
		{"inherits",
		 P("\"mine\":{\"inherits\":\"memory\"},\"other\":{\"inherits\":\"mine\","
		   "\"swappiness\":7}"),
		 {"\nprofiles.other.gogc=60 <built-in", "\nprofiles.other.swappiness=7 </etc"}},
		{"a built-in that inherits something else",
		 P("\"memory\":{\"inherits\":\"throughput\"}"),
		 {"\nprofiles.memory.gogc=200 <built-in"}},
		{"sysctls are merged by name",
		 P("\"balanced\":{\"sysctl\":{\"net.ipv4.tcp_fastopen\":3}}"),
		 {"\nprofiles.balanced.sysctl.net.core.somaxconn=65535 <built-in",
		  "\nprofiles.memory.sysctl.net.ipv4.tcp_fastopen=3 </etc"}},
		{"bytes",
		 P("\"balanced\":{\"gomemlimit\":{\"min_limit\":\"1GiB\"}}"),
		 {"min_limit=1073741824 </etc"}},
		{"bytes as a number",
		 P("\"balanced\":{\"gomemlimit\":{\"min_limit\":5}}"),
		 {"min_limit=5 </etc"}},
		{"each library has a word of its own",
		 P("\"balanced\":{\"gomemlimit\":{\"override_self_managed\":true}}"),
		 {"\nprofiles.balanced.gomemlimit.override_self_managed=true </etc",
		  "\nprofiles.balanced.gomaxprocs.override_self_managed=false <built-in",
		  "\nprofiles.memory.gomemlimit.override_self_managed=true </etc"}},
		{"shares null",
		 P("\"balanced\":{\"gomaxprocs\":{\"shares\":null}}"),
		 {"shares.enable=false </etc"}},
		{"godebug",
		 P("\"balanced\":{\"godebug\":[\"gctrace=1\",\"netdns=go\"]}"),
		 {"\nprofiles.balanced.godebug=gctrace=1,netdns=go </etc"}},
		{"rule",
		 "{\"rules\":[{\"name\":\"c\",\"match\":{\"image\":\"a*\",\"annotation\":{\"t\":\"p*\"},"
		 "\"engine\":\"cri-o\"},\"profile\":\"latency\",\"mode\":\"audit\","
		 "\"rollout_percent\":5}]}",
		 {"\nrules.c.match.image=a* </etc", "\nrules.c.match.annotation.t=p* </etc",
		  "\nrules.c.mode=audit </etc", "\nrules.c.rollout_percent=5 </etc"}},
		{"rule with nothing",
		 "{\"rules\":[{\"name\":\"all\",\"match\":null}]}",
		 {"\nrules.all.rollout_percent=100 </etc"}},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_buf out = {0};
		struct gt_policy p;

		no_files();
		put("policy.json", rows[i].doc);
		read_files(&p);
		rows_of(&p, &out);
		if (p.n_layer != 2 || p.layer[1].broken || p.broken)
			fail_msg("%s: %s", rows[i].name, p.layer[p.n_layer - 1].error);
		for (unsigned j = 0; j < 4 && rows[i].want[j]; j++) {
			if (!strstr(out.p, rows[i].want[j]))
				fail_msg("%s: no %s in %s", rows[i].name, rows[i].want[j], out.p);
		}
		if (strstr(out.p, "broken"))
			fail_msg("%s: broken: %s", rows[i].name, out.p);
		gt_buf_done(&out);
		gt_policy_done(&p);
	}
}

static void test_sysctl_taken_away(void **state)
{
	struct gt_policy p;

	(void)state;
	no_files();
	put("policy.json",
	    P("\"a\":{\"sysctl\":{\"net.core.somaxconn\":null,\"kernel.sem\":\"1 2\"}},"
	      "\"b\":{\"sysctl\":null}"));
	read_files(&p);
	assert_int_equal(gt_policy_profile(&p, "a")->n_sysctl, 1);
	assert_string_equal(gt_policy_profile(&p, "a")->sysctl[0].name, "kernel.sem");
	assert_int_equal(gt_policy_profile(&p, "b")->n_sysctl, 0);
	assert_int_equal(gt_policy_profile(&p, "balanced")->n_sysctl, 1);
	gt_policy_done(&p);
}

/*
 * One unsound file: its message; does it govern everything; which profile is broken, and which is
 * not; is the first rule broken, and what does it match.
 */
static void test_one_file_faults(void **state)
{
	static const struct {
		const char *name, *doc, *says;
		bool all;
		const char *broken, *sound;
		const char *rule_image; /* NULL: there is no rule */
	} rows[] = {
		{"empty", "", "1:1: ", true, NULL, "balanced", NULL},
		{"syntax", "{\n \"mode\": \"audit\",\n}", "3:1: ", true, NULL, NULL, NULL},
		{"half", "{\"mode\":", "1:9: ", true, NULL, NULL, NULL},
		{"two documents", "{}{}", "1:3: ", true, NULL, NULL, NULL},
		{"bad UTF-8", "{\"mode\":\"\xff\"}", "UTF-8", true, NULL, NULL, NULL},
		{"array", "[]", "not an object", true, NULL, NULL, NULL},
		{"unknown key", "{\"modes\":1}", "1:10: modes: no policy has this key", true, NULL,
		 NULL, NULL},
		{"version", "{\"version\":2}", "version: must be 1", true, NULL, NULL, NULL},
		{"mode", "{\"mode\":\"on\"}", "1:9: mode: \"on\" is not one of off, audit, enforce",
		 true, NULL, NULL, NULL},
		{"mode null", "{\"mode\":null}", "must be one of off", true, NULL, NULL, NULL},
		{"mode twice", "{\"mode\":\"off\",\"mode\":\"off\"}", "duplicate key", true, NULL,
		 NULL, NULL},
		{"allow", "{\"annotations\":{\"allow\":[\"x\"]}}", "annotations.allow[0]: \"x\"",
		 true, NULL, NULL, NULL},
		{"no such default", "{\"default_profile\":\"x\"}", "1:20: default_profile: x is no",
		 true, NULL, "balanced", NULL},
		{"too long", "{\"follow\":{\"seconds\":3601}}",
		 "follow.seconds: must be a whole number from 0 to 3600", true, NULL, NULL, NULL},
		{"too many processes", "{\"follow\":{\"processes\":1025}}",
		 "follow.processes: must be a whole number from 1 to 1024", true, NULL, NULL, NULL},
		{"no process", "{\"follow\":{\"processes\":0}}", "from 1 to 1024", true, NULL, NULL,
		 NULL},
		{"too many execs", "{\"follow\":{\"execs\":4097}}",
		 "follow.execs: must be a whole number from 1 to 4096", true, NULL, NULL, NULL},
		{"no exec", "{\"follow\":{\"execs\":0}}", "from 1 to 4096", true, NULL, NULL, NULL},
		{"follow is a number", "{\"follow\":10}", "follow: not an object", true, NULL, NULL,
		 NULL},
		{"unknown key of follow", "{\"follow\":{\"second\":1}}",
		 "follow.second: no policy has this key", true, NULL, NULL, NULL},
		{"a barrier too short", "{\"barrier_timeout_ms\":9}",
		 "barrier_timeout_ms: must be a whole number from 10 to 60000", true, NULL, NULL,
		 NULL},
		{"a barrier too long", "{\"barrier_timeout_ms\":60001}", "from 10 to 60000", true,
		 NULL, NULL, NULL},
		{"a fault in a profile of a file that changes how far we follow",
		 "{\"follow\":{\"execs\":1},\"profiles\":{\"memory\":{\"gogc\":0}}}", "memory.gogc",
		 true, "memory", NULL, NULL},
		{"a fault in a profile of a file that repeats how far we follow",
		 "{\"follow\":{\"execs\":256},\"barrier_timeout_ms\":2000,"
		 "\"profiles\":{\"memory\":{\"gogc\":0}}}",
		 "memory.gogc", false, "memory", "latency", NULL},
		{"a fault in a profile of a file that changes how long an exec waits",
		 "{\"barrier_timeout_ms\":20,\"profiles\":{\"memory\":{\"gogc\":0}}}",
		 "memory.gogc", true, "memory", NULL, NULL},
		{"no container", "{\"daemon\":{\"containers\":0}}", "from 1 to 4096", true, NULL,
		 NULL, NULL},
		{"resize as a word", "{\"daemon\":{\"resize\":\"yes\"}}",
		 "daemon.resize: not true or false", true, NULL, NULL, NULL},
		{"listen as a number", "{\"daemon\":{\"listen\":9469}}", "not a string", true, NULL,
		 NULL, NULL},
		{"unknown key of daemon", "{\"daemon\":{\"port\":1}}",
		 "daemon.port: no policy has this key", true, NULL, NULL, NULL},
		{"unknown live", "{\"live\":[\"gomaxprocs\"]}",
		 "\"gomaxprocs\" is not one of gomemlimit, pressure, gogc", true, NULL, NULL, NULL},
		{"a fault in a profile of a file that lets the daemon write",
		 "{\"live\":[\"gomemlimit\"],\"profiles\":{\"memory\":{\"gogc\":0}}}",
		 "memory.gogc", true, "memory", NULL, NULL},
		{"profiles is a list", "{\"profiles\":[{}]}", "profiles: not an object", true, NULL,
		 NULL, NULL},
		{"profile name", P("\"\":{}"), "profile's name", true, NULL, NULL, NULL},
		{"gogc", P("\"memory\":{\"gogc\":0}"),
		 "1:31: profiles.memory.gogc: must be a whole number from 1 to 1000", false,
		 "memory", "balanced", NULL},
		{"gogc beyond 64 bits", P("\"memory\":{\"gogc\":99999999999999999999}"),
		 "from 1 to 1000", false, "memory", "balanced", NULL},
		{"gogc as text", P("\"memory\":{\"gogc\":\"60\"}"), "not a whole number", false,
		 "memory", "balanced", NULL},
		{"gogc off", P("\"memory\":{\"gogc\":\"off\"}"), "not a whole", false, "memory",
		 "latency", NULL},
		{"a fraction", P("\"memory\":{\"gogc\":1.5}"), "from 1 to 1000", false, "memory",
		 "latency", NULL},
		{"unknown key of a profile", P("\"memory\":{\"gomaxproc\":{\"min\":1}}"),
		 "profiles.memory.gomaxproc: no profile", false, "memory", "balanced", NULL},
		{"unknown inner key", P("\"memory\":{\"gomaxprocs\":{\"mim\":1}}"),
		 "profiles.memory.gomaxprocs.mim: no profile", false, "memory", "balanced", NULL},
		{"round null", P("\"memory\":{\"gomaxprocs\":{\"round\":null}}"), "may not be null",
		 false, "memory", "balanced", NULL},
		{"what inherits is broken too", P("\"balanced\":{\"nofile\":1}"), "from 64", false,
		 "memory", NULL, NULL},
		{"bytes", P("\"memory\":{\"gomemlimit\":{\"min_limit\":\"64M\"}}"), "64MiB", false,
		 "memory", "balanced", NULL},
		{"godebug", P("\"memory\":{\"godebug\":[\"a=1,b=2\"]}"), "key=value", false,
		 "memory", "balanced", NULL},
		{"godebug is text", P("\"memory\":{\"godebug\":\"a=1\"}"), "not an array", false,
		 "memory", "balanced", NULL},
		{"sysctl is a list", P("\"memory\":{\"sysctl\":[\"a\"]}"), "not an object", false,
		 "memory", "balanced", NULL},
		{"sysctl value", P("\"memory\":{\"sysctl\":{\"a\":true}}"), "a string, a whole",
		 false, "memory", "balanced", NULL},
		{"sysctl empty", P("\"memory\":{\"sysctl\":{\"a\":\"\"}}"), "a string, a whole",
		 false, "memory", "balanced", NULL},
		{"profile is a number", P("\"memory\":5"), "not an object", false, "memory",
		 "balanced", NULL},
		{"inherits itself", P("\"a\":{\"inherits\":\"a\"}"), "1:30: inherits: a leads",
		 false, "a", "balanced", NULL},
		{"a circle", P("\"a\":{\"inherits\":\"b\"},\"b\":{\"inherits\":\"a\"}"),
		 "leads back", false, "b", "balanced", NULL},
		{"inherits nobody", P("\"a\":{\"inherits\":\"x\"}"), "inherits: x is no profile",
		 false, "a", "balanced", NULL},
		{"a fault takes the file's other changes along",
		 P("\"latency\":{\"gogc\":50},\"memory\":{\"gogc\":0}"), "memory.gogc", false,
		 "latency", "balanced", NULL},
		{"but not what it leaves as it is",
		 P("\"latency\":{\"swappiness\":0},\"memory\":{\"gogc\":0}"), "memory.gogc", false,
		 "memory", "latency", NULL},
		{"a fault in a profile of a file that changes the mode",
		 "{\"mode\":\"off\",\"profiles\":{\"memory\":{\"gogc\":0}}}", "memory.gogc", true,
		 "memory", NULL, NULL},
		{"rules is an object", "{\"rules\":{\"a\":{}}}", "rules: not an array", true, NULL,
		 NULL, ""},
		{"rule is a number", "{\"rules\":[5]}", "rules[0]: not an object", true, NULL, NULL,
		 NULL},
		{"rule without a name", "{\"rules\":[{\"match\":{\"image\":\"a\"}}]}", "no name",
		 false, NULL, "balanced", "a"},
		{"rule's mode",
		 "{\"rules\":[{\"name\":\"r\",\"match\":{\"image\":\"a\"},\"mode\":1}]}",
		 "rules[0].mode: must be", false, NULL, "balanced", "a"},
		{"rule's rollout",
		 "{\"rules\":[{\"name\":\"r\",\"match\":{\"image\":\"a\"},\"rollout_percent\":101}]}",
		 "from 0 to 100", false, NULL, "balanced", "a"},
		{"rule's match may be for anybody",
		 "{\"rules\":[{\"name\":\"r\",\"match\":{\"image\":\"a\",\"command\":5}}]}",
		 "match.command: not a string", false, NULL, "balanced", ""},
		{"rule's unknown key may have been a match",
		 "{\"rules\":[{\"name\":\"r\",\"match\":{\"image\":\"a\"},\"images\":\"b\"}]}",
		 "no rule has this key", false, NULL, "balanced", ""},
		{"rule's annotation is a list",
		 "{\"rules\":[{\"name\":\"r\",\"match\":{\"annotation\":[\"x\"]}}]}",
		 "not an object", false, NULL, "balanced", ""},
		{"a place after another one",
		 "{\"default_profile\":\"memory\",\n\"rules\":[{\"name\":\"r\",\"match\":{\"image\":\"a\"},\"profile\":\"x\"}]}",
		 "2:54: profile: x is no profile", false, NULL, "balanced", "a"},
		{"rule's profile is nobody",
		 "{\"rules\":[{\"name\":\"r\",\"match\":{\"image\":\"a\"},\"profile\":\"x\"}]}",
		 "profile: x is no profile", false, NULL, "balanced", "a"},
		{"rule twice", "{\"rules\":[{\"name\":\"r\"},{\"name\":\"r\"}]}", "second rule",
		 false, NULL, "balanced", ""},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		const char *name = rows[i].name;
		struct gt_policy p;

		no_files();
		put("policy.json", rows[i].doc);
		read_files(&p);
		if (p.n_layer != 2 || !p.layer[1].broken || !strstr(p.layer[1].error, rows[i].says))
			fail_msg("%s: %s", name, p.layer[1].error);
		if (p.broken != rows[i].all)
			fail_msg("%s: broken is %d", name, p.broken);
		if (p.mode != GT_MODE_ENFORCE && rows[i].all)
			fail_msg("%s: an unsound file changed the mode", name);
		if (rows[i].broken && !gt_policy_profile(&p, rows[i].broken)->broken)
			fail_msg("%s: %s is not broken", name, rows[i].broken);
		if (rows[i].sound && gt_policy_profile(&p, rows[i].sound)->broken)
			fail_msg("%s: %s is broken", name, rows[i].sound);
		if ((p.n_rule > 0) != (rows[i].rule_image != NULL))
			fail_msg("%s: %u rules", name, p.n_rule);
		if (p.n_rule > 0 && (!p.rule[0].broken || strcmp(gt_rule_text(&p, p.rule[0].image),
								 rows[i].rule_image) != 0))
			fail_msg("%s: rule broken %d, image %s", name, p.rule[0].broken,
				 gt_rule_text(&p, p.rule[0].image));
		gt_policy_done(&p);
	}
}

static void test_drop_ins_in_order(void **state)
{
	struct gt_policy p;

	(void)state;
	no_files();
	put("policy.json", "{\"mode\":\"off\",\"rules\":[{\"name\":\"a\",\"profile\":\"site\"},"
			   "{\"name\":\"b\"}]}");
	put("policy.d/10.json", "{\"mode\":\"audit\"}");
	put("policy.d/9.json", P("\"site\":{\"gogc\":9}"));
	put("policy.d/A.json", "{\"rules\":[{\"name\":\"c\"},{\"name\":\"b\",\"mode\":\"off\"}]}");
	put("policy.d/.hidden.json", "{\"mode\":\"enforce\"}");
	put("policy.d/z.json~", "{\"mode\":\"enforce\"}");
	put("policy.d/z.txt", "not JSON");
	read_files(&p);
	assert_false(p.broken);
	assert_int_equal(p.n_layer, 5);
	assert_string_equal(p.layer[1].path, "/etc/gotune/policy.json");
	assert_string_equal(p.layer[2].path, "/etc/gotune/policy.d/10.json");
	assert_string_equal(p.layer[3].path, "/etc/gotune/policy.d/9.json");
	assert_string_equal(p.layer[4].path, "/etc/gotune/policy.d/A.json");
	assert_int_equal(p.mode, GT_MODE_AUDIT);
	assert_int_equal(p.from.mode, 2);
	/* a rule of the same name takes its place, others come after; profiles may come later */
	assert_int_equal(p.n_rule, 3);
	assert_string_equal(gt_rule_text(&p, p.rule[0].name), "a");
	assert_false(p.rule[0].broken);
	assert_string_equal(gt_rule_text(&p, p.rule[1].name), "b");
	assert_true(p.rule[1].has_mode);
	assert_int_equal(p.rule[1].layer, 4);
	assert_string_equal(gt_rule_text(&p, p.rule[2].name), "c");
	gt_policy_done(&p);
}

static void test_broken_drop_in_keeps_the_rest(void **state)
{
	struct gt_policy p;

	(void)state;
	no_files();
	put("policy.json", "{\"mode\":\"audit\"}");
	put("policy.d/1.json", P("\"memory\":{\"gogc\":0}"));
	put("policy.d/2.json", P("\"latency\":{\"gogc\":70}"));
	read_files(&p);
	assert_false(p.broken);
	assert_false(p.layer[1].broken);
	assert_true(p.layer[2].broken);
	assert_false(p.layer[3].broken);
	assert_int_equal(p.mode, GT_MODE_AUDIT);
	assert_true(gt_policy_profile(&p, "memory")->broken);
	assert_int_equal(gt_policy_profile(&p, "latency")->gogc, 70);
	assert_false(gt_policy_profile(&p, "latency")->broken);
	gt_policy_done(&p);
}

static void test_unreadable_files(void **state)
{
	char path[256];
	struct gt_policy p;
	int fd;

	(void)state;
	no_files();
	path_of(path, sizeof(path), "policy.json");
	assert_int_equal(mkdir(path, 0755), 0);
	read_files(&p);
	assert_true(p.broken);
	assert_true(strstr(p.layer[1].error, "directory") != NULL);
	gt_policy_done(&p);

	no_files();
	assert_int_equal(mkfifo(path, 0644), 0);
	read_files(&p);
	assert_true(p.broken);
	assert_true(strstr(p.layer[1].error, "regular") != NULL);
	gt_policy_done(&p);

	no_files();
	assert_int_equal(symlink("policy.json", path), 0);
	read_files(&p);
	assert_true(p.broken);
	gt_policy_done(&p);

	no_files();
	put("policy.json", "{}");
	assert_int_equal(chmod(path, 0664), 0);
	read_files(&p);
	assert_true(p.broken);
	assert_true(strstr(p.layer[1].error, "chmod go-w") != NULL);
	gt_policy_done(&p);

	no_files();
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, GT_POLICY_MAX + 1), 0);
	assert_int_equal(close(fd), 0);
	read_files(&p);
	assert_true(p.broken);
	assert_true(strstr(p.layer[1].error, "larger") != NULL);
	gt_policy_done(&p);

	assert_int_equal(gt_read_policy(root, "/nowhere/policy.json", &p, NULL), 0);
	assert_true(p.broken);
	assert_true(strstr(p.layer[1].error, "No such file") != NULL);
	gt_policy_done(&p);
	no_files();
}

static void test_no_files(void **state)
{
	struct gt_policy p;

	(void)state;
	no_files();
	read_files(&p);
	assert_int_equal(p.n_layer, 1);
	assert_false(p.broken);
	gt_policy_done(&p);
}

static int no_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	(void)ctx;
	(void)ev;
	(void)e;
	return 0;
}

/* What `policy show --format json` prints is JSON, and its "policy" reads back to the same. */
static void test_written_json_reads_back(void **state)
{
	struct gt_policy p, again;
	struct gt_buf out = {0}, a = {0}, b = {0};
	struct gt_jw w;
	const char *end;

	(void)state;
	no_files();
	put("policy.json",
	    "{\"mode\":\"audit\",\"follow\":{\"seconds\":0,\"processes\":3,\"execs\":4},"
	    "\"barrier_timeout_ms\":50,\"profiles\":{\"x\":{\"gomaxprocs\":null,\"swappiness\":null,"
	    "\"sysctl\":{\"kernel.sem\":\"1\"}}},\"rules\":[{\"name\":\"r\",\"match\":{\"image\":\"i\"},"
	    "\"profile\":\"x\"}]}");
	read_files(&p);
	gt_jw_init(&w, &out, true);
	gt_policy_write_json(&p, &w);
	assert_int_equal(gt_json_walk(out.p, out.len, GT_JSON_KEYS, no_event, NULL, NULL, NULL), 0);
	end = strstr(out.p, "\n  \"sources\"");
	assert_non_null(end);
	out.p[end - out.p - 1] = '\0'; /* instead of the comma */
	put("policy.json", out.p + strlen("{\n  \"policy\": "));
	read_files(&again);
	if (again.layer[1].broken)
		fail_msg("%s", again.layer[1].error);
	values_of(&p, &a);
	values_of(&again, &b);
	assert_string_equal(a.p, b.p);
	gt_buf_done(&a);
	gt_buf_done(&b);
	gt_buf_done(&out);
	gt_policy_done(&p);
	gt_policy_done(&again);
	no_files();
}

/* Every prefix of the built-in policy, and every prefix with a byte changed: marked, never a crash.
 */
static void test_cut_or_changed_anywhere(void **state)
{
	struct gt_policy p;
	_cleanup_free_ char *doc = NULL;
	size_t len = 0;
	int fd = open("config/policy.json", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(gt_read_all(fd, GT_POLICY_MAX, 0, &doc, &len), 0);
	assert_int_equal(close(fd), 0);
	no_files();
	for (size_t i = 0; i < len; i += 7) {
		char saved = doc[i];

		doc[i] = '\0';
		put("policy.json", doc);
		read_files(&p);
		assert_int_equal(p.n_layer, 2);
		if (i + 4 < len && !p.broken)
			fail_msg("cut at %zu: not broken", i);
		gt_policy_done(&p);
		doc[i] = saved == '{' ? '[' : '{';
		put("policy.json", doc);
		read_files(&p);
		gt_policy_done(&p);
		doc[i] = saved;
	}
	no_files();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builtin_defaults),
		cmocka_unit_test(test_print_of_a_rule),
		cmocka_unit_test(test_installed_file_equals_builtin),
		cmocka_unit_test(test_one_file_values),
		cmocka_unit_test(test_sysctl_taken_away),
		cmocka_unit_test(test_one_file_faults),
		cmocka_unit_test(test_drop_ins_in_order),
		cmocka_unit_test(test_broken_drop_in_keeps_the_rest),
		cmocka_unit_test(test_unreadable_files),
		cmocka_unit_test(test_no_files),
		cmocka_unit_test(test_written_json_reads_back),
		cmocka_unit_test(test_cut_or_changed_anywhere),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
