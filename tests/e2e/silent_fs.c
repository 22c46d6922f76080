/* silent_fs DIR lookup|open|read|flush: the file system of tests/unit/silent_fs.h, on DIR. */
#include "../unit/silent_fs.h"

int main(int argc, char **argv)
{
	static const struct {
		const char *word;
		uint32_t opcode;
	} list[] = {
		{"lookup", FUSE_LOOKUP},
		{"open", FUSE_OPEN},
		{"read", FUSE_READ},
		{"flush", FUSE_FLUSH},
	};
	int fd = argc == 3 ? silent_fs_mount(argv[1]) : -1;

	if (fd < 0)
		return perror("silent_fs"), 1;
	puts("mounted");
	(void)fflush(stdout);
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (strcmp(argv[2], list[i].word) == 0)
			silent_fs_serve(fd, list[i].opcode);
	}
	return 0;
}
