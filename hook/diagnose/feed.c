/*
 * Bytes become lines: cut anywhere, wrapped in Docker's JSON, the CRI's format or a journal export,
 * a line in pieces put together for each stream. Pure, but for memory of a fixed size.
 */
#include "state.h"

static uint32_t stream_of(struct gt_diagnose *d, const char *name, uint64_t pid)
{
	for (uint32_t i = 0; i < d->n_stream; i++)
		if (d->stream[i].pid == pid && strcmp(d->stream[i].name, name) == 0)
			return i;
	if (d->n_stream == GT_STREAMS_MAX)
		return GT_STREAMS_MAX - 1;
	d->stream[d->n_stream] = (struct gt_stream){.pid = pid, .sched = -1};
	gt_copy_cut(d->stream[d->n_stream].name, name);
	return d->n_stream++;
}

/* Room for the pieces of a line. */
static bool has_room(struct gt_diagnose *d, struct gt_stream *s)
{
	if (!s->part)
		s->part = malloc(GT_LINE_MAX);
	d->no_memory |= !s->part;
	return s->part != NULL;
}

/* Keeps what fits of a piece. */
static void add_piece(struct gt_diagnose *d, struct gt_stream *s, const char *p, size_t n)
{
	size_t room = GT_LINE_MAX - s->part_len;

	if (!has_room(d, s))
		return;
	if (s->part_len == 0)
		s->part_line = d->lines;
	if (n > room) {
		d->cut++;
		n = room;
	}
	memcpy(s->part + s->part_len, p, n);
	s->part_len += n;
}

static void add_text(struct gt_diagnose *d, uint32_t i, const char *p, size_t n, bool partial,
		     uint64_t line)
{
	struct gt_stream *s = &d->stream[i];

	if (partial) {
		add_piece(d, s, p, n);
		return;
	}
	if (s->part_len == 0) {
		gt_lines_add(d, i, p, n, line);
		return;
	}
	add_piece(d, s, p, n);
	n = s->part_len;
	s->part_len = 0;
	gt_lines_add(d, i, s->part, n, s->part_line);
}

static void note_time(struct gt_diagnose *d, const char *time)
{
	if (!*time)
		return;
	gt_order_time(&d->order, GT_ORDER_WRAPPER, time);
	if (!d->from[0])
		gt_copy_cut(d->from, time);
	memcpy(d->to, time, sizeof(d->to));
}

static void add_wrapped(struct gt_diagnose *d, const char *p, size_t n)
{
	struct gt_unwrapped u;

	if (n > 0 && p[n - 1] == '\r')
		n--;
	gt_unwrap(p, n, d->scratch, &u);
	d->form_lines[u.form]++;
	note_time(d, u.time);
	add_text(d, stream_of(d, u.stream, u.pid), u.text, u.len, u.partial, d->lines);
}

/* --- a journal export: systemd.io/JOURNAL_EXPORT_FORMATS ------------------------------------- */

static void end_entry(struct gt_diagnose *d)
{
	struct gt_journal *j = &d->journal;

	if (j->line) {
		d->form_lines[GT_LF_JOURNAL]++;
		add_text(d, stream_of(d, "", j->pid), j->message, j->len, j->partial, j->line);
	}
	j->len = 0;
	j->line = j->pid = 0;
	j->partial = false;
}

static void keep_message(struct gt_diagnose *d, const char *p, size_t n)
{
	struct gt_journal *j = &d->journal;
	size_t room = GT_LINE_MAX - j->len;

	if (n > room) {
		d->cut++;
		n = room;
	}
	memcpy(j->message + j->len, p, n);
	j->len += n;
}

static bool has_key(const char *p, size_t n, const char *key)
{
	return n >= strlen(key) && memcmp(p, key, strlen(key)) == 0;
}

/* A line of an entry: KEY=VALUE, or KEY alone, which a size and bytes follow. */
static void add_field(struct gt_diagnose *d, const char *p, size_t n)
{
	struct gt_journal *j = &d->journal;

	if (n == 0) {
		end_entry(d);
	} else if (has_key(p, n, "MESSAGE=")) {
		j->line = d->lines;
		j->len = 0;
		keep_message(d, p + 8, n - 8);
	} else if (has_key(p, n, "_PID=")) {
		j->pid = 0;
		for (size_t i = 5; i < n && p[i] >= '0' && p[i] <= '9' && i < 15; i++)
			j->pid = j->pid * 10 + (uint64_t)(p[i] - '0');
	} else if (has_key(p, n, "CONTAINER_PARTIAL_MESSAGE=true")) {
		j->partial = true;
	} else if (!memchr(p, '=', n)) {
		j->is_message = n == 7 && memcmp(p, "MESSAGE", 7) == 0;
		j->size_left = 8;
		j->size = 0;
		if (j->is_message) {
			j->line = d->lines;
			j->len = 0;
		}
	}
}

/* The bytes of a binary field: how many of P's are. */
static size_t add_binary(struct gt_diagnose *d, const char *p, size_t n)
{
	struct gt_journal *j = &d->journal;
	size_t used = 0;

	while (used < n && j->size_left > 0) {
		j->size |= (uint64_t)(uint8_t)p[used++] << (8 * (8 - j->size_left));
		if (--j->size_left == 0) {
			j->binary = j->size;
			j->skip_newline = true;
		}
	}
	if (j->size_left == 0 && j->binary > 0 && used < n) {
		size_t len = n - used < j->binary ? n - used : (size_t)j->binary;

		if (j->is_message)
			keep_message(d, p + used, len);
		j->binary -= len;
		used += len;
	}
	if (j->size_left == 0 && j->binary == 0 && j->skip_newline && used < n) {
		j->skip_newline = false;
		used += p[used] == '\n';
	}
	return used;
}

/* --- lines ------------------------------------------------------------------------------------ */

static void add_line(struct gt_diagnose *d, const char *p, size_t n)
{
	static const char cursor[] = "__CURSOR=";

	d->lines++;
	if (d->too_long)
		d->cut++;
	d->too_long = false;
	if (d->lines == 1)
		d->journal.on = has_key(p, n, cursor);
	if (d->journal.on)
		add_field(d, p, n);
	else
		add_wrapped(d, p, n);
}

static void carry(struct gt_diagnose *d, const char *p, size_t n)
{
	size_t room = GT_LINE_MAX - d->carry_len;

	if (n > room) {
		d->too_long = true;
		n = room;
	}
	memcpy(d->carry + d->carry_len, p, n);
	d->carry_len += n;
}

void gt_diagnose_feed(struct gt_diagnose *d, const char *bytes, size_t len)
{
	const char *p = bytes, *end = bytes + len;

	d->bytes += len;
	while (p < end) {
		const char *nl;
		size_t n;

		if (d->journal.on && d->carry_len == 0 &&
		    (d->journal.size_left || d->journal.binary || d->journal.skip_newline)) {
			p += add_binary(d, p, (size_t)(end - p));
			continue;
		}
		nl = memchr(p, '\n', (size_t)(end - p));
		n = nl ? (size_t)(nl - p) : (size_t)(end - p);
		if (nl && d->carry_len == 0 && n <= GT_LINE_MAX) {
			add_line(d, p, n);
		} else {
			carry(d, p, n);
			if (nl) {
				n = d->carry_len;
				d->carry_len = 0;
				add_line(d, d->carry, n);
			}
		}
		p = nl ? nl + 1 : end;
	}
}

/* ---- a log that is read from its end ---- */

/* What comes before the beginning of the line that is kept, of which at most GT_LINE_MAX are. */
static void carry_before(struct gt_diagnose *d, const char *p, size_t n)
{
	size_t keep = n < GT_LINE_MAX ? GT_LINE_MAX - n : 0;

	keep = d->carry_len < keep ? d->carry_len : keep;
	d->too_long |= keep < d->carry_len || n > GT_LINE_MAX;
	n = n > GT_LINE_MAX ? GT_LINE_MAX : n;
	memmove(d->carry + n, d->carry, keep);
	memcpy(d->carry, p, n);
	d->carry_len = n + keep;
}

static void take_carried(struct gt_diagnose *d)
{
	size_t n = d->carry_len;

	d->carry_len = 0;
	add_line(d, d->carry, n);
}

void gt_diagnose_feed_back(struct gt_diagnose *d, const char *bytes, size_t len)
{
	const char *end = bytes + len;

	d->backward = true;
	d->bytes += len;
	while (end > bytes) {
		const char *nl = memrchr(bytes, '\n', (size_t)(end - bytes));
		const char *from = nl ? nl + 1 : bytes;

		carry_before(d, from, (size_t)(end - from));
		end = nl ? nl : bytes;
		if (nl && (d->back_begun || d->carry_len > 0))
			take_carried(d);
		d->back_begun |= nl != NULL;
	}
}

void gt_diagnose_close(struct gt_diagnose *d)
{
	if (d->backward && d->back_begun)
		take_carried(d);
	if (d->carry_len > 0) {
		size_t n = d->carry_len;

		d->carry_len = 0;
		add_line(d, d->carry, n);
	}
	if (d->journal.on)
		end_entry(d);
	for (uint32_t i = 0; i < d->n_stream; i++) {
		struct gt_stream *s = &d->stream[i];

		if (s->part_len > 0) {
			size_t n = s->part_len;

			s->part_len = 0;
			gt_lines_add(d, i, s->part, n, s->part_line);
		}
	}
	gt_lines_end(d);
}
