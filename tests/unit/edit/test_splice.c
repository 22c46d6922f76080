/*
 * config.json with a plan spliced in: exact output, row by row; then what must hold for all rows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/edit.h"
#include "gotune/model.h"
#include "gotune/read.h"

static struct gt_plan plan;
static struct gt_bundle bundle;
static const struct gt_edit_hook our_hook = {
	.path = "/usr/libexec/oci-gotune-hook",
	.args = {"oci-gotune-hook", "--profile", "a\"b"},
	.timeout_s = 10,
};

static struct gt_setting *add(enum gt_setting_id id, const char *name, const char *value)
{
	struct gt_setting *s = &plan.setting[plan.n_setting++];

	*s = (struct gt_setting){.id = id, .verdict = GT_VERDICT_SET, .reason = GT_R_PROFILE};
	(void)gt_copy_str(s->name, sizeof(s->name), name);
	(void)gt_copy_str(s->value, sizeof(s->value), value);
	return s;
}

/* What a row asks for, one letter a setting. */
static void make_plan(const char *letters)
{
	struct gt_setting *s;

	plan = (struct gt_plan){.mode = GT_MODE_ENFORCE, .selected = true};
	for (; *letters; letters++) {
		switch (*letters) {
		case 'P':
			add(GT_SET_GOMAXPROCS, "GOMAXPROCS", "2");
			break;
		case 'M':
			add(GT_SET_GOMEMLIMIT, "GOMEMLIMIT", "460MiB");
			break;
		case 'D':
			add(GT_SET_GODEBUG, "GODEBUG", "a=1,b=\"2\"");
			break;
		case 'N':
			s = add(GT_SET_NOFILE, "RLIMIT_NOFILE", "65536");
			s->soft = s->hard = 65536;
			break;
		case 'n': /* the same; config.json has one */
			s = add(GT_SET_NOFILE, "RLIMIT_NOFILE", "65536");
			s->soft = s->hard = 65536;
			s->in_config = true;
			break;
		case 'S':
			add(GT_SET_SYSCTL, "net.core.somaxconn", "65535");
			break;
		case 'T':
			add(GT_SET_SYSCTL, "kernel.sem", "1 2 3 4");
			break;
		case 'W':
			add(GT_SET_SWAPPINESS, "memory.swappiness", "1");
			break;
		case 'Z':
			add(GT_SET_SWAPPINESS, "memory.swap.max", "0")->reason = GT_R_NO_SWAP;
			break;
		case 'C':
			add(GT_SET_CPUSET_CPUS, "cpuset.cpus", "0-3");
			break;
		case 'E':
			add(GT_SET_CPUSET_MEMS, "cpuset.mems", "0");
			break;
		case '0': /* what was there of the setting before: "", or this digit */
		case '3':
		case '9':
			s = &plan.setting[plan.n_setting - 1];
			s->has_before = true;
			s->before[0] = *letters == '0' ? '\0' : *letters;
			break;
		case 'H': /* what is decided at the exec: our hook is added */
			s = add(GT_SET_GOGC, "GOGC", "");
			s->verdict = GT_VERDICT_SKIP;
			s->reason = GT_R_AT_EXEC;
			break;
		case 'k': /* rows that change nothing */
			add(GT_SET_GOGC, "GOGC", "50")->verdict = GT_VERDICT_KEEP;
			add(GT_SET_GOGC, "GOGC", "50")->verdict = GT_VERDICT_SKIP;
			break;
		default:
			fail_msg("letter %c", *letters);
		}
	}
}

#define PR(x)  "{\"process\":{" x "}}"
#define ENV(x) PR("\"env\":[" x "]")
#define RL(x)  PR("\"rlimits\":[" x "]")
#define LX(x)  "{\"linux\":{" x "}}"
#define HK(x)  "{\"hooks\":{" x "}}"
#define CR(x)  HK("\"createRuntime\":[" x "]")
#define OTHER  "{ \"path\" : \"/bin/x\", \"args\":[\"x\"], \"env\":[] }"
#define OURS                                                                                      \
	"{\"path\":\"/usr/libexec/oci-gotune-hook\",\"args\":[\"oci-gotune-hook\",\"--profile\"," \
	"\"a\\\"b\"],\"timeout\":10}"
#define NOFILE(hard, soft) "{\"type\":\"RLIMIT_NOFILE\",\"hard\":" #hard ",\"soft\":" #soft "}"

static const struct row {
	const char *name, *plan, *doc, *want;
} rows[] = {
	/* environment */
	{"nothing to do", "", "{ \"process\" : {} }\n", "{ \"process\" : {} }\n"},
	{"keep and skip", "k", ENV("\"A=1\""), ENV("\"A=1\"")},
	{"append", "P", ENV("\"A=1\""), ENV("\"A=1\",\"GOMAXPROCS=2\"")},
	{"append two", "PM", ENV("\"A=1\""), ENV("\"A=1\",\"GOMAXPROCS=2\",\"GOMEMLIMIT=460MiB\"")},
	{"empty array", "P", ENV(""), ENV("\"GOMAXPROCS=2\"")},
	{"empty array with blanks", "PM", ENV(" \n "),
	 ENV("\"GOMAXPROCS=2\",\"GOMEMLIMIT=460MiB\" \n ")},
	{"null array", "P", PR("\"env\":null"), ENV("\"GOMAXPROCS=2\"")},
	{"no array", "P", PR("\"cwd\":\"/\""), PR("\"cwd\":\"/\",\"env\":[\"GOMAXPROCS=2\"]")},
	{"empty process", "P", PR(" "), PR("\"env\":[\"GOMAXPROCS=2\"] ")},
	{"replace in place", "P9", ENV("\"A=1\",\"GOMAXPROCS=9\",\"B=2\""),
	 ENV("\"A=1\",\"GOMAXPROCS=2\",\"B=2\"")},
	{"replace every one", "P0", ENV("\"GOMAXPROCS=9\",\"A=1\",\"GOMAXPROCS=\""),
	 ENV("\"GOMAXPROCS=2\",\"A=1\",\"GOMAXPROCS=2\"")},
	{"the same value in other words stays", "P", ENV("\"GOM\\u0041XPROCS=2\""),
	 ENV("\"GOM\\u0041XPROCS=2\"")},
	{"an escaped name is replaced", "P3", ENV("\"GOM\\u0041XPROCS=3\""),
	 ENV("\"GOMAXPROCS=2\"")},
	{"a longer name is another", "P", ENV("\"GOMAXPROCSX=3\",\"XGOMAXPROCS=3\""),
	 ENV("\"GOMAXPROCSX=3\",\"XGOMAXPROCS=3\",\"GOMAXPROCS=2\"")},
	{"a name without = is another", "P", ENV("\"GOMAXPROCS\""),
	 ENV("\"GOMAXPROCS\",\"GOMAXPROCS=2\"")},
	{"lower case is another", "P", ENV("\"gomaxprocs=3\""),
	 ENV("\"gomaxprocs=3\",\"GOMAXPROCS=2\"")},
	{"quotes are escaped", "D", ENV(""), ENV("\"GODEBUG=a=1,b=\\\"2\\\"\"")},
	{"no process, so none is made", "P", "{\"linux\":{}}", "{\"linux\":{}}"},
	{"null process", "PN", "{\"process\":null}", "{\"process\":null}"},
	{"entries that are no strings", "P", ENV("null,5,{\"GOMAXPROCS=1\":1}"),
	 ENV("null,5,{\"GOMAXPROCS=1\":1},\"GOMAXPROCS=2\"")},
	{"env of another object is not ours", "P",
	 "{\"hooks\":{\"env\":[\"GOMAXPROCS=1\"]},\"process\":{\"env\":[]},\"env\":[]}",
	 "{\"hooks\":{\"env\":[\"GOMAXPROCS=1\"]},\"process\":{\"env\":[\"GOMAXPROCS=2\"]},\"env\":[]}"},
	{"blanks stay", "P",
	 "{\n\t\"process\" : {\n\t\t\"env\" : [\n\t\t\t\"A=1\"\n\t\t]\n\t}\n}\n",
	 "{\n\t\"process\" : {\n\t\t\"env\" : [\n\t\t\t\"A=1\",\"GOMAXPROCS=2\"\n\t\t]\n\t}\n}\n"},
	{"strange bytes stay", "P",
	 "{\"x\":\"\\ud800\\/\\u003c\xc3\xa9\",\"y\":123456789012345678901234567890,\"z\":1.0e+5,"
	 "\"process\":{\"env\":[\"B=\\u003c\\/\"],\"w\":-0}}",
	 "{\"x\":\"\\ud800\\/\\u003c\xc3\xa9\",\"y\":123456789012345678901234567890,\"z\":1.0e+5,"
	 "\"process\":{\"env\":[\"B=\\u003c\\/\",\"GOMAXPROCS=2\"],\"w\":-0}}"},

	/* rlimits */
	{"no rlimits", "N", PR("\"a\":1"), PR("\"a\":1,\"rlimits\":[" NOFILE(65536, 65536) "]")},
	{"null rlimits", "N", PR("\"rlimits\":null"), RL(NOFILE(65536, 65536))},
	{"empty rlimits", "N", RL(""), RL(NOFILE(65536, 65536))},
	{"another rlimit", "N", RL("{\"type\":\"RLIMIT_CORE\",\"hard\":1,\"soft\":1}"),
	 RL("{\"type\":\"RLIMIT_CORE\",\"hard\":1,\"soft\":1}," NOFILE(65536, 65536))},
	{"raise both", "n", RL(NOFILE(1024, 1024)), RL(NOFILE(65536, 65536))},
	{"raise soft only", "n", RL(NOFILE(1048576, 1024)), RL(NOFILE(1048576, 65536))},
	{"never lower", "n", RL(NOFILE(1048576, 1048576)), RL(NOFILE(1048576, 1048576))},
	{"infinity", "n", RL(NOFILE(18446744073709551615, 1024)),
	 RL(NOFILE(18446744073709551615, 65536))},
	{"type comes last", "n", RL("{\"soft\":1, \"hard\":2, \"type\":\"RLIMIT_NOFILE\"}"),
	 RL("{\"soft\":65536, \"hard\":65536, \"type\":\"RLIMIT_NOFILE\"}")},
	{"the next element is another", "n",
	 RL(NOFILE(1, 1) ",{\"type\":\"RLIMIT_NPROC\",\"hard\":2,\"soft\":2}"),
	 RL(NOFILE(65536, 65536) ",{\"type\":\"RLIMIT_NPROC\",\"hard\":2,\"soft\":2}")},
	{"the next element has no type", "n", RL(NOFILE(1, 1) ",{\"hard\":2,\"soft\":2}"),
	 RL(NOFILE(65536, 65536) ",{\"hard\":2,\"soft\":2}")},
	{"the plan knows of no limit", "N", RL(NOFILE(1024, 1024)), RL(NOFILE(1024, 1024))},
	{"the plan knows of a limit", "n", PR("\"a\":1"), PR("\"a\":1")},
	{"env and rlimits, neither is there", "PN", PR(""),
	 PR("\"env\":[\"GOMAXPROCS=2\"],\"rlimits\":[" NOFILE(65536, 65536) "]")},

	/* linux.sysctl */
	{"no sysctl", "S", LX("\"a\":{}"),
	 LX("\"a\":{},\"sysctl\":{\"net.core.somaxconn\":\"65535\"}")},
	{"null sysctl", "ST", LX("\"sysctl\":null"),
	 LX("\"sysctl\":{\"net.core.somaxconn\":\"65535\",\"kernel.sem\":\"1 2 3 4\"}")},
	{"empty sysctl", "S", LX("\"sysctl\":{ }"),
	 LX("\"sysctl\":{\"net.core.somaxconn\":\"65535\" }")},
	{"append sysctl", "S", LX("\"sysctl\":{\"a.b\":\"1\"}"),
	 LX("\"sysctl\":{\"a.b\":\"1\",\"net.core.somaxconn\":\"65535\"}")},
	{"a sysctl that is there stays", "S",
	 LX("\"sysctl\":{\"net.core.somaxconn\":\"128\",\"a.b\":\"1\"}"),
	 LX("\"sysctl\":{\"net.core.somaxconn\":\"128\",\"a.b\":\"1\"}")},
	{"null value of a sysctl", "S", LX("\"sysctl\":{\"net.core.somaxconn\":null}"),
	 LX("\"sysctl\":{\"net.core.somaxconn\":\"65535\"}")},
	{"no linux, so none is made", "SWC", PR(""), PR("")},
	{"null linux", "SWC", "{\"linux\":null}", "{\"linux\":null}"},

	/* linux.resources */
	{"swappiness, nothing there", "W", LX(""),
	 LX("\"resources\":{\"memory\":{\"swappiness\":1}}")},
	{"swappiness, null resources", "W", LX("\"resources\":null"),
	 LX("\"resources\":{\"memory\":{\"swappiness\":1}}")},
	{"swappiness, null memory", "W", LX("\"resources\":{\"memory\":null,\"pids\":{}}"),
	 LX("\"resources\":{\"memory\":{\"swappiness\":1},\"pids\":{}}")},
	{"swappiness beside limit", "W", LX("\"resources\":{\"memory\":{\"limit\":5}}"),
	 LX("\"resources\":{\"memory\":{\"limit\":5,\"swappiness\":1}}")},
	{"a swappiness that is there stays", "W",
	 LX("\"resources\":{\"memory\":{\"swappiness\":60}}"),
	 LX("\"resources\":{\"memory\":{\"swappiness\":60}}")},
	{"swap on v2", "Z", LX("\"resources\":{\"unified\":{\"a\":\"b\"}}"),
	 LX("\"resources\":{\"unified\":{\"a\":\"b\",\"memory.swap.max\":\"0\"}}")},
	{"swap on v2, nothing there", "Z", LX("\"resources\":{}"),
	 LX("\"resources\":{\"unified\":{\"memory.swap.max\":\"0\"}}")},
	{"cpuset", "CE", LX("\"resources\":{\"cpu\":{\"shares\":2}}"),
	 LX("\"resources\":{\"cpu\":{\"shares\":2,\"cpus\":\"0-3\",\"mems\":\"0\"}}")},
	{"cpuset there, empty", "CE", LX("\"resources\":{\"cpu\":{\"cpus\":\"\"}}"),
	 LX("\"resources\":{\"cpu\":{\"cpus\":\"0-3\",\"mems\":\"0\"}}")},
	{"all of resources at once", "CWZE", LX(""),
	 LX("\"resources\":{\"cpu\":{\"cpus\":\"0-3\",\"mems\":\"0\"},\"memory\":{\"swappiness\":1},"
	    "\"unified\":{\"memory.swap.max\":\"0\"}}")},

	/* hooks */
	{"no hooks", "H", "{\"a\":1}", "{\"a\":1,\"hooks\":{\"createRuntime\":[" OURS "]}}"},
	{"no hooks, nothing at all", "H", "{}", CR(OURS)},
	{"null hooks", "H", "{\"hooks\":null}", CR(OURS)},
	{"empty hooks", "H", HK(" "), HK("\"createRuntime\":[" OURS "] ")},
	{"no createRuntime", "H", HK("\"poststop\":[" OTHER "]"),
	 HK("\"poststop\":[" OTHER "],\"createRuntime\":[" OURS "]")},
	{"null createRuntime", "H", HK("\"createRuntime\":null,\"poststop\":[]"),
	 HK("\"createRuntime\":[" OURS "],\"poststop\":[]")},
	{"empty createRuntime", "H", CR(" "), CR(OURS " ")},
	{"other hooks come before ours", "H", CR(OTHER " , " OTHER "\n"),
	 CR(OTHER " , " OTHER "," OURS "\n")},
	{"hooks and other rows", "PSH",
	 "{\"process\":{},\"hooks\":{\"createRuntime\":[" OTHER "]},\"linux\":{}}",
	 "{\"process\":{\"env\":[\"GOMAXPROCS=2\"]},\"hooks\":{\"createRuntime\":[" OTHER "," OURS
	 "]},\"linux\":{\"sysctl\":{\"net.core.somaxconn\":\"65535\"}}}"},
	{"prestart is looked at and left alone", "H", HK("\"prestart\":[" OTHER "]"),
	 HK("\"prestart\":[" OTHER "],\"createRuntime\":[" OURS "]")},
	{"prestart without an entry", "H", HK("\"prestart\":null,\"createRuntime\":[]"),
	 HK("\"prestart\":null,\"createRuntime\":[" OURS "]")},
	{"ours is in createRuntime", "H", CR("{\"path\":\"/x/oci-gotune-hook\"}," OTHER),
	 CR("{\"path\":\"/x/oci-gotune-hook\"}," OTHER)},
	{"ours is in prestart", "PH",
	 "{\"hooks\":{\"prestart\":[" OTHER
	 ",{\"args\":[],\"path\":\"oci-gotune-hook\"}]},\"process\":{}}",
	 "{\"hooks\":{\"prestart\":[" OTHER
	 ",{\"args\":[],\"path\":\"oci-gotune-hook\"}]},\"process\":{"
	 "\"env\":[\"GOMAXPROCS=2\"]}}"},
	{"ours, and a limit to raise", "NH",
	 "{\"process\":{},\"hooks\":{\"createRuntime\":[{\"path\":\"/x/oci-gotune-hook\"}]}}",
	 "{\"process\":{\"rlimits\":[" NOFILE(65536, 65536) "]},\"hooks\":{\"createRuntime\":["
							    "{\"path\":\"/x/oci-gotune-hook\"}]}}"},
	{"ours in other words", "H", CR("{\"path\":\"\\/x\\u002foci\\u002dgotune-hook\"}"),
	 CR("{\"path\":\"\\/x\\u002foci\\u002dgotune-hook\"}")},
	{"ours as a hook of another stage", "H",
	 HK("\"poststop\":[{\"path\":\"/x/oci-gotune-hook\"}]"),
	 HK("\"poststop\":[{\"path\":\"/x/oci-gotune-hook\"}],\"createRuntime\":[" OURS "]")},
	{"names that are not ours", "H",
	 CR("{\"path\":\"/oci-gotune-hook/x\"},{\"path\":\"/xoci-gotune-hook\"},{\"path\":\"/"
	    "oci-gotune-hook2\"},{\"path\":\"/oci-gotune-hook/\"},{\"path\":\"/oci-gotune-hook\\u0000\"}"),
	 CR("{\"path\":\"/oci-gotune-hook/x\"},{\"path\":\"/xoci-gotune-hook\"},{\"path\":\"/"
	    "oci-gotune-hook2\"},{\"path\":\"/oci-gotune-hook/\"},{\"path\":\"/oci-gotune-hook\\u0000\"}"
	    "," OURS)},
	{"our name elsewhere in an entry", "H",
	 CR("{\"args\":[\"/oci-gotune-hook\"],\"env\":[{\"path\":\"/oci-gotune-hook\"}],\"path\":\"/x\"}"),
	 CR("{\"args\":[\"/oci-gotune-hook\"],\"env\":[{\"path\":\"/oci-gotune-hook\"}],\"path\":\"/x\"}"
	    "," OURS)},
	{"entries that are no hooks, and a path that is no string: no strings", "H",
	 CR("null,5,\"path\",[{\"path\":\"/oci-gotune-hook\"}],{\"path\":7}"),
	 CR("null,5,\"path\",[{\"path\":\"/oci-gotune-hook\"}],{\"path\":7}," OURS)},
	{"hooks of another object are not ours", "H",
	 "{\"process\":{\"hooks\":{\"createRuntime\":[{\"path\":\"/oci-gotune-hook\"}]}}}",
	 "{\"process\":{\"hooks\":{\"createRuntime\":[{\"path\":\"/oci-gotune-hook\"}]}},"
	 "\"hooks\":{\"createRuntime\":[" OURS "]}}"},

	/* all together, linux before process */
	{"everything", "PM0NSTWC",
	 "{\"linux\":{\"resources\":{\"cpu\":null},\"sysctl\":{\"a.b\":\"1\"}},"
	 "\"process\":{\"env\":[\"GOMEMLIMIT=\"],\"rlimits\":[]}}",
	 "{\"linux\":{\"resources\":{\"cpu\":{\"cpus\":\"0-3\"},\"memory\":{\"swappiness\":1}},"
	 "\"sysctl\":{\"a.b\":\"1\",\"net.core.somaxconn\":\"65535\",\"kernel.sem\":\"1 2 3 4\"}},"
	 "\"process\":{\"env\":[\"GOMEMLIMIT=460MiB\",\"GOMAXPROCS=2\"],\"rlimits\":[" NOFILE(
		 65536, 65536) "]}}"},
};

/* What gotune-runtime does with a document: both readers, then the edits. No edit: the document. */
static int edit(const char *doc, size_t len, bool whole, struct gt_buf *ret,
		struct gt_outcome *outcome, struct gt_err *e)
{
	struct gt_outcome none[GT_SETTINGS_MAX];
	struct gt_places told = {0};
	const struct gt_edit what = {.whole = whole, .plan = &plan, .hook = &our_hook};
	int r = gt_edit_places(doc, len, whole, &plan, &told, e);

	*ret = (struct gt_buf){0};
	if (r == 0)
		r = gt_edit_splice(doc, len, &what, &told, ret, outcome ? outcome : none, e);
	if (r == 0 && !ret->p)
		gt_buf_add(ret, doc, len);
	return r;
}

static int splice(const char *doc, size_t len, struct gt_buf *out, struct gt_err *e)
{
	*out = (struct gt_buf){0};
	return edit(doc, len, true, out, NULL, e);
}

static void test_splice_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_buf out;
		struct gt_err e = {0};
		int r;

		make_plan(rows[i].plan);
		r = splice(rows[i].doc, strlen(rows[i].doc), &out, &e);
		if (r != 0 || strcmp(out.p, rows[i].want) != 0 || out.len != strlen(rows[i].want))
			fail_msg("%s: %d %s\n%s", rows[i].name, r, e.msg, out.p);
		gt_buf_done(&out);
	}
}

static void test_splice_twice_is_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_buf out;

		make_plan(rows[i].plan);
		assert_int_equal(splice(rows[i].want, strlen(rows[i].want), &out, NULL), 0);
		if (strcmp(out.p, rows[i].want) != 0)
			fail_msg("%s:\n%s", rows[i].name, out.p);
		gt_buf_done(&out);
	}
}

/* Is SHORT what is left of LONG when some bytes are taken out? */
static bool is_subsequence(const char *s, const char *of)
{
	for (; *s && *of; of++)
		s += *s == *of;
	return *s == '\0';
}

static bool replaces(const struct row *r)
{
	static const char *const does[] = {"repl",     "null",	   "other words",
					   "raise",    "infinity", "type comes",
					   "the next", "there",	   "everything"};

	for (size_t i = 0; i < GT_ARRAY_LEN(does); i++) {
		if (strstr(r->name, does[i]))
			return true;
	}
	return false;
}

/* Where nothing is replaced, every byte of the input is still there, in order. */
static void test_splice_only_inserts(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_buf out;

		if (replaces(&rows[i]))
			continue;
		make_plan(rows[i].plan);
		assert_int_equal(splice(rows[i].doc, strlen(rows[i].doc), &out, NULL), 0);
		if (!is_subsequence(rows[i].doc, out.p))
			fail_msg("%s:\n%s", rows[i].name, out.p);
		gt_buf_done(&out);
		seen++;
	}
	assert_true(seen > 20);
}

/* What the runtime will read is what the plan wants, whatever stood there before. */
static void test_splice_reads_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		struct gt_buf out;
		struct gt_err e = {0};

		make_plan(row->plan);
		assert_int_equal(splice(row->doc, strlen(row->doc), &out, NULL), 0);
		if (gt_read_bundle(out.p, out.len, &bundle, &e) < 0) {
			/* one row has entries that no runtime takes */
			if (!strstr(row->name, "no strings"))
				fail_msg("%s: %s", row->name, e.msg);
		} else if (bundle.has_process && strchr(row->plan, 'P')) {
			if (strcmp(bundle.var[GT_VAR_GOMAXPROCS].value, "2") != 0)
				fail_msg("%s: GOMAXPROCS", row->name);
		} else if (bundle.has_process && strpbrk(row->plan, "Nn") &&
			   !strstr(row->name, "the plan knows")) {
			if (bundle.nofile_soft < 65536 || bundle.nofile_hard < 65536)
				fail_msg("%s: NOFILE", row->name);
		} else if (bundle.has_linux && strchr(row->plan, 'S')) {
			const char *v = gt_strv_pair(&bundle.sysctl, "net.core.somaxconn");

			if (!v || (strcmp(v, "65535") != 0 && !strstr(row->name, "stays")))
				fail_msg("%s: somaxconn", row->name);
		} else if (strchr(row->plan, 'H') && !bundle.own_hook) {
			fail_msg("%s: no hook", row->name);
		}
		gt_buf_done(&out);
	}
}

static void test_splice_refuses(void **state)
{
	static const struct {
		const char *name, *plan, *doc;
		int want;
	} bad[] = {
		{"empty", "P", "", -EINVAL},
		{"array", "P", "[]", -EINVAL},
		{"half", "P", "{\"process\":{\"env\":[", -EINVAL},
		{"process is a list", "P", "{\"process\":[]}", -EINVAL},
		{"env is an object", "P", PR("\"env\":{}"), -EINVAL},
		{"env is text", "P", PR("\"env\":\"GOMAXPROCS=1\""), -EINVAL},
		{"sysctl is a list", "S", LX("\"sysctl\":[]"), -EINVAL},
		{"a sysctl is an object", "S", LX("\"sysctl\":{\"net.core.somaxconn\":{}}"),
		 -EINVAL},
		{"process twice", "P", "{\"process\":{},\"process\":{}}", -EBADMSG},
		{"process in two cases", "P", "{\"process\":{},\"Process\":{}}", -EBADMSG},
		{"Process alone", "P", "{\"Process\":{}}", -EBADMSG},
		{"env in two cases", "P", PR("\"ENV\":[],\"env\":[]"), -EBADMSG},
		{"env with an escape twice", "P", PR("\"env\":[],\"\\u0065nv\":[]"), -EBADMSG},
		{"sysctl with a long s", "S", LX("\"\xc5\xbfysctl\":{}"), -EBADMSG},
		{"memory twice", "W", LX("\"resources\":{\"memory\":{},\"memory\":{}}"), -EBADMSG},
		{"soft twice", "n",
		 RL("{\"type\":\"RLIMIT_NOFILE\",\"soft\":1,\"soft\":2,\"hard\":3}"), -EBADMSG},
		{"Hard", "n", RL("{\"type\":\"RLIMIT_NOFILE\",\"soft\":1,\"Hard\":3}"), -EBADMSG},
		{"no hard", "n", RL("{\"type\":\"RLIMIT_NOFILE\",\"soft\":1}"), -EINVAL},
		{"hooks twice", "H", "{\"hooks\":{},\"hooks\":{}}", -EBADMSG},
		{"Hooks", "H", "{\"Hooks\":{}}", -EBADMSG},
		{"hooks is a list", "H", "{\"hooks\":[]}", -EINVAL},
		{"createRuntime in two cases", "H", HK("\"createRuntime\":[],\"createruntime\":[]"),
		 -EBADMSG},
		{"createRuntime twice", "H", HK("\"createRuntime\":[],\"createRuntime\":[]"),
		 -EBADMSG},
		{"createRuntime is an object", "H", HK("\"createRuntime\":{}"), -EINVAL},
		{"prestart twice", "H", HK("\"prestart\":[],\"prestart\":[]"), -EBADMSG},
		{"Prestart", "H", HK("\"Prestart\":[]"), -EBADMSG},
		{"prestart is text", "H", HK("\"prestart\":\"x\""), -EINVAL},
		{"a hook's path twice", "H", CR("{\"path\":\"/x\",\"path\":\"/y\"}"), -EBADMSG},
		{"a hook's Path", "H", CR("{\"Path\":\"/oci-gotune-hook\"}"), -EBADMSG},
		{"soft is text", "n", RL("{\"type\":\"RLIMIT_NOFILE\",\"soft\":\"1\",\"hard\":1}"),
		 -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(bad); i++) {
		struct gt_buf out;
		struct gt_err e = {0};
		int r;

		make_plan(bad[i].plan);
		r = splice(bad[i].doc, strlen(bad[i].doc), &out, &e);
		if (r != bad[i].want || e.code != r || !e.msg[0] || out.p)
			fail_msg("%s: %d %s", bad[i].name, r, e.msg);
	}
}

/* A repeated key that is none of ours to edit is none of our business. */
static void test_splice_ignores_other_repeats(void **state)
{
	static const char doc[] =
		"{\"a\":1,\"A\":2,\"a\":3,\"linux\":{},\"linux\":{},\"process\":{}}";
	struct gt_buf out;

	(void)state;
	make_plan("P");
	assert_int_equal(splice(doc, strlen(doc), &out, NULL), 0);
	assert_non_null(strstr(out.p, "\"process\":{\"env\":[\"GOMAXPROCS=2\"]}"));
	gt_buf_done(&out);
}

static void test_splice_audit_changes_nothing(void **state)
{
	struct gt_outcome outcome[GT_SETTINGS_MAX] = {0};
	struct gt_buf out = {0};
	static const char doc[] = ENV("\"GOMAXPROCS=9\"");

	(void)state;
	make_plan("PN");
	plan.mode = GT_MODE_AUDIT;
	assert_int_equal(edit(doc, strlen(doc), true, &out, outcome, NULL), 0);
	assert_string_equal(out.p, doc);
	assert_int_equal(outcome[0].applied, GT_UNKNOWN);
	gt_buf_done(&out);
}

/* The hook alone, in audit: it will only record. */
static void test_splice_audit_adds_the_hook(void **state)
{
	struct gt_outcome outcome[GT_SETTINGS_MAX] = {0};
	struct gt_buf out = {0};
	static const char doc[] = PR("\"env\":[]");

	(void)state;
	make_plan("PH");
	plan.mode = GT_MODE_AUDIT;
	assert_int_equal(edit(doc, strlen(doc), true, &out, outcome, NULL), 0);
	assert_string_equal(out.p,
			    "{\"process\":{\"env\":[]},\"hooks\":{\"createRuntime\":[" OURS "]}}");
	assert_int_equal(outcome[0].applied, GT_UNKNOWN);
	gt_buf_done(&out);
}

/* No hook is to be had: of the hooks nothing is made, and the rest is done. */
static void test_splice_without_a_hook(void **state)
{
	static const char *const docs[][2] = {
		{"{\"process\":{}}", "{\"process\":{\"env\":[\"GOMAXPROCS=2\"]}}"},
		{"{\"process\":{},\"hooks\":null}",
		 "{\"process\":{\"env\":[\"GOMAXPROCS=2\"]},\"hooks\":null}"},
		{"{\"process\":{},\"hooks\":{\"createRuntime\":null,\"prestart\":[]}}",
		 "{\"process\":{\"env\":[\"GOMAXPROCS=2\"]},\"hooks\":{\"createRuntime\":null,"
		 "\"prestart\":[]}}"},
	};

	(void)state;
	make_plan("PH");
	for (size_t i = 0; i < GT_ARRAY_LEN(docs); i++) {
		const struct gt_edit what = {.whole = true, .plan = &plan};
		struct gt_outcome outcome[GT_SETTINGS_MAX] = {0};
		struct gt_places told = {0};
		struct gt_buf out = {0};
		size_t len = strlen(docs[i][0]);

		assert_int_equal(gt_edit_places(docs[i][0], len, true, &plan, &told, NULL), 0);
		assert_int_equal(gt_edit_splice(docs[i][0], len, &what, &told, &out, outcome, NULL),
				 0);
		assert_string_equal(out.p, docs[i][1]);
		gt_buf_done(&out);
	}
}

static void test_splice_outcome(void **state)
{
	struct gt_outcome outcome[GT_SETTINGS_MAX] = {0};
	struct gt_buf out = {0};
	static const char doc[] = PR("\"env\":[]");

	(void)state;
	make_plan("PkSN");
	assert_int_equal(edit(doc, strlen(doc), true, &out, outcome, NULL), 0);
	assert_int_equal(outcome[0].applied, GT_YES);
	assert_int_equal(outcome[1].applied, GT_UNKNOWN);
	assert_int_equal(outcome[3].applied, GT_NO);
	assert_string_equal(outcome[3].error, "config.json has no linux section");
	assert_int_equal(outcome[4].applied, GT_YES);
	gt_buf_done(&out);
}

static void test_splice_process(void **state)
{
	static const struct {
		const char *plan, *doc, *want;
	} process[] = {
		{"PN", "{\"args\":[\"sh\"]}",
		 "{\"args\":[\"sh\"],\"env\":[\"GOMAXPROCS=2\"],\"rlimits\":[" NOFILE(65536,
										      65536) "]}"},
		{"PSWC", "{\"env\":[\"A=1\"],\"process\":{\"env\":[]}}",
		 "{\"env\":[\"A=1\",\"GOMAXPROCS=2\"],\"process\":{\"env\":[]}}"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(process); i++) {
		struct gt_buf out = {0};

		make_plan(process[i].plan);
		assert_int_equal(
			edit(process[i].doc, strlen(process[i].doc), false, &out, NULL, NULL), 0);
		assert_string_equal(out.p, process[i].want);
		gt_buf_done(&out);
	}
}

/* Edits cross a pipe in a struct of fixed size: what does not fit is refused, not half done. */
static void test_splice_of_too_many_places_is_refused(void **state)
{
	struct gt_buf doc = {0}, out = {0};
	struct gt_err e = {0};

	(void)state;
	make_plan("P");
	gt_buf_str(&doc, "{\"process\":{\"env\":[\"A=1\"");
	for (unsigned i = 0; i < 20000; i++)
		gt_buf_str(&doc, ",\"GOMAXPROCS=100\"");
	gt_buf_str(&doc, "]}}");
	assert_int_equal(splice(doc.p, doc.len, &out, &e), -E2BIG);
	assert_null(out.p);
	gt_buf_done(&doc);
}

/* What a worker that was taken over answers: each number of it is changed in turn, on every row. */
static void test_splice_believes_no_worker(void **state)
{
	unsigned lies = 0;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		const struct gt_edit what = {.whole = true, .plan = &plan, .hook = &our_hook};
		struct gt_places truth = {0}, told;
		size_t len = strlen(rows[i].doc);

		make_plan(rows[i].plan);
		assert_int_equal(gt_edit_places(rows[i].doc, len, true, &plan, &truth, NULL), 0);
		for (size_t at = 0; at + 4 <= sizeof(told); at += 4) {
			struct gt_outcome outcome[GT_SETTINGS_MAX];
			struct gt_buf out = {0};
			struct gt_err e = {0};
			uint32_t v;

			told = truth;
			memcpy(&v, (char *)&told + at, sizeof(v));
			v = lies % 3 == 0 ? v + 1 : lies % 3 == 1 && ~v ? UINT32_MAX : v - 1;
			memcpy((char *)&told + at, &v, sizeof(v));
			lies++;
			if (gt_edit_splice(rows[i].doc, len, &what, &told, &out, outcome, &e) !=
				    -EBADMSG ||
			    out.p || !e.msg[0])
				fail_msg("%s: a lie at %zu was believed", rows[i].name, at);
		}
	}
	assert_true(lies > 10000);
}

/* The document says something else than the plan was made for: that setting alone is left out. */
static void test_splice_replaces_only_what_was_there(void **state)
{
	static const struct {
		const char *name, *before, *doc, *want; /* want NULL: left alone */
	} row[] = {
		{"as it was", "1", ENV("\"GOMAXPROCS=1\""), ENV("\"GOMAXPROCS=2\"")},
		{"as it was, in other words", "1", ENV("\"\\u0047OMAXPROCS\\u003d1\""),
		 ENV("\"GOMAXPROCS=2\"")},
		{"another value", "1", ENV("\"GOMAXPROCS=3\""), NULL},
		{"a longer value", "1", ENV("\"GOMAXPROCS=11\""), NULL},
		{"it is not there", "1", ENV(""), NULL},
		{"it is not there, nor is the array", "1", PR("\"a\":1"), NULL},
		{"there was none", NULL, ENV("\"GOMAXPROCS=3\""), NULL},
		{"the last counts", "1", ENV("\"GOMAXPROCS=3\",\"GOMAXPROCS=1\""),
		 ENV("\"GOMAXPROCS=2\",\"GOMAXPROCS=2\"")},
		{"the last is another", "1", ENV("\"GOMAXPROCS=1\",\"GOMAXPROCS=3\""), NULL},
		{"the wanted value", NULL, ENV("\"GOMAXPROCS=2\""), ENV("\"GOMAXPROCS=2\"")},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(row); i++) {
		struct gt_outcome outcome[GT_SETTINGS_MAX] = {0};
		struct gt_buf out;
		struct gt_err e = {0};
		struct gt_setting *s;

		plan = (struct gt_plan){.mode = GT_MODE_ENFORCE, .selected = true};
		s = add(GT_SET_GOMAXPROCS, "GOMAXPROCS", "2");
		s->has_before = row[i].before != NULL;
		(void)gt_copy_str(s->before, sizeof(s->before), row[i].before ? row[i].before : "");
		assert_int_equal(edit(row[i].doc, strlen(row[i].doc), true, &out, outcome, &e), 0);
		if (strcmp(out.p, row[i].want ? row[i].want : row[i].doc) != 0)
			fail_msg("%s: %s", row[i].name, out.p);
		if (outcome[0].applied != (row[i].want ? GT_YES : GT_NO))
			fail_msg("%s: applied %d", row[i].name, outcome[0].applied);
		gt_buf_done(&out);
	}
}

/* A key that is spelt with an escape: the two readers differ, and the document is left alone. */
static void test_splice_leaves_escaped_keys_alone(void **state)
{
	static const char *const docs[] = {
		"{\"\\u0070rocess\":{\"env\":[]}}",
		PR("\"e\\u006ev\":[]"),
		LX("\"sysct\\u006c\":{}"),
		"{\"hook\\u0073\":{}}",
		HK("\"createR\\u0075ntime\":[]"),
		HK("\"\\u0070restart\":[]"),
		CR("{\"p\\u0061th\":\"/x/oci-gotune-hook\"}"),
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(docs); i++) {
		struct gt_buf out;
		struct gt_err e = {0};

		make_plan("PSH");
		assert_int_equal(splice(docs[i], strlen(docs[i]), &out, &e), -EBADMSG);
		assert_null(out.p);
	}
}

/* As many sysctls as a plan can hold, and many repeated variables. */
static void test_splice_large(void **state)
{
	struct gt_buf doc = {0}, out;
	char name[32];
	size_t n = 0;

	(void)state;
	make_plan("P0MDNWCE");
	(void)gt_copy_str(plan.setting[0].before, sizeof(plan.setting[0].before), "100");
	for (unsigned i = 0; i < GT_SYSCTL_MAX; i++) {
		(void)snprintf(name, sizeof(name), "net.x%u", i);
		add(GT_SET_SYSCTL, name, "1");
	}
	gt_buf_str(&doc, "{\"linux\":{},\"process\":{\"env\":[\"A=1\"");
	for (unsigned i = 0; i < 40; i++)
		gt_buf_str(&doc, ",\"GOMAXPROCS=100\"");
	gt_buf_str(&doc, "]}}");
	assert_int_equal(splice(doc.p, doc.len, &out, NULL), 0);
	for (const char *s = out.p; (s = strstr(s, "\"GOMAXPROCS=2\"")); s++)
		n++;
	assert_int_equal(n, 40);
	assert_null(strstr(out.p, "=100"));
	assert_int_equal(gt_read_bundle(out.p, out.len, &bundle, NULL), 0);
	assert_int_equal(bundle.sysctl.n, 2 * GT_SYSCTL_MAX);
	gt_buf_done(&out);
	gt_buf_done(&doc);
}

/* Cut anywhere: refused, and nothing is handed out. */
static void test_splice_cut_anywhere(void **state)
{
	const struct row *row = &rows[GT_ARRAY_LEN(rows) - 1];

	(void)state;
	make_plan(row->plan);
	for (size_t n = 0; n < strlen(row->doc); n++) {
		struct gt_buf out;

		assert_int_equal(splice(row->doc, n, &out, NULL), -EINVAL);
		assert_null(out.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splice_exact),
		cmocka_unit_test(test_splice_twice_is_once),
		cmocka_unit_test(test_splice_only_inserts),
		cmocka_unit_test(test_splice_reads_back),
		cmocka_unit_test(test_splice_refuses),
		cmocka_unit_test(test_splice_ignores_other_repeats),
		cmocka_unit_test(test_splice_audit_changes_nothing),
		cmocka_unit_test(test_splice_audit_adds_the_hook),
		cmocka_unit_test(test_splice_without_a_hook),
		cmocka_unit_test(test_splice_outcome),
		cmocka_unit_test(test_splice_process),
		cmocka_unit_test(test_splice_of_too_many_places_is_refused),
		cmocka_unit_test(test_splice_believes_no_worker),
		cmocka_unit_test(test_splice_replaces_only_what_was_there),
		cmocka_unit_test(test_splice_leaves_escaped_keys_alone),
		cmocka_unit_test(test_splice_large),
		cmocka_unit_test(test_splice_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
