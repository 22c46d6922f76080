/*
 * The fields of what the jobs answer, each to be turned hostile on its own: a table a struct. Pure.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/sysctl.h"
#include "hostile.h"

#define F(type, name, kind)                                                              \
	{                                                                                \
#name, offsetof(struct type, name), sizeof(((struct type *)NULL)->name), \
			KIND_##kind                                                      \
	}
#define VAR(type, i)                                                   \
	F(type, var[i].present, BOOL), F(type, var[i].too_long, BOOL), \
		F(type, var[i].count, NUMBER), F(type, var[i].value, TEXT)
/* The same of each answer that has a program. */
#define PROGRAM(type)                                                                              \
	F(type, program.kind, NUMBER), F(type, program.note, NUMBER), F(type, program.path, TEXT), \
		F(type, program.via, TEXT), F(type, program.predicted, BOOL),                      \
		F(type, program.elf32, BOOL), F(type, program.big_endian, BOOL),                   \
		F(type, program.arch, TEXT), F(type, program.go, TEXT),                            \
		F(type, program.go_known, BOOL), F(type, program.go_minor, NUMBER),                \
		F(type, program.has_modules, BOOL), F(type, program.main_path, TEXT),              \
		F(type, program.build, NUMBER), F(type, program.can_exec, NUMBER),                 \
		F(type, program.loads_later, NUMBER), F(type, program.cgo, NUMBER),                \
		F(type, program.automaxprocs, TEXT), F(type, program.automaxprocs_replaced, TEXT), \
		F(type, program.automemlimit, TEXT), F(type, program.automemlimit_replaced, TEXT), \
		F(type, program.has_godebug_default, BOOL), F(type, program.godebug_default, TEXT)
#define NS(i)                                                                \
	F(gt_bundle, ns[i].present, BOOL), F(gt_bundle, ns[i].joined, BOOL), \
		F(gt_bundle, ns[i].path, TEXT)
#define VIEW(i)                                                                            \
	F(gt_bundle, view.mount[i].point, TEXT), F(gt_bundle, view.mount[i].what, NUMBER), \
		F(gt_bundle, view.mount[i].now, NUMBER)

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
	VAR(gt_bundle, 0),
	VAR(gt_bundle, 1),
	VAR(gt_bundle, 2),
	VAR(gt_bundle, 3),
	F(gt_bundle, has_path_env, BOOL),
	F(gt_bundle, path_env, TEXT),
	F(gt_bundle, diverts_shell, BOOL),
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
	F(gt_bundle, own_hook, BOOL),
	VIEW(0),
	VIEW(1),
	VIEW(2),
	VIEW(3),
	VIEW(4),
	VIEW(5),
	VIEW(6),
	VIEW(7),
	F(gt_bundle, view.n_mount, NUMBER),
	F(gt_bundle, view.unclear, BOOL),
	F(gt_bundle, view.masked, BOOL),
	F(gt_bundle, view.proc_unclear, BOOL),
	F(gt_bundle, view.proc_masked, BOOL),
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
	PROGRAM(gt_look),
	F(gt_look, script, BOOL),
	F(gt_look, step.what, NUMBER),
	F(gt_look, step.name, TEXT),
	F(gt_look, step.predicted, BOOL),
	F(gt_look, step.n_argv, NUMBER),
	F(gt_look, step.argv[0], VECTOR),
	F(gt_look, step.argv[1], VECTOR),
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

static const struct field newcomer[] = {
	PROGRAM(gt_newcomer), F(gt_newcomer, kind, NUMBER), F(gt_newcomer, stack_error, NUMBER),
	VAR(gt_newcomer, 0),  VAR(gt_newcomer, 1),	    VAR(gt_newcomer, 2),
	VAR(gt_newcomer, 3),
};

static const struct field stack[] = {
	F(gt_stack_answer, stack.image, NUMBER),
	F(gt_stack_answer, stack.len, NUMBER),
	F(gt_stack_answer, stack.addr, NUMBER),
	F(gt_stack_answer, stack.sp, NUMBER),
	F(gt_stack_answer, stack.ret_slot, NUMBER),
	F(gt_stack_answer, stack.map_addr, NUMBER),
	F(gt_stack_answer, stack.changed, BOOL),
	F(gt_stack_answer, stack.env_error[0], NUMBER),
	F(gt_stack_answer, stack.env_error[3], NUMBER),
	F(gt_stack_answer, arena, ARENA),
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
		[TARGET_NEWCOMER] = OF(newcomer),  [TARGET_STACK] = OF(stack),
	};

	return t >= TARGET_NRI_REQUEST ? fields_of_nri(t) : all[t];
}
