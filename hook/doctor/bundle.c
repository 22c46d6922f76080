/*
 * The self-test's directory: a bundle whose program is a copy of this one, a policy, places for the
 * record and the runtime's state. Effectful: writes there and nowhere else.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "tools.h"

#define NOFILE_HARD 2048

/* Values that nothing else would give. */
const struct gt_selftest_want gt_selftest_wants[] = {
	{"GOMAXPROCS", "GOMAXPROCS", "io.gotune.gomaxprocs",
	 "1"}, /* the machine may have but one CPU */
	{"GOMEMLIMIT", "GOMEMLIMIT", "io.gotune.gomemlimit", "123MiB"},
	{"GOGC", "GOGC", "io.gotune.gogc", "77"},
	{"RLIMIT_NOFILE", "nofile_soft", "io.gotune.nofile", NULL},
	{"net.core.somaxconn", "net.core.somaxconn", "io.gotune.sysctl.net.core.somaxconn", "5003"},
};
const unsigned gt_n_selftest_wants = GT_ARRAY_LEN(gt_selftest_wants);

static const char policy[] =
	"{\"version\": 1, \"mode\": \"enforce\", \"select\": \"all\",\n"
	" \"profiles\": {\"balanced\": {\"nofile\": null, \"sysctl\": {}, \"swappiness\": null}},\n"
	" \"annotations\": {\"allow\": [\"gomaxprocs\", \"gomemlimit\", \"gogc\", \"nofile\"],\n"
	"  \"sysctl\": [\"net.core.somaxconn\"]}}\n";

/* ---- config.json ---- */

static void pair(struct gt_jw *w, const char *key, const char *value)
{
	gt_jw_key(w, key);
	gt_jw_str(w, value);
}

static void strings(struct gt_jw *w, const char *key, const char *const *v)
{
	gt_jw_key(w, key);
	gt_jw_open(w, '[');
	for (; *v; v++)
		gt_jw_str(w, *v);
	gt_jw_close(w, ']');
}

static void write_process(struct gt_jw *w, const struct gt_selftest *t)
{
	static const char *const args[] = {"/gotune", "selftest-probe", NULL};
	static const char *const env[] = {"PATH=/", NULL};

	gt_jw_key(w, "process");
	gt_jw_open(w, '{');
	gt_jw_key(w, "user");
	gt_jw_open(w, '{');
	gt_jw_key(w, "uid");
	gt_jw_u64(w, 0);
	gt_jw_key(w, "gid");
	gt_jw_u64(w, 0);
	gt_jw_close(w, '}');
	strings(w, "args", args);
	strings(w, "env", env);
	pair(w, "cwd", "/");
	gt_jw_key(w, "noNewPrivileges");
	gt_jw_bool(w, true);
	gt_jw_key(w, "rlimits");
	gt_jw_open(w, '[');
	gt_jw_open(w, '{');
	pair(w, "type", "RLIMIT_NOFILE");
	gt_jw_key(w, "soft");
	gt_jw_u64(w, t->nofile_soft);
	gt_jw_key(w, "hard");
	gt_jw_u64(w, t->nofile_hard);
	gt_jw_close(w, '}');
	gt_jw_close(w, ']');
	gt_jw_close(w, '}');
}

static void write_annotations(struct gt_jw *w, const struct gt_selftest *t)
{
	char number[24] = "";

	(void)gt_append_u64(number, sizeof(number), t->nofile_want); /* 20 digits fit */
	gt_jw_key(w, "annotations");
	gt_jw_open(w, '{');
	for (unsigned i = 0; i < gt_n_selftest_wants; i++)
		pair(w, gt_selftest_wants[i].annotation,
		     gt_selftest_wants[i].value ? gt_selftest_wants[i].value : number);
	gt_jw_close(w, '}');
}

static void write_linux(struct gt_jw *w, const struct gt_selftest *t)
{
	static const char *const ns[] = {"pid", "mount", "ipc", "uts", "network"};
	char cgroup[sizeof(t->id) + 1];

	(void)snprintf(cgroup, sizeof(cgroup), "/%s", t->id); /* fits */
	gt_jw_key(w, "linux");
	gt_jw_open(w, '{');
	pair(w, "cgroupsPath", cgroup);
	gt_jw_key(w, "namespaces");
	gt_jw_open(w, '[');
	for (size_t i = 0; i < GT_ARRAY_LEN(ns); i++) {
		gt_jw_open(w, '{');
		pair(w, "type", ns[i]);
		gt_jw_close(w, '}');
	}
	gt_jw_close(w, ']');
	gt_jw_close(w, '}');
}

static void write_hook(struct gt_jw *w, const struct gt_selftest *t, const char *hook)
{
	char file[GT_PATH_CAP], records[GT_PATH_CAP];
	const char *const args[] = {"oci-gotune-hook", "--policy", file,   "--record-dir",
				    records,	       "--log",	   "none", NULL};
	static const char *const env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};

	(void)snprintf(file, sizeof(file), "%s/etc/policy.json", t->dir);  /* dir is half of it */
	(void)snprintf(records, sizeof(records), "%s/run/gotune", t->dir); /* as above */
	gt_jw_key(w, "hooks");
	gt_jw_open(w, '{');
	gt_jw_key(w, "createRuntime");
	gt_jw_open(w, '[');
	gt_jw_open(w, '{');
	pair(w, "path", hook);
	strings(w, "args", args);
	strings(w, "env", env);
	gt_jw_key(w, "timeout");
	gt_jw_u64(w, 5);
	gt_jw_close(w, '}');
	gt_jw_close(w, ']');
	gt_jw_close(w, '}');
}

static void write_mounts(struct gt_jw *w)
{
	gt_jw_key(w, "mounts");
	gt_jw_open(w, '[');
	gt_jw_open(w, '{');
	pair(w, "destination", "/proc");
	pair(w, "type", "proc");
	pair(w, "source", "proc");
	gt_jw_close(w, '}');
	gt_jw_close(w, ']');
}

int gt_selftest_config(const struct gt_selftest *t, const char *hook, struct gt_err *e)
{
	char path[GT_PATH_CAP];
	_cleanup_close_ int dir = -1;
	struct gt_buf doc = {0};
	struct gt_jw w;
	int r;

	gt_jw_init(&w, &doc, true);
	gt_jw_open(&w, '{');
	pair(&w, "ociVersion", "1.0.2");
	gt_jw_key(&w, "root");
	gt_jw_open(&w, '{');
	pair(&w, "path", "rootfs");
	gt_jw_close(&w, '}');
	write_process(&w, t);
	write_annotations(&w, t);
	write_mounts(&w);
	write_linux(&w, t);
	if (hook)
		write_hook(&w, t, hook);
	gt_jw_close(&w, '}');
	(void)snprintf(path, sizeof(path), "%s/bundle", t->dir); /* dir is half of it */
	dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = doc.error ? doc.error : dir < 0 ? -errno : 0;
	if (r == 0)
		r = gt_write_atomic(dir, "config.json", doc.p, doc.len, 0600);
	gt_buf_done(&doc);
	return r < 0 ? gt_err_sys(e, r, "cannot write %s/config.json", path) : 0;
}

/* ---- the directory ---- */

/* What may hold programs: /tmp is often mounted noexec. */
static int make_dir(struct gt_selftest *t)
{
	static const char *const bases[] = {"/tmp", "/var/tmp", "/var/lib"};

	for (size_t i = 0; i < GT_ARRAY_LEN(bases); i++) {
		struct statvfs fs;

		if (statvfs(bases[i], &fs) < 0 || (fs.f_flag & (ST_NOEXEC | ST_RDONLY)))
			continue;
		(void)snprintf(t->dir, sizeof(t->dir), "%s/gotune-selftest.XXXXXX", bases[i]);
		if (mkdtemp(t->dir))
			return 0;
	}
	t->dir[0] = '\0';
	return -EACCES;
}

static int copy_self(int dir)
{
	_cleanup_close_ int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int out =
		openat(dir, "bundle/rootfs/gotune",
		       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0755);
	struct stat st;
	off_t at = 0;

	if (in < 0 || out < 0 || fstat(in, &st) < 0)
		return -errno;
	while (at < st.st_size) {
		ssize_t n = sendfile(out, in, &at, (size_t)(st.st_size - at));

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -EIO;
	}
	return fchmod(out, 0755) < 0 ? -errno : 0; /* whatever the umask */
}

static int fill(struct gt_selftest *t)
{
	static const char *const dirs[] = {"etc",
					   "etc/policy.d",
					   "run",
					   "run/gotune",
					   "state",
					   "bundle",
					   "bundle/rootfs",
					   "bundle/rootfs/proc",
					   "bundle/rootfs/dev",
					   "bundle/rootfs/sys"};
	_cleanup_close_ int dir = open(t->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_close_ int etc = -1;
	int r;

	if (dir < 0)
		return -errno;
	for (size_t i = 0; i < GT_ARRAY_LEN(dirs); i++) {
		if (mkdirat(dir, dirs[i], 0755) < 0)
			return -errno;
	}
	etc = openat(dir, "etc", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = etc < 0 ? -errno
		    : gt_write_atomic(etc, "policy.json", policy, sizeof(policy) - 1, 0644);
	return r < 0 ? r : copy_self(dir);
}

/* A soft limit to be raised, below a hard one that the runtime may set. */
static void choose_limits(struct gt_selftest *t)
{
	struct rlimit own = {0};

	t->nofile_hard = NOFILE_HARD;
	if (getrlimit(RLIMIT_NOFILE, &own) == 0 && own.rlim_max < NOFILE_HARD)
		t->nofile_hard = own.rlim_max;
	t->nofile_soft = t->nofile_hard / 4;
	t->nofile_want = t->nofile_hard / 2;
}

int gt_selftest_open(struct gt_selftest *ret, struct gt_err *e)
{
	struct gt_selftest t = {.interrupt = -1};
	int r = make_dir(&t);

	if (r == 0)
		r = fill(&t);
	if (r < 0) {
		gt_selftest_close(&t);
		return gt_err_sys(e, r, "cannot make a directory for it");
	}
	/* As unique as the directory: pids are not, across pid namespaces. */
	(void)snprintf(t.id, sizeof(t.id), "gotune-selftest-%s",
		       strrchr(t.dir, '.') + 1); /* fits */
	choose_limits(&t);
	*ret = t;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	(void)remove(path); /* its directory then says it, and stays */
	return 0;
}

void gt_selftest_close(struct gt_selftest *t)
{
	if (t->dir[0])
		(void)nftw(t->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	t->dir[0] = '\0';
}
