/*
 * The text part of Go's build info: version, modules, build settings. Read as a stream through one
 * line buffer, since a block may be megabytes long. Pure but for gt_modinfo_read, which reads
 * through gt_elf_read; no privilege.
 * Source: Go src/runtime/debug/mod.go (BuildInfo.String, ParseBuildInfo), and
 * src/cmd/go/internal/modload/build.go for the marks around the block.
 */
#include <string.h>

#include "elf_reader.h"
#include "gotune/base.h"
#include "gotune/model.h"

#define MARK ((size_t)16)
static const unsigned char mark_start[MARK] = {0x30, 0x77, 0xaf, 0x0c, 0x92, 0x74, 0x08, 0x02,
					       0x41, 0xe1, 0xc1, 0x07, 0xe6, 0xd6, 0x18, 0xe6};
static const unsigned char mark_end[MARK] = {0xf9, 0x32, 0x43, 0x31, 0x86, 0x18, 0x20, 0x72,
					     0x00, 0x82, 0x42, 0x10, 0x41, 0x16, 0xd8, 0xf2};

/* The modules that set what we would set. The path must be the whole path. */
static const struct watched {
	const char *path;
	size_t version, version_cap, replaced, replaced_cap;
} watched[] = {
	{"go.uber.org/automaxprocs", offsetof(struct gt_program, automaxprocs),
	 sizeof(((struct gt_program *)NULL)->automaxprocs),
	 offsetof(struct gt_program, automaxprocs_replaced),
	 sizeof(((struct gt_program *)NULL)->automaxprocs_replaced)},
	{"github.com/KimMachineGun/automemlimit", offsetof(struct gt_program, automemlimit),
	 sizeof(((struct gt_program *)NULL)->automemlimit),
	 offsetof(struct gt_program, automemlimit_replaced),
	 sizeof(((struct gt_program *)NULL)->automemlimit_replaced)},
};

/* Copies what fits; bytes that could harm a terminal or a log become '?'. */
static void copy_plain(char *dst, size_t cap, const char *src)
{
	(void)gt_copy_str(dst, cap, src);
	for (; *dst; dst++) {
		if (*dst < 0x20 || *dst > 0x7e)
			*dst = '?';
	}
}

/* Ends the tab-separated field at S and returns the next one, "" when there is none. */
static char *next_field(char *s)
{
	char *tab = strchr(s, '\t');

	if (!tab)
		return s + strlen(s);
	*tab = '\0';
	return tab + 1;
}

static void on_path(struct gt_modinfo *m, char *rest)
{
	m->dep = -1;
	if (m->p->main_path[0] == '\0')
		copy_plain(m->p->main_path, sizeof(m->p->main_path), rest);
}

static void on_mod(struct gt_modinfo *m, char *rest)
{
	(void)rest;
	m->dep = -1;
	m->has_module = true;
}

static void on_dep(struct gt_modinfo *m, char *rest)
{
	char *version = next_field(rest);

	(void)next_field(version); /* the sum */
	m->dep = -1;
	m->has_module = true;
	for (size_t i = 0; i < GT_ARRAY_LEN(watched); i++) {
		const struct watched *w = &watched[i];

		if (strcmp(rest, w->path) != 0)
			continue;
		m->dep = (int)i;
		/* An empty version would read as "not linked". */
		copy_plain((char *)m->p + w->version, w->version_cap,
			   *version ? version : "(unknown)");
	}
}

static void on_replace(struct gt_modinfo *m, char *rest)
{
	const struct watched *w;
	char *version = next_field(rest), *dst;

	if (m->dep < 0)
		return;
	(void)next_field(version);
	w = &watched[m->dep];
	dst = (char *)m->p + w->replaced;
	m->dep = -1;
	copy_plain(dst, w->replaced_cap, rest);
	if (*version && gt_append(dst, w->replaced_cap, " "))
		copy_plain(dst + strlen(dst), w->replaced_cap - strlen(dst), version);
}

/* Keeps as many whole keys as fit: half a key would be another key. CUT: VALUE lacks its end. */
static void set_godebug(struct gt_program *p, const char *value, bool cut)
{
	size_t cap = sizeof(p->godebug_default);
	char *comma;

	p->has_godebug_default = true;
	if (strlen(value) < cap && !cut) {
		copy_plain(p->godebug_default, cap, value);
		return;
	}
	copy_plain(p->godebug_default, cap, value);
	if (!cut && value[cap - 1] == ',')
		return;
	comma = strrchr(p->godebug_default, ',');
	if (comma)
		*comma = '\0';
	else
		p->godebug_default[0] = '\0';
}

static void on_build(struct gt_modinfo *m, char *rest)
{
	static const char cgo[] = "CGO_ENABLED=", godebug[] = "DefaultGODEBUG=";

	m->dep = -1;
	if (gt_has_prefix(rest, cgo)) {
		const char *v = rest + sizeof(cgo) - 1;

		if (strcmp(v, "1") == 0)
			m->p->cgo = GT_YES;
		else if (strcmp(v, "0") == 0)
			m->p->cgo = GT_NO;
	} else if (gt_has_prefix(rest, godebug)) {
		set_godebug(m->p, rest + sizeof(godebug) - 1, m->cut);
	}
}

static const struct line_kind {
	const char *word;
	bool even_cut; /* is looked at although its end is missing */
	void (*fn)(struct gt_modinfo *m, char *rest);
} line_kinds[] = {
	{"path", false, on_path},  {"mod", false, on_mod},    {"dep", false, on_dep},
	{"=>", false, on_replace}, {"build", true, on_build},
};

/* One line is complete (or as much of it as the buffer has). */
static void line_done(struct gt_modinfo *m)
{
	char *rest;

	m->line[m->len] = '\0';
	rest = next_field(m->line);
	for (size_t i = 0; i < GT_ARRAY_LEN(line_kinds); i++) {
		const struct line_kind *k = &line_kinds[i];

		if (strcmp(m->line, k->word) == 0 && (!m->cut || k->even_cut))
			k->fn(m, rest);
	}
	if (m->cut)
		m->dep = -1;
	m->len = 0;
	m->cut = false;
}

void gt_modinfo_start(struct gt_modinfo *m, struct gt_program *p)
{
	*m = (struct gt_modinfo){.p = p, .dep = -1};
}

void gt_modinfo_feed(struct gt_modinfo *m, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			line_done(m);
		else if (text[i] == '\0')
			m->bad = true;
		else if (m->len < sizeof(m->line) - 1)
			m->line[m->len++] = text[i];
		else
			m->cut = true;
	}
}

int gt_modinfo_end(struct gt_modinfo *m)
{
	if (m->bad || m->len > 0 || m->cut)
		return -EBADMSG;
	/* GOPATH builds have a path line and list nothing: that says nothing about what is linked.
	 */
	m->p->has_modules = m->has_module;
	return 0;
}

/* Is the mark at file offset OFF the one in WANT? */
static int check_mark(struct gt_elf *e, uint64_t off, const unsigned char *want)
{
	unsigned char have[MARK];
	int r = gt_elf_read(e, off, have, sizeof(have));

	if (r < 0)
		return r;
	return memcmp(have, want, sizeof(have)) == 0 ? 0 : -EBADMSG;
}

int gt_modinfo_read(struct gt_elf *e, uint64_t addr, uint64_t len, struct gt_program *p)
{
	struct gt_modinfo m;
	char buf[512];
	uint64_t off;
	int r;

	if (len == 0)
		return 0;
	if (len < 2 * MARK)
		return -EBADMSG;
	r = gt_elf_map(e, addr, len, &off);
	if (r == 0)
		r = check_mark(e, off, mark_start);
	if (r == 0)
		r = check_mark(e, off + len - MARK, mark_end);
	if (r < 0)
		return r;
	gt_modinfo_start(&m, p);
	off += MARK;
	for (uint64_t left = len - 2 * MARK; left > 0;) {
		size_t n = left < sizeof(buf) ? (size_t)left : sizeof(buf);

		r = gt_elf_read(e, off, buf, n);
		if (r < 0)
			return r;
		gt_modinfo_feed(&m, buf, n);
		off += n;
		left -= n;
	}
	return gt_modinfo_end(&m);
}

/* The number after "go1.", where its end is plain: "go1.24", "go1.24.4", "go1.22rc1-x". */
static bool minor_of(const char *s, uint32_t *ret)
{
	uint32_t v = 0;
	size_t n = 0;

	if (!gt_has_prefix(s, "go1.") || s[4] == '0')
		return false;
	for (s += 4; n < 5 && s[n] >= '0' && s[n] <= '9'; n++)
		v = v * 10 + (uint32_t)(s[n] - '0');
	s += n;
	if (n == 0 || n == 5)
		return false;
	if (*s && !strchr(". -+", *s) && !gt_has_prefix(s, "rc") && !gt_has_prefix(s, "beta"))
		return false;
	*ret = v;
	return true;
}

int gt_go_version(const char *text, size_t len, struct gt_program *p)
{
	static const char devel[] = "devel ";
	const char *s;

	for (size_t i = 0; i < len; i++) {
		if (text[i] < 0x20 || text[i] > 0x7e)
			return -EBADMSG;
	}
	if (len == 0)
		return -EBADMSG;
	(void)gt_copy(p->go, sizeof(p->go), text, len); /* a long list of experiments is cut */
	s = gt_has_prefix(p->go, devel) ? p->go + sizeof(devel) - 1 : p->go;
	p->go_known = minor_of(s, &p->go_minor);
	return 0;
}
