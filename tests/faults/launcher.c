/*
 * Stands for an image's launcher (it is called tini there): starts the program that its arguments
 * name, waits for it, and ends as it did.
 */
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int status = 0;
	pid_t pid = argc > 1 ? fork() : -1;

	if (pid == 0) {
		execv(argv[1], argv + 1);
		_exit(127);
	}
	while (pid > 0 && waitpid(-1, &status, 0) != pid)
		;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}
