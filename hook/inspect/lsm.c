/*
 * Would SELinux or AppArmor object to a tracer at the container's exec? Effectful: reads, and asks
 * the SELinux policy a question; needs no privilege.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "gotune/base.h"
#include "gotune/inspect.h"

#define LABEL_CAP  256
#define PERMISSIVE 1u /* kernel security/selinux/include/avc.h AVD_FLAGS_PERMISSIVE */

/* Can S be a word of a question? */
static bool is_label(const char *s)
{
	return gt_is_plain(s) && !strchr(s, ' ');
}

/* "OURS THEIRS CLASS" */
static bool write_question(int root, const char *label, char *buf, size_t cap)
{
	char ours[LABEL_CAP];
	uint64_t class;

	if (!is_label(label) ||
	    gt_root_read(root, "proc/self/attr/current", ours, sizeof(ours)) < 0 ||
	    !is_label(ours) ||
	    gt_root_read_u64(root, "sys/fs/selinux/class/process/index", &class) < 0)
		return false;
	return gt_copy_str(buf, cap, ours) && gt_append(buf, cap, " ") &&
	       gt_append(buf, cap, label) && gt_append(buf, cap, " ") &&
	       gt_append_u64(buf, cap, class);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Parses the hexadecimal word at *P, and moves *P behind it and the spaces. */
static bool parse_hex_word(const char **p, uint32_t *ret)
{
	uint64_t v = 0;
	unsigned n = 0;

	for (; hex_digit(**p) >= 0; (*p)++, n++)
		v = v << 4 | (uint64_t)hex_digit(**p);
	*p += strspn(*p, " \n");
	*ret = (uint32_t)v;
	return n > 0 && n <= 8;
}

/* "ALLOWED DECIDED AUDITALLOW AUDITDENY SEQNO FLAGS", all but SEQNO hexadecimal. */
static bool answer_allows(const char *text, uint64_t perm)
{
	uint32_t word[6] = {0};

	for (size_t i = 0; i < GT_ARRAY_LEN(word) && *text; i++) {
		if (!parse_hex_word(&text, &word[i]))
			return i > 0 && (word[0] >> perm & 1);
	}
	return (word[0] >> perm & 1) || (word[5] & PERMISSIVE);
}

/*
 * One write, one read on the same descriptor: kernel security/selinux/selinuxfs.c sel_write_access.
 * Only of a real SELinux: a captured machine (--sysroot) is a directory of plain files, which we
 * must not change.
 */
static bool ask_policy(int root, const char *text, uint64_t perm)
{
	_cleanup_close_ int dir = gt_root_open_dir(root, "sys/fs/selinux");
	_cleanup_close_ int fd = -1;
	char answer[128];
	struct statfs fs;
	ssize_t n;

	if (dir < 0 || fstatfs(dir, &fs) < 0 || (unsigned long)fs.f_type != SELINUX_MAGIC)
		return false;
	fd = openat(dir, "access", O_RDWR | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || gt_write_all(fd, text, strlen(text)) < 0)
		return false;
	n = read(fd, answer, sizeof(answer) - 1);
	if (n <= 0)
		return false;
	answer[n] = '\0';
	return answer_allows(answer, perm);
}

/* In a pod /sys has no selinuxfs, whatever the kernel does. It is registered where SELinux is on
 * alone: kernel security/selinux/selinuxfs.c, init_sel_fs(). */
static bool selinux_is_hidden(int root)
{
	char text[8192];

	return gt_root_read(root, "proc/filesystems", text, sizeof(text)) == 0 &&
	       strstr(text, "\tselinuxfs");
}

bool gt_lsm_selinux_enforces(int root)
{
	uint64_t enforcing = 0;
	int r = gt_root_read_u64(root, "sys/fs/selinux/enforce", &enforcing);

	if (r == -ENOENT)
		return selinux_is_hidden(root);
	return r < 0 || enforcing != 0;
}

bool gt_lsm_selinux_denies(int root, const char *label)
{
	char text[2 * LABEL_CAP + 32];
	uint64_t perm;

	if (*label == '\0' || !gt_lsm_selinux_enforces(root))
		return false; /* no transition, so no check */
	if (!write_question(root, label, text, sizeof(text)) ||
	    gt_root_read_u64(root, "sys/fs/selinux/class/process/perms/ptrace", &perm) < 0 ||
	    perm < 1 || perm > 32)
		return true;
	return !ask_policy(root, text, perm - 1);
}

bool gt_lsm_apparmor_confines(int root)
{
	char text[LABEL_CAP];
	int r;

	r = gt_root_read(root, "sys/module/apparmor/parameters/enabled", text, sizeof(text));
	if (r == -ENOENT || (r == 0 && strcmp(text, "Y") != 0))
		return false;
	r = gt_root_read(root, "proc/self/attr/apparmor/current", text, sizeof(text));
	if (r == -ENOENT) /* before Linux 5.8 */
		r = gt_root_read(root, "proc/self/attr/current", text, sizeof(text));
	/*
	 * A profile in unconfined mode ("runc (unconfined)") allows all that no profile allows:
	 * kernel security/apparmor, profile_unconfined().
	 */
	return r < 0 || !(strcmp(text, "unconfined") == 0 || gt_has_suffix(text, " (unconfined)"));
}
