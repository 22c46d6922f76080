/*
 * One container over the CRI, timed: cribench SOCKET REQUEST, where REQUEST is a
 * CreateContainerRequest. Prints "CREATE START", in milliseconds; then stops and removes it.
 * Effectful.
 */
#include <stdio.h>
#include <time.h>

#include "nri/grpc.h"
#include "nri/pb.h"

static const char *sock;

static double now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Ends the program when it fails. */
static double call(const char *method, const struct gt_buf *message, struct gt_buf *ret)
{
	char path[128];
	const struct gt_grpc_call c = {sock, path, NULL, message, gt_now_ms() + 60000};
	struct gt_err e = {0};
	double begin = now_ms();
	int r;

	(void)snprintf(path, sizeof(path), "/runtime.v1.RuntimeService/%s", method);
	r = gt_grpc_call(&c, 1 << 20, ret, &e);
	if (r < 0) {
		fprintf(stderr, "cribench: %s: %s\n", method, e.msg);
		exit(1);
	}
	return now_ms() - begin;
}

int main(int argc, char **argv)
{
	struct gt_buf request = {0}, answer = {0}, id = {0}, none = {0};
	char text[65536];
	struct gt_pb found;
	double created, started;
	FILE *f = argc == 3 ? fopen(argv[2], "re") : NULL;

	if (!f)
		return 2;
	gt_buf_add(&request, text, fread(text, 1, sizeof(text), f));
	(void)fclose(f);
	sock = argv[1];
	created = call("CreateContainer", &request, &answer);
	found = gt_pb_find(gt_pb_of(answer.p, answer.len), 1);
	gt_pb_add_bytes(&id, 1, (const char *)found.p, gt_pb_len(&found));
	started = call("StartContainer", &id, &none);
	none.len = 0;
	(void)call("StopContainer", &id, &none);
	none.len = 0;
	(void)call("RemoveContainer", &id, &none);
	printf("%.2f %.2f\n", created, started);
	return 0;
}
