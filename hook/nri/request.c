/*
 * ttrpc's Request and Response, and the calls of NRI that they carry. Pure; runs in the parser
 * worker. Field numbers: containerd/ttrpc request.proto, containerd/nri pkg/api/api.proto.
 */
#include "request.h"
#include "pb.h"

#define PLUGIN_SERVICE "nri.pkg.api.v1alpha1.Plugin"

/* Every call that a runtime makes; since NRI 0.12 each event has one of its own. */
static const struct method {
	const char *name;
	enum gt_nri_call call;
	enum gt_nri_event event;
	uint8_t pod, container; /* their fields; 0: it has none */
} methods[] = {
	{"Configure", GT_NRI_CALL_CONFIGURE, GT_NRI_OTHER, 0, 0},
	{"Synchronize", GT_NRI_CALL_SYNCHRONIZE, GT_NRI_OTHER, 0, 0},
	{"Shutdown", GT_NRI_CALL_SHUTDOWN, GT_NRI_OTHER, 0, 0},
	{"CreateContainer", GT_NRI_CALL_CREATE, GT_NRI_CREATE, 1, 2},
	{"UpdateContainer", GT_NRI_CALL_EVENT, GT_NRI_UPDATE, 1, 2},
	{"StopContainer", GT_NRI_CALL_EVENT, GT_NRI_STOP, 1, 2},
	{"StateChange", GT_NRI_CALL_EVENT, GT_NRI_OTHER, 2, 3},
	{"StartContainer", GT_NRI_CALL_EVENT, GT_NRI_START, 1, 2},
	{"RemoveContainer", GT_NRI_CALL_EVENT, GT_NRI_REMOVE, 1, 2},
	{"PostUpdateContainer", GT_NRI_CALL_EVENT, GT_NRI_POST_UPDATE, 1, 2},
};

static const struct method *find_method(struct gt_pb request)
{
	struct gt_pb name = gt_pb_find(request, 2);

	if (!gt_pb_is(gt_pb_find(request, 1), PLUGIN_SERVICE))
		return NULL;
	for (size_t i = 0; i < GT_ARRAY_LEN(methods); i++) {
		if (gt_pb_is(name, methods[i].name))
			return &methods[i];
	}
	return NULL;
}

/* Is it a message to its end? What follows then need not ask. */
static bool is_message(struct gt_pb m)
{
	struct gt_pb_field f;
	int r;

	do
		r = gt_pb_next(&m, &f);
	while (r > 0);
	return r == 0;
}

static void read_configure(struct gt_pb m, struct gt_nri_peer *ret)
{
	(void)gt_pb_copy(gt_pb_find(m, 2), ret->runtime, sizeof(ret->runtime)); /* to be shown */
	(void)gt_pb_copy(gt_pb_find(m, 3), ret->version, sizeof(ret->version));
	(void)gt_pb_copy(gt_pb_find(m, 6), ret->nri, sizeof(ret->nri));
}

static void read_synchronize(struct gt_pb m, struct gt_nri_request *ret)
{
	struct gt_pb all = m;
	struct gt_pb_field f;
	uint64_t more = 0;

	ret->more = gt_pb_find_number(m, 3, &more) && more != 0;
	while (gt_pb_next(&all, &f) > 0)
		ret->n_containers += f.number == 2 && f.wire == GT_PB_BYTES;
}

static enum gt_nri_event event_of(struct gt_pb m)
{
	uint64_t v = 0;

	return gt_pb_find_number(m, 1, &v) && v <= GT_NRI_EVENT_MAX ? (enum gt_nri_event)v
								    : GT_NRI_OTHER;
}

int gt_nri_read_request(const void *p, size_t len, struct gt_nri_request *ret, struct gt_err *e)
{
	struct gt_pb request = gt_pb_of(p, len), m, pod, container;
	const struct method *method;
	int r;

	memset(ret, 0, offsetof(struct gt_nri_request, typed));
	gt_typed_init(&ret->typed);
	if (!is_message(request))
		return gt_err_set(e, -EBADMSG, "not a ttrpc request");
	method = find_method(request);
	(void)gt_pb_copy(gt_pb_find(request, 2), ret->method, sizeof(ret->method));
	if (!method)
		return 0;
	m = gt_pb_find(request, 3);
	if (!is_message(m))
		return gt_err_set(e, -EBADMSG, "%s: not a message", method->name);
	ret->call = method->call;
	ret->event = strcmp(method->name, "StateChange") == 0 ? event_of(m) : method->event;
	if (method->call == GT_NRI_CALL_CONFIGURE)
		read_configure(m, &ret->peer);
	if (method->call == GT_NRI_CALL_SYNCHRONIZE)
		read_synchronize(m, ret);
	pod = method->pod ? gt_pb_find(m, method->pod) : (struct gt_pb){0};
	container = method->container ? gt_pb_find(m, method->container) : (struct gt_pb){0};
	if (gt_pb_len(&container) == 0)
		return 0;
	r = gt_nri_read_container(&pod, &container, &ret->typed);
	if (r < 0)
		return gt_err_set(e, r, "%s: not a container as NRI has it", method->name);
	ret->has_container = true;
	return 0;
}

int gt_nri_read_response(const void *p, size_t len, struct gt_nri_response *ret, struct gt_err *e)
{
	struct gt_pb response = gt_pb_of(p, len), status;
	uint64_t code = 0;

	*ret = (struct gt_nri_response){0};
	if (!is_message(response))
		return gt_err_set(e, -EBADMSG, "not a ttrpc response");
	status = gt_pb_find(response, 1);
	if (gt_pb_find_number(status, 1, &code))
		ret->code = code <= 255 ? (int32_t)code : 255;
	(void)gt_pb_copy(gt_pb_find(status, 2), ret->message, sizeof(ret->message));
	return 0;
}
