/*
 * The plugin's side of the protocol: registers, is configured and synchronized, and answers calls
 * until the runtime goes. Effectful: the socket, a worker for each message.
 *
 * No answer of ours is an error but "unimplemented" (the runtime then takes another call for that
 * event): any other status fails the creation of the container that it is about.
 */
#include "gotune/nri.h"
#include "pb.h"
#include "request.h"
#include "trunk.h"

#define RUNTIME_SERVICE "nri.pkg.api.v1alpha1.Runtime"
#define OUR_NRI		"0.12.0"
#define UNIMPLEMENTED	12 /* google.golang.org/grpc codes */
#define BIT(event)	(UINT64_C(1) << ((event)-1))
#define EVENTS		(BIT(GT_NRI_CREATE) | BIT(GT_NRI_START) | BIT(GT_NRI_UPDATE) | BIT(GT_NRI_REMOVE))

struct session {
	struct gt_nri_trunk trunk;
	const struct gt_nri_ops *ops;
	struct gt_nri_peer peer;
	unsigned n_containers; /* of parts of a synchronization */
	int refused;	       /* the runtime does not want us: -errno */
};

static int register_plugin(struct session *s, const char *name, const char *index, struct gt_err *e)
{
	_cleanup_(gt_buf_done) struct gt_buf m = {0};
	_cleanup_(gt_buf_done) struct gt_buf request = {0};

	gt_pb_add_str(&m, 1, name);
	gt_pb_add_str(&m, 2, index);
	gt_pb_add_str(&m, 3, OUR_NRI);
	gt_pb_add_str(&request, 1, RUNTIME_SERVICE);
	gt_pb_add_str(&request, 2, "RegisterPlugin");
	gt_pb_add_bytes(&request, 3, m.p, m.len);
	if (m.error)
		return gt_err_set(e, m.error, "out of memory");
	return gt_nri_trunk_send(&s->trunk, GT_NRI_CONN_RUNTIME, 1, GT_TTRPC_REQUEST, &request, e);
}

/* Answers with message M, which may be empty. */
static int answer(struct session *s, uint32_t stream, const struct gt_buf *m, struct gt_err *e)
{
	_cleanup_(gt_buf_done) struct gt_buf response = {0};

	if (m->error)
		return gt_err_set(e, m->error, "out of memory");
	gt_pb_add_bytes(&response, 2, m->p, m->len);
	return gt_nri_trunk_send(&s->trunk, GT_NRI_CONN_PLUGIN, stream, GT_TTRPC_RESPONSE,
				 &response, e);
}

static int answer_unimplemented(struct session *s, uint32_t stream, struct gt_err *e)
{
	_cleanup_(gt_buf_done) struct gt_buf status = {0};
	_cleanup_(gt_buf_done) struct gt_buf response = {0};

	gt_pb_add_number(&status, 1, UNIMPLEMENTED);
	gt_pb_add_str(&status, 2, "gotune does not take this call");
	gt_pb_add_bytes(&response, 1, status.p, status.len);
	return gt_nri_trunk_send(&s->trunk, GT_NRI_CONN_PLUGIN, stream, GT_TTRPC_RESPONSE,
				 &response, e);
}

/* A variable that the container has is never named: it would be replaced, or fail the creation. */
static void add_variables(struct gt_buf *m, const struct gt_nri_variable *v, unsigned n)
{
	_cleanup_(gt_buf_done) struct gt_buf adjust = {0};

	for (unsigned i = 0; i < n; i++) {
		_cleanup_(gt_buf_done) struct gt_buf pair = {0};

		gt_pb_add_str(&pair, 1, v[i].name);
		gt_pb_add_str(&pair, 2, v[i].value);
		gt_pb_add_bytes(&adjust, 4, pair.p, pair.len);
	}
	if (n > 0 && !adjust.error)
		gt_pb_add_bytes(m, 1, adjust.p, adjust.len);
}

static void look(const struct session *s)
{
	if (s->ops->look)
		s->ops->look(s->ops->ctx);
}

static void create(struct session *s, const struct gt_nri_request *q, struct gt_buf *m)
{
	struct gt_nri_variable v[GT_VAR_COUNT] = {0};
	unsigned n;

	if (!q->has_container)
		return;
	n = s->ops->create(s->ops->ctx, &s->peer, &q->typed, v);
	add_variables(m, v, n <= GT_VAR_COUNT ? n : 0);
}

/* The runtime takes us for one that cannot do with parts unless we say "more", too. */
static void synchronize(struct session *s, const struct gt_nri_request *q, struct gt_buf *m)
{
	s->n_containers += q->n_containers;
	if (q->more) {
		gt_pb_add_number(m, 2, 1);
		return;
	}
	s->ops->synchronized(s->ops->ctx, &s->peer, s->n_containers);
	s->n_containers = 0;
}

static int handle(struct session *s, uint32_t stream, const struct gt_nri_request *q,
		  struct gt_err *e)
{
	_cleanup_(gt_buf_done) struct gt_buf m = {0};

	switch (q->call) {
	case GT_NRI_CALL_CONFIGURE:
		s->peer = q->peer;
		gt_pb_add_number(&m, 2, EVENTS);
		break;
	case GT_NRI_CALL_SYNCHRONIZE:
		synchronize(s, q, &m);
		break;
	case GT_NRI_CALL_CREATE:
		create(s, q, &m);
		break;
	case GT_NRI_CALL_EVENT:
		if (q->has_container)
			s->ops->event(s->ops->ctx, &s->peer, q->event, &q->typed);
		break;
	case GT_NRI_CALL_SHUTDOWN:
		break;
	case GT_NRI_CALL_UNKNOWN:
	case GT_NRI_CALL_COUNT:
		return answer_unimplemented(s, stream, e);
	}
	return answer(s, stream, &m, e);
}

static int on_request(struct session *s, const struct gt_nri_message *msg, struct gt_err *e)
{
	_cleanup_free_ struct gt_nri_request *q = malloc(sizeof(*q));
	const struct gt_buf nothing = {0};
	struct gt_err why = {0};
	int r;

	look(s);
	r = q ? gt_nri_decode(GT_NRI_JOB_REQUEST, msg->p, msg->len, q, &why) : -ENOMEM;

	if (r == 0)
		return handle(s, msg->stream, q, e);
	gt_log(GT_LOG_WARNING, "a call of the runtime's is answered with nothing: %s",
	       q ? why.msg : "out of memory");
	return answer(s, msg->stream, &nothing, e);
}

/* Of RegisterPlugin alone: we ask nothing else. */
static int on_response(const struct gt_nri_message *msg, struct gt_err *e)
{
	struct gt_nri_response a;
	struct gt_err why = {0};
	int r = gt_nri_decode(GT_NRI_JOB_RESPONSE, msg->p, msg->len, &a, &why);

	if (r < 0)
		return gt_err_set(e, r, "the answer to our registration: %s", why.msg);
	if (a.code != 0)
		return gt_err_set(e, -EPERM, "the runtime refuses us: %s (code %d)", a.message,
				  (int)a.code);
	return 0;
}

int gt_nri_serve(int fd, const char *name, const char *index, const struct gt_nri_ops *ops,
		 struct gt_err *e)
{
	struct session s = {.trunk = {.fd = fd, .idle = ops->look, .idle_ctx = ops->ctx},
			    .ops = ops};
	struct gt_nri_message msg;
	int r = register_plugin(&s, name, index, e);

	while (r >= 0) {
		r = gt_nri_trunk_next(&s.trunk, &msg, e);
		if (r <= 0)
			break;
		if (msg.conn == GT_NRI_CONN_PLUGIN && msg.type == GT_TTRPC_REQUEST)
			r = on_request(&s, &msg, e);
		else if (msg.conn == GT_NRI_CONN_RUNTIME && msg.type == GT_TTRPC_RESPONSE)
			r = on_response(&msg, e);
	}
	gt_nri_trunk_done(&s.trunk);
	return r;
}
