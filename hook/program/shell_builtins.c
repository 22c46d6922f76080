/*
 * Commands by name: shells, and what a container is not for. Pure.
 * Sources: POSIX.1-2017, Special Built-In Utilities; bash(1); what coreutils, util-linux, busybox
 * and entrypoints' other helpers have.
 */
#include <string.h>

#include "gotune/base.h"
#include "shell.h"

/* Builtins, and utilities that end soon. */
static const char *const passing[] = {
	":",	    "[",	"[[",	     "addgroup", "adduser",
	"apk",	    "apt-get",	"awk",	     "base64",	 "basename",
	"bg",	    "break",	"caller",    "cat",	 "cd",
	"chgrp",    "chmod",	"chown",     "cksum",	 "cmp",
	"continue", "cp",	"curl",	     "cut",	 "date",
	"dd",	    "declare",	"df",	     "diff",	 "dirname",
	"dirs",	    "disown",	"dos2unix",  "du",	 "echo",
	"egrep",    "envsubst", "export",    "expr",	 "false",
	"fg",	    "fgrep",	"file",	     "find",	 "free",
	"gawk",	    "getconf",	"getent",    "getopts",	 "grep",
	"groupadd", "groupmod", "gunzip",    "gzip",	 "hash",
	"head",	    "hexdump",	"history",   "hostname", "id",
	"ifconfig", "install",	"ip",	     "iptables", "jobs",
	"jq",	    "kill",	"ldconfig",  "let",	 "ln",
	"local",    "locale",	"logger",    "ls",	 "lsof",
	"mapfile",  "mawk",	"md5sum",    "mkdir",	 "mkfifo",
	"mknod",    "mktemp",	"modprobe",  "mount",	 "mv",
	"netstat",  "nproc",	"nslookup",  "od",	 "openssl",
	"paste",    "pgrep",	"pidof",     "ping",	 "pkill",
	"popd",	    "printenv", "printf",    "ps",	 "pushd",
	"pwd",	    "read",	"readarray", "readlink", "readonly",
	"realpath", "return",	"rm",	     "rmdir",	 "route",
	"sed",	    "seq",	"setcap",    "sha1sum",	 "sha256sum",
	"shopt",    "shuf",	"sleep",     "sort",	 "split",
	"stat",	    "stty",	"sync",	     "sysctl",	 "tail",
	"tar",	    "tee",	"test",	     "times",	 "touch",
	"tr",	    "trap",	"true",	     "truncate", "tty",
	"type",	    "typeset",	"ulimit",    "umask",	 "umount",
	"uname",    "uniq",	"unset",     "unzip",	 "update-ca-certificates",
	"useradd",  "usermod",	"uuidgen",   "wait",	 "wc",
	"wg",	    "wget",	"which",     "who",	 "whoami",
	"xxd",	    "yq",	"zcat",
};

static bool in(const char *const *list, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i], s) == 0)
			return true;
	}
	return false;
}

bool gt_sh_is_passing(const char *name)
{
	return in(passing, GT_ARRAY_LEN(passing), name);
}

bool gt_sh_is_shell(const char *name)
{
	static const char *const shells[] = {"sh", "bash", "dash", "ash"};

	return in(shells, GT_ARRAY_LEN(shells), name);
}

bool gt_sh_option_ok(const char *opt, bool *ret_command)
{
	if ((*opt != '-' && *opt != '+') || opt[1] == '\0')
		return false;
	for (const char *c = opt + 1; *c; c++) {
		if (*c == 'c' && *opt == '-' && ret_command)
			*ret_command = true;
		else if (!strchr("eufxvbhCEmT", *c))
			return false;
	}
	return true;
}
