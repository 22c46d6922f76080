/*
 * What a worker of gotune-nri's that was taken over would say of a message: that another container
 * starts, or has gone; that layers are elsewhere. Privilege: that of the job.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "hostile.h"
#include "nri/request.h"

static void name_other(struct gt_nri_request *q)
{
	SET(q->typed.id, bystander.id);
	q->typed.pid = bystander.pid;
}

static void request_other(void *ret)
{
	name_other(ret);
}

static void request_other_pid(void *ret)
{
	((struct gt_nri_request *)ret)->typed.pid = bystander.pid;
}

static void request_pid_1(void *ret)
{
	((struct gt_nri_request *)ret)->typed.pid = 1;
}

/* A creation, a synchronization: all of them are starts of the bystander. */
static void request_other_starts(void *ret)
{
	struct gt_nri_request *q = ret;

	q->call = GT_NRI_CALL_EVENT;
	q->event = GT_NRI_START;
	q->has_container = true;
	SET(q->method, "StartContainer");
	name_other(q);
}

static void request_other_has_gone(void *ret)
{
	request_other_starts(ret);
	((struct gt_nri_request *)ret)->event = GT_NRI_REMOVE;
	SET(((struct gt_nri_request *)ret)->method, "RemoveContainer");
}

static void request_asks_for_all(void *ret)
{
	struct gt_nri_request *q = ret;

	ask_for_all(&q->typed.bundle.annotations);
	ask_for_all(&q->typed.labels);
}

/* CRI-O's word for where the root is, with containerd. */
static void request_mounted_elsewhere(void *ret)
{
	struct gt_nri_request *q = ret;

	SET(q->peer.runtime, "cri-o");
	add_pair(&q->typed.bundle.annotations, "io.kubernetes.cri-o.MountPoint",
		 "/overlay/../etc/merged");
}

static void request_other_program(void *ret)
{
	set_only(&((struct gt_nri_request *)ret)->typed.bundle.args, "/../../../../etc/shadow");
}

static void mounts_host(void *ret)
{
	set_only(&((struct gt_typed_root *)ret)->dirs.v, "/");
}

static void mounts_etc(void *ret)
{
	set_only(&((struct gt_typed_root *)ret)->dirs.v, "/etc");
}

static void mounts_none(void *ret)
{
	gt_strv_clear(&((struct gt_typed_root *)ret)->dirs.v);
}

static void mounts_sees_all(void *ret)
{
	struct gt_typed_root *root = ret;

	root->sees_trusted = root->user_attrs = true;
}

static void response_refused(void *ret)
{
	((struct gt_nri_response *)ret)->code = 7;
}

static const struct attack request[] = {
	CHANGE("other", request_other),
	CHANGE("other-pid", request_other_pid),
	CHANGE("pid-1", request_pid_1),
	CHANGE("other-starts", request_other_starts),
	CHANGE("other-has-gone", request_other_has_gone),
	CHANGE("asks-for-all", request_asks_for_all),
	CHANGE("mounted-elsewhere", request_mounted_elsewhere),
	CHANGE("other-program", request_other_program),
};

static const struct attack mounts[] = {
	CHANGE("host", mounts_host),
	CHANGE("etc", mounts_etc),
	CHANGE("none", mounts_none),
	CHANGE("sees-all", mounts_sees_all),
};

static const struct attack response[] = {CHANGE("refused", response_refused)};

struct attacks attacks_on_nri(enum target t)
{
	switch (t) {
	case TARGET_NRI_REQUEST:
		return (struct attacks){request, GT_ARRAY_LEN(request)};
	case TARGET_NRI_MOUNTS:
		return (struct attacks){mounts, GT_ARRAY_LEN(mounts)};
	case TARGET_NRI_RESPONSE:
		return (struct attacks){response, GT_ARRAY_LEN(response)};
	default:
		return (struct attacks){0};
	}
}

#define F(type, name, kind)                                                              \
	{                                                                                \
#name, offsetof(struct type, name), sizeof(((struct type *)NULL)->name), \
			KIND_##kind                                                      \
	}

static const struct field request_fields[] = {
	F(gt_nri_request, call, NUMBER),
	F(gt_nri_request, method, TEXT),
	F(gt_nri_request, event, NUMBER),
	F(gt_nri_request, peer.runtime, TEXT),
	F(gt_nri_request, peer.version, TEXT),
	F(gt_nri_request, peer.nri, TEXT),
	F(gt_nri_request, more, BOOL),
	F(gt_nri_request, n_containers, NUMBER),
	F(gt_nri_request, has_container, BOOL),
	F(gt_nri_request, typed.id, TEXT),
	F(gt_nri_request, typed.name, TEXT),
	F(gt_nri_request, typed.pid, NUMBER),
	F(gt_nri_request, typed.labels, VECTOR),
	F(gt_nri_request, typed.bundle.args, VECTOR),
	F(gt_nri_request, typed.bundle.annotations, VECTOR),
	F(gt_nri_request, typed.bundle.mounts, VECTOR),
	F(gt_nri_request, typed.bundle.gotune_env, VECTOR),
	F(gt_nri_request, typed.bundle.var[0].present, BOOL),
	F(gt_nri_request, typed.bundle.var[0].value, TEXT),
	F(gt_nri_request, typed.bundle.path_env, TEXT),
	F(gt_nri_request, typed.bundle.cwd, TEXT),
	F(gt_nri_request, typed.bundle.cgroups_path, TEXT),
	F(gt_nri_request, typed.bundle.res.quota_us, NUMBER),
	F(gt_nri_request, typed.bundle.res.mem_limit_bytes, NUMBER),
	F(gt_nri_request, typed.bundle.arena, ARENA),
	F(gt_nri_request, typed.arena, ARENA),
};

static const struct field mounts_fields[] = {
	F(gt_typed_root, dirs.v, VECTOR),
	F(gt_typed_root, dirs.arena, ARENA),
	F(gt_typed_root, user_attrs, BOOL),
	F(gt_typed_root, sees_trusted, BOOL),
};

static const struct field response_fields[] = {
	F(gt_nri_response, code, NUMBER),
	F(gt_nri_response, message, TEXT),
};

struct fields fields_of_nri(enum target t)
{
	switch (t) {
	case TARGET_NRI_REQUEST:
		return (struct fields){request_fields, GT_ARRAY_LEN(request_fields)};
	case TARGET_NRI_MOUNTS:
		return (struct fields){mounts_fields, GT_ARRAY_LEN(mounts_fields)};
	case TARGET_NRI_RESPONSE:
		return (struct fields){response_fields, GT_ARRAY_LEN(response_fields)};
	default:
		return (struct fields){0};
	}
}
