/*
 * The layers of a container that is about to be created. Effectful: asks containerd.
 *
 * During NRI's CreateContainer nothing is mounted, but the container's snapshot, whose key is the
 * container's id, exists (containerd internal/cri/server/container_create.go). CRI-O has mounted
 * the root by then and says where (cri-o server/container_create.go).
 */
#include "snapshot.h"
#include "grpc.h"
#include "pb.h"
#include "request.h"
#include "storage.h"

#define MOUNTS	    "/containerd.services.snapshots.v1.Snapshots/Mounts"
#define NAMESPACE   "k8s.io"
#define ANSWER_MAX  (256u << 10)
#define MOUNT_POINT "io.kubernetes.cri-o.MountPoint"

static void make_empty(struct gt_typed_root *ret)
{
	memset(ret, 0, offsetof(struct gt_typed_root, dirs.arena));
	gt_list_init(&ret->dirs);
	ret->user_attrs = ret->sees_trusted = false;
}

static int ask_containerd(const struct gt_nri_plugin *p, const struct gt_typed *t, int64_t until_ms,
			  struct gt_typed_root *ret, struct gt_err *e)
{
	_cleanup_(gt_buf_done) struct gt_buf question = {0};
	_cleanup_(gt_buf_done) struct gt_buf answer = {0};
	const struct gt_grpc_call call = {.socket = p->containerd,
					  .path = MOUNTS,
					  .namespace = NAMESPACE,
					  .message = &question,
					  .until_ms = until_ms};
	int r;

	gt_pb_add_str(&question, 1, p->snapshotter);
	gt_pb_add_str(&question, 2, t->id);
	if (question.error)
		return gt_err_set(e, question.error, "out of memory");
	r = gt_grpc_call(&call, ANSWER_MAX, &answer, e);
	return r < 0 ? r : gt_nri_decode(GT_NRI_JOB_MOUNTS, answer.p, answer.len, ret, e);
}

/* A pod's author may write annotations, but CRI-O's own come last. */
static int ask_crio(const struct gt_typed *t, struct gt_typed_root *ret, struct gt_err *e)
{
	const char *merged = gt_strv_pair(&t->bundle.annotations, MOUNT_POINT);
	int r = merged ? gt_nri_storage_dirs(merged, &ret->dirs.v) : -ENOTSUP;

	return r < 0 ? gt_err_set(e, r, "CRI-O's layers are not as we know them") : 0;
}

int gt_nri_find_root(const struct gt_nri_plugin *p, const struct gt_nri_peer *peer,
		     const struct gt_typed *t, int64_t until_ms, struct gt_typed_root *ret,
		     struct gt_err *e)
{
	int r;

	make_empty(ret);
	if (strcmp(peer->runtime, "containerd") == 0)
		r = ask_containerd(p, t, until_ms, ret, e);
	else if (strcmp(peer->runtime, "cri-o") == 0)
		r = ask_crio(t, ret, e);
	else
		r = gt_err_set(e, -ENOTSUP, "%s: we do not know where it keeps layers",
			       peer->runtime);
	if (r < 0)
		make_empty(ret);
	ret->sees_trusted = p->sees_trusted;
	return r;
}
