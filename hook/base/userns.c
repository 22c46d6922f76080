/*
 * /proc/self/uid_map: rootless Podman runs its hooks inside a user namespace in which its user is
 * root, and gives precreate no environment that would say who that is. Effectful: reads one file.
 */
#include <fcntl.h>

#include "gotune/base.h"

/* 340 lines at most, of three numbers: user_namespaces(7). */
#define MAP_CAP	    16384
#define ALL_NUMBERS UINT32_MAX

#define OVERFLOW_UID 65534

/* The next number of *S, which moves on; fields are padded with blanks. */
static int number(const char **s, uint64_t *ret)
{
	const char *start = *s + strspn(*s, " ");
	size_t len = strcspn(start, " \n");
	char digits[24];

	*s = start + len;
	return gt_copy(digits, sizeof(digits), start, len) ? gt_parse_u64(digits, ret) : -EINVAL;
}

int gt_userns_parse(const char *text, uid_t uid, struct gt_userns *ret)
{
	struct gt_userns u = {0};
	bool found = false;

	while (*text) {
		uint64_t v[3];

		for (unsigned i = 0; i < 3; i++) {
			if (number(&text, &v[i]) < 0 || v[i] > UINT32_MAX)
				return -EINVAL;
		}
		text += strspn(text, " ");
		if (*text && *text++ != '\n')
			return -EINVAL;
		if (uid >= v[0] && uid - v[0] < v[2]) {
			u.outer = (uid_t)(v[1] + (uid - v[0]));
			found = true;
		}
		u.whole = u.whole || (v[0] == 0 && v[1] == 0 && v[2] == ALL_NUMBERS);
	}
	if (!found)
		return -ENOENT;
	*ret = u;
	return 0;
}

int gt_userns_self(struct gt_userns *ret)
{
	_cleanup_close_ int root = gt_root_open(NULL, NULL);
	_cleanup_free_ char *text = malloc(MAP_CAP);
	int r;

	if (root < 0 || !text)
		return root < 0 ? root : -ENOMEM;
	r = gt_root_read(root, "proc/self/uid_map", text, MAP_CAP);
	return r < 0 ? r : gt_userns_parse(text, geteuid(), ret);
}

bool gt_userns_is_root(uid_t owner)
{
	struct gt_userns ns;

	return owner == 0 || (owner == OVERFLOW_UID && gt_userns_self(&ns) == 0 && !ns.whole);
}
