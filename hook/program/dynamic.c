/*
 * Whether a program without Go in it may have Go in it later: a library in Go, which then reads the
 * environment. Reads through gt_elf_read only; no privilege.
 *
 * The rule looks at the one file, not at its libraries: GT_YES when its dynamic strings have the
 * name dlopen or dlmopen (as a whole or as the tail of another, since linkers merge tails), or when
 * it needs a library that is not in the table below, as that one could be Go's or open others.
 * GT_NO when it is static, or needs those in the table alone. GT_UNKNOWN when its dynamic section
 * cannot be read to the end.
 * Source: the System V ABI (generic ABI, "Dynamic Linking").
 */
#include <elf.h>
#include <string.h>

#include "elf_reader.h"
#include "gotune/base.h"

#define ENTRIES_MAX 1024u /* of the dynamic section; real ones have some thirty */
#define NEEDED_MAX  128u
#define STRINGS_MAX (4u << 20) /* of names */

/*
 * Libraries that are C or C++, in any distribution: the run-times of both languages and what base
 * systems link most. A name goes up to ".so"; a '-' or '.' and a version may follow it.
 */
static const char *const known[] = {
	"ld-linux",	  "ld-musl",	     "ld64",
	"libacl",	  "libanl",	     "libasan",
	"libatomic",	  "libattr",	     "libaudit",
	"libblkid",	  "libbrotlicommon", "libbrotlidec",
	"libbrotlienc",	  "libbsd",	     "libbz2",
	"libc",		  "libcap",	     "libcap-ng",
	"libcom_err",	  "libcrypt",	     "libcrypto",
	"libdl",	  "libedit",	     "libevent",
	"libexpat",	  "libffi",	     "libgcc_s",
	"libgmp",	  "libgomp",	     "libgssapi_krb5",
	"libjemalloc",	  "libk5crypto",     "libkrb5",
	"libkrb5support", "liblz4",	     "liblzma",
	"libm",		  "libmd",	     "libmount",
	"libmvec",	  "libncurses",	     "libncursesw",
	"libnghttp2",	  "libnsl",	     "libnuma",
	"libpcre",	  "libpcre2-8",	     "libpthread",
	"libreadline",	  "libresolv",	     "librt",
	"libselinux",	  "libsmartcols",    "libsqlite3",
	"libssl",	  "libstdc++",	     "libtcmalloc",
	"libtinfo",	  "libtirpc",	     "libudev",
	"libunwind",	  "libutil",	     "libuuid",
	"libuv",	  "libxml2",	     "libz",
	"libzstd",	  "linux-vdso",
};

/* Is what is left of a library's name after one of the table only a version? */
static bool is_version(const char *s)
{
	return *s == '\0' || gt_has_prefix(s, ".so") || gt_has_prefix(s, ".musl-") ||
	       (*s == '-' && strstr(s, ".so"));
}

static bool is_known(const char *name)
{
	for (size_t i = 0; i < GT_ARRAY_LEN(known); i++) {
		if (gt_has_prefix(name, known[i]) && is_version(name + strlen(known[i])))
			return true;
	}
	return false;
}

/* What the dynamic section says. */
struct dynamic {
	uint64_t strings, size; /* address and size of the string table */
	uint64_t needed[NEEDED_MAX];
	uint32_t n_needed;
};

static int read_section(struct gt_elf *e, struct dynamic *ret)
{
	size_t word = e->is64 ? 8 : 4;
	unsigned char b[16];

	*ret = (struct dynamic){0};
	for (uint32_t i = 0; i < ENTRIES_MAX && ((uint64_t)i + 1) * 2 * word <= e->dyn_size; i++) {
		uint64_t off, tag, value;
		int r;

		if (__builtin_add_overflow(e->dyn_off, (uint64_t)i * 2 * word, &off))
			return -EBADMSG;
		r = gt_elf_read(e, off, b, 2 * word);
		if (r < 0)
			return r;
		tag = gt_elf_uint(b, word, e->big_endian);
		value = gt_elf_uint(b + word, word, e->big_endian);
		if (tag == DT_NULL)
			return 0;
		if (tag == DT_STRTAB)
			ret->strings = value;
		else if (tag == DT_STRSZ)
			ret->size = value;
		else if (tag == DT_NEEDED && ret->n_needed == NEEDED_MAX)
			return -EFBIG;
		else if (tag == DT_NEEDED)
			ret->needed[ret->n_needed++] = value;
	}
	return -EBADMSG;
}

/* Does BUF of N bytes have a string that ends in dlopen or dlmopen? */
static bool opens(const unsigned char *buf, size_t n)
{
	static const char a[] = "dlopen", b[] = "dlmopen";

	return memmem(buf, n, a, sizeof(a)) || memmem(buf, n, b, sizeof(b));
}

/* Do the strings, SIZE bytes from file offset OFF, have the name of what opens libraries? */
static int has_dlopen(struct gt_elf *e, uint64_t off, uint64_t size, bool *ret)
{
	unsigned char buf[16 + GT_ELF_CHUNK];
	size_t kept = 0;

	*ret = false;
	while (size > 0 && !*ret) {
		size_t n = GT_ELF_CHUNK - (size_t)(off % GT_ELF_CHUNK);
		int r;

		n = n < size ? n : (size_t)size;
		r = gt_elf_read(e, off, buf + kept, n);
		if (r < 0)
			return r;
		*ret = opens(buf, kept + n);
		off += n;
		size -= n;
		n += kept;
		kept = n < 16 ? n : 16;
		memmove(buf, buf + n - kept, kept);
	}
	return 0;
}

/* Is the library whose name is at file offset OFF, SIZE bytes before the strings' end, known? */
static int check_needed(struct gt_elf *e, uint64_t off, uint64_t size, bool *ret)
{
	char name[64];
	size_t n = size < sizeof(name) ? (size_t)size : sizeof(name);
	int r = gt_elf_read(e, off, name, n);

	if (r < 0)
		return r;
	*ret = memchr(name, '\0', n) && is_known(name);
	return 0;
}

static int look(struct gt_elf *e, bool *ret)
{
	struct dynamic d;
	uint64_t off;
	int r = read_section(e, &d);

	*ret = false;
	if (r < 0)
		return r;
	if (d.size == 0 || d.size > STRINGS_MAX)
		return -EFBIG;
	r = gt_elf_map(e, d.strings, d.size, &off);
	for (uint32_t i = 0; r == 0 && i < d.n_needed; i++) {
		bool ok = false;

		if (d.needed[i] >= d.size)
			return -EBADMSG;
		r = check_needed(e, off + d.needed[i], d.size - d.needed[i], &ok);
		*ret = *ret || !ok;
	}
	return r < 0 || *ret ? r : has_dlopen(e, off, d.size, ret);
}

enum gt_tri gt_elf_loads_later(struct gt_elf *e)
{
	bool yes;

	if (e->dyn_size == 0)
		return GT_NO;
	if (look(e, &yes) < 0)
		return GT_UNKNOWN;
	return yes ? GT_YES : GT_NO;
}
