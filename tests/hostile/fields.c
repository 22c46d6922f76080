/*
 * The fields of what the jobs answer, each to be turned hostile on its own: a table a struct. Pure.
 */
#include "apply/stack.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/sysctl.h"
#include "hostile.h"

#define F(type, name, kind)                                                              \
	{                                                                                \
#name, offsetof(struct type, name), sizeof(((struct type *)NULL)->name), \
			KIND_##kind                                                      \
	}
#define VAR(i)                                                                   \
	F(gt_bundle, var[i].present, BOOL), F(gt_bundle, var[i].too_long, BOOL), \
		F(gt_bundle, var[i].count, NUMBER), F(gt_bundle, var[i].value, TEXT)
#define NS(i)                                                                \
	F(gt_bundle, ns[i].present, BOOL), F(gt_bundle, ns[i].joined, BOOL), \
		F(gt_bundle, ns[i].path, TEXT)

static const struct field state[] = {
	F(gt_state, id, TEXT),	   F(gt_state, status, TEXT), F(gt_state, pid, NUMBER),
	F(gt_state, bundle, TEXT), F(gt_state, root, TEXT),   F(gt_state, annotations, VECTOR),
	F(gt_state, arena, ARENA),
};

static const struct field bundle[] = {
	F(gt_bundle, oci_version, TEXT),
	F(gt_bundle, root_path, TEXT),
	F(gt_bundle, cwd, TEXT),
	F(gt_bundle, has_process, BOOL),
	F(gt_bundle, has_linux, BOOL),
	VAR(0),
	VAR(1),
	VAR(2),
	VAR(3),
	F(gt_bundle, has_path_env, BOOL),
	F(gt_bundle, path_env, TEXT),
	F(gt_bundle, has_nofile, BOOL),
	F(gt_bundle, nofile_soft, NUMBER),
	F(gt_bundle, nofile_hard, NUMBER),
	F(gt_bundle, no_new_privs, BOOL),
	F(gt_bundle, uid, NUMBER),
	NS(0),
	NS(1),
	NS(2),
	NS(3),
	NS(4),
	NS(5),
	NS(6),
	F(gt_bundle, has_seccomp, BOOL),
	F(gt_bundle, prctl_allowed, BOOL),
	F(gt_bundle, cgroup_mount, NUMBER),
	F(gt_bundle, cgroups_path, TEXT),
	F(gt_bundle, selinux_label, TEXT),
	F(gt_bundle, apparmor_profile, TEXT),
	F(gt_bundle, res.has_quota, BOOL),
	F(gt_bundle, res.has_period, BOOL),
	F(gt_bundle, res.has_shares, BOOL),
	F(gt_bundle, res.has_cpus, BOOL),
	F(gt_bundle, res.has_mems, BOOL),
	F(gt_bundle, res.has_mem_limit, BOOL),
	F(gt_bundle, res.has_swap, BOOL),
	F(gt_bundle, res.has_swappiness, BOOL),
	F(gt_bundle, res.quota_us, NUMBER),
	F(gt_bundle, res.period_us, NUMBER),
	F(gt_bundle, res.shares, NUMBER),
	F(gt_bundle, res.mem_limit_bytes, NUMBER),
	F(gt_bundle, res.swap_bytes, NUMBER),
	F(gt_bundle, res.swappiness, NUMBER),
	F(gt_bundle, res.cpus, TEXT),
	F(gt_bundle, res.mems, TEXT),
	F(gt_bundle, res.cpus_too_long, BOOL),
	F(gt_bundle, res.unified, VECTOR),
	F(gt_bundle, args, VECTOR),
	F(gt_bundle, annotations, VECTOR),
	F(gt_bundle, gotune_env, VECTOR),
	F(gt_bundle, sysctl, VECTOR),
	F(gt_bundle, mounts, VECTOR),
	F(gt_bundle, arena, ARENA),
};

static const struct field look[] = {
	F(gt_look, program.kind, NUMBER),
	F(gt_look, program.note, NUMBER),
	F(gt_look, program.path, TEXT),
	F(gt_look, program.via, TEXT),
	F(gt_look, program.dev, NUMBER),
	F(gt_look, program.ino, NUMBER),
	F(gt_look, program.elf32, BOOL),
	F(gt_look, program.big_endian, BOOL),
	F(gt_look, program.arch, TEXT),
	F(gt_look, program.go, TEXT),
	F(gt_look, program.go_known, BOOL),
	F(gt_look, program.go_minor, NUMBER),
	F(gt_look, program.has_modules, BOOL),
	F(gt_look, program.main_path, TEXT),
	F(gt_look, program.cgo, NUMBER),
	F(gt_look, program.automaxprocs, TEXT),
	F(gt_look, program.automaxprocs_replaced, TEXT),
	F(gt_look, program.automemlimit, TEXT),
	F(gt_look, program.automemlimit_replaced, TEXT),
	F(gt_look, program.has_godebug_default, BOOL),
	F(gt_look, program.godebug_default, TEXT),
	F(gt_look, script, BOOL),
	F(gt_look, step.what, NUMBER),
	F(gt_look, step.name, TEXT),
	F(gt_look, step.argv, VECTOR),
	F(gt_look, step.env, VECTOR),
	F(gt_look, step.arena, ARENA),
};

static const struct field image[] = {
	F(gt_image, found, BOOL),    F(gt_image, name, TEXT),	F(gt_image, id, TEXT),
	F(gt_image, labels, VECTOR), F(gt_image, arena, ARENA),
};

static const struct field sysctl[] = {
	F(gt_sysctl_pair, name, TEXT),
	F(gt_sysctl_pair, value, TEXT),
};

static const struct field stack[] = {
	F(gt_stack_new, image, NUMBER),	       F(gt_stack_new, len, NUMBER),
	F(gt_stack_new, addr, NUMBER),	       F(gt_stack_new, sp, NUMBER),
	F(gt_stack_new, ret_slot, NUMBER),     F(gt_stack_new, map_addr, NUMBER),
	F(gt_stack_new, changed, BOOL),	       F(gt_stack_new, env_error[0], NUMBER),
	F(gt_stack_new, env_error[3], NUMBER),
};

#define OF(a)                      \
	{                          \
		a, GT_ARRAY_LEN(a) \
	}

struct fields fields_of(enum target t)
{
	static const struct fields all[TARGET_COUNT] = {
		[TARGET_STATE] = OF(state),	   [TARGET_BUNDLE] = OF(bundle),
		[TARGET_LOOK] = OF(look),	   [TARGET_IMAGE] = OF(image),
		[TARGET_SYSCTL_READ] = OF(sysctl), [TARGET_SYSCTL_WRITE] = OF(sysctl),
		[TARGET_STACK] = OF(stack),
	};

	return all[t];
}
