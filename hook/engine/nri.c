/*
 * The Node Resource Interface, on a host without Kubernetes: a systemd unit that runs gotune-nri
 * beside containerd or CRI-O. Neither is configured or restarted. Reads below the root.
 */
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "job.h"

#define UNIT_NAME "gotune-nri.service"
#define UNIT	  "/etc/systemd/system/" UNIT_NAME

/*
 * KillMode: those that wait for a program's exec are children of the plugin, and go on when it is
 * restarted. After: an order alone; the plugin waits for a runtime that is not there. Nothing that
 * needs a mount namespace of its own: it looks at containers' mounts, and writes to their cgroups.
 */
static void make_unit(struct gt_buf *out, const char *program)
{
	gt_buf_fmt(out,
		   "[Unit]\n"
		   "Description=Tunes Go containers as a plugin of containerd or CRI-O (NRI)\n"
		   "Documentation=man:gotune-nri(8)\n"
		   "After=containerd.service crio.service\n"
		   "\n"
		   "[Service]\n"
		   "ExecStart=%s --log stderr\n"
		   "Restart=always\n"
		   "RestartSec=1\n"
		   "KillMode=process\n"
		   "UMask=0077\n"
		   "\n"
		   "# As docs/nri.md lists them; the last two are for containers with user "
		   "namespaces.\n"
		   "CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_SYS_ADMIN CAP_SYS_PTRACE "
		   "CAP_SYS_RESOURCE CAP_DAC_OVERRIDE CAP_NET_ADMIN\n"
		   "NoNewPrivileges=yes\n"
		   "LockPersonality=yes\n"
		   "RestrictRealtime=yes\n"
		   "RestrictSUIDSGID=yes\n"
		   "SystemCallArchitectures=native\n"
		   "\n"
		   "[Install]\n"
		   "WantedBy=multi-user.target\n",
		   program);
}

static int install(struct gt_engine_job *j, struct gt_file *f, struct gt_err *e)
{
	_cleanup_(gt_buf_done) struct gt_buf out = {0};
	unsigned n = j->n_change;
	int r;

	make_unit(&out, j->own.nri);
	if (out.error)
		return gt_err_set(e, out.error, "out of memory");
	r = gt_change_to(j, f, out.p, out.len, e);
	if (r == 0 && j->n_change > n) {
		gt_engine_note(
			j, "containerd 2.0 and CRI-O 1.30 and later have NRI on; containerd "
			   "1.7 needs disable = false in [plugins.\"io.containerd.nri.v1.nri\"]");
		gt_engine_next(j, "systemctl daemon-reload && systemctl enable --now " UNIT_NAME);
	}
	return r;
}

static int uninstall(struct gt_engine_job *j, struct gt_file *f, struct gt_err *e)
{
	unsigned n = j->n_change;
	int r = gt_change_remove(j, f, e);

	if (r == 0 && j->n_change > n)
		gt_engine_next(j, "systemctl disable --now " UNIT_NAME "; systemctl daemon-reload");
	return r;
}

/* The first word of ExecStart. */
static void find_target(const struct gt_file *f, char ret[GT_PATH_CAP])
{
	const char *at = f->exists ? strstr(f->text, "\nExecStart=") : NULL;

	if (at) {
		at += strlen("\nExecStart=");
		if (!gt_copy(ret, GT_PATH_CAP, at, strcspn(at, " \n")))
			ret[0] = '\0';
	}
}

static int run_nri(struct gt_engine_job *j, struct gt_err *e)
{
	struct gt_file f;
	int r;

	(void)gt_copy_str(j->path, sizeof(j->path), UNIT); /* fits */
	r = gt_file_read(j->root, UNIT, &f, e);
	if (r == 0)
		find_target(&f, j->target);
	if (r == 0)
		r = j->install ? install(j, &f, e) : uninstall(j, &f, e);
	gt_file_done(&f);
	return r;
}

const struct gt_engine_driver gt_engine_nri = {
	.name = "nri",
	.title = "NRI",
	.ways = GT_WAY_BIT(GT_WAY_PLUGIN),
	.default_ways = GT_WAY_BIT(GT_WAY_PLUGIN),
	.run = run_nri,
};
