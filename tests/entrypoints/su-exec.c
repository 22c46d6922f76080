/*
 * Stands in for su-exec, which Debian does not have: su-exec USER[:GROUP] PROGRAM [ARG]...
 * Names are looked up in the container's own files; no NSS, so that it may be static.
 */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int find_user(const char *name, uid_t *uid, gid_t *gid)
{
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *p;
	int found = 0;

	while (f && !found && (p = fgetpwent(f)))
		if (strcmp(p->pw_name, name) == 0 || (uid_t)atol(name) == p->pw_uid) {
			found = strcmp(p->pw_name, name) == 0 ||
				name[strspn(name, "0123456789")] == '\0';
			*uid = p->pw_uid;
			*gid = p->pw_gid;
		}
	if (f)
		fclose(f);
	if (!found && *name && name[strspn(name, "0123456789")] == '\0') {
		*uid = (uid_t)atol(name);
		*gid = (gid_t)atol(name);
		found = 1;
	}
	return found;
}

static int find_group(const char *name, gid_t *gid)
{
	FILE *f = fopen("/etc/group", "re");
	struct group *g;
	int found = 0;

	while (f && !found && (g = fgetgrent(f)))
		if (strcmp(g->gr_name, name) == 0) {
			*gid = g->gr_gid;
			found = 1;
		}
	if (f)
		fclose(f);
	if (!found && *name && name[strspn(name, "0123456789")] == '\0') {
		*gid = (gid_t)atol(name);
		found = 1;
	}
	return found;
}

int main(int argc, char **argv)
{
	char *user, *group;
	uid_t uid = 0;
	gid_t gid = 0;

	if (argc < 3)
		return 1;
	user = argv[1];
	group = strchr(user, ':');
	if (group)
		*group++ = '\0';
	if (!find_user(user, &uid, &gid) || (group && *group && !find_group(group, &gid))) {
		fprintf(stderr, "su-exec: who is %s?\n", user);
		return 1;
	}
	if (setgroups(0, NULL) < 0 || setgid(gid) < 0 || setuid(uid) < 0) {
		perror("su-exec");
		return 1;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
