/*
 * Which containers of Docker were made with our runtime: they keep its name, and do not start again
 * once it is gone. Reads below the root; changes nothing.
 */
#include <dirent.h>

#include "docker.h"
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "json.h"

#define NAMED_MAX 20 /* more are counted */

/* The string at PATH of the file DIR/ID/NAME; "" when there is none. */
static void read_string(int root, const char *dir, const char *id, const char *name,
			const char *const *path, unsigned n, char *ret, size_t cap)
{
	struct gt_json_spot spot = {0};
	struct gt_file f;
	struct gt_err ignored; /* a container that is being removed, or that we may not read */
	char of[GT_PATH_CAP], file[GT_PATH_CAP];

	ret[0] = '\0';
	if (!gt_path_join(of, dir, id) || !gt_path_join(file, of, name))
		return;
	if (gt_file_read(root, file, &f, &ignored) == 0 && f.exists &&
	    gt_json_find(f.text, f.len, path, n, &spot, &ignored) == 0 && spot.found)
		(void)gt_copy_str(ret, cap, spot.text);
	gt_file_done(&f);
}

/* Where dockerd keeps its containers. */
static void containers_dir(const struct gt_file *daemon_json, char *ret, size_t cap)
{
	static const char *const keys[] = {"data-root", "graph"};
	struct gt_json_spot spot;
	struct gt_err ignored;

	(void)gt_copy_str(ret, cap, "/var/lib/docker");
	for (unsigned i = 0; i < GT_ARRAY_LEN(keys); i++) {
		if (gt_json_find(daemon_json->text, daemon_json->len, &keys[i], 1, &spot,
				 &ignored) == 0 &&
		    spot.text[0] == '/') {
			(void)gt_copy_str(ret, cap, spot.text);
			break;
		}
	}
	(void)gt_append(ret, cap, "/containers");
}

/* The container ID, if it is one of ours. */
static bool is_user(struct gt_engine_job *j, const char *dir, const char *id)
{
	static const char *const runtime[] = {"Runtime"};
	char text[64];

	read_string(j->root, dir, id, "hostconfig.json", runtime, 1, text, sizeof(text));
	return strcmp(text, "gotune") == 0;
}

static void name_user(struct gt_engine_job *j, const char *dir, const char *id)
{
	static const char *const name[] = {"Name"};
	char text[256];

	read_string(j->root, dir, id, "config.v2.json", name, 1, text, sizeof(text));
	gt_engine_note(
		j,
		"container %.12s (%s) was made with the runtime gotune: it runs on, but does "
		"not start again; create it again",
		id,
		text[0] == '/' ? text + 1
		: text[0]      ? text
			       : "no name");
}

void gt_docker_users(struct gt_engine_job *j, const struct gt_file *daemon_json)
{
	char dir[GT_PATH_CAP];
	const struct dirent *de;
	unsigned n = 0;
	int fd;
	DIR *d;

	containers_dir(daemon_json, dir, sizeof(dir));
	fd = gt_root_open_dir(j->root, dir);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return;
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		if (fd >= 0)
			close(fd);
		gt_engine_note(j, "could not look for containers in %s: see docker ps -a", dir);
		return;
	}
	while ((de = readdir(d)) != NULL) {
		if (de->d_name[0] != '.' && is_user(j, dir, de->d_name) && ++n <= NAMED_MAX)
			name_user(j, dir, de->d_name);
	}
	if (n > NAMED_MAX)
		gt_engine_note(j, "and %u more", n - NAMED_MAX);
	closedir(d);
}
