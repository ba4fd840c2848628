// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a struct model_ops keeps the rules of models/model.h. */
#include "models/registry.h"

#include "sim/base/error.h"

#include <string.h>

#define ALL_KINDS (OP_BIT(OP_KINDS) - 1)

/* Set the error to "owner: …" and be false, so that a check can return it. */
#define refuse(owner, error, format, ...)                                                          \
	(set_input_error((error), "%s: " format, (owner), __VA_ARGS__), false)

/* The part whose meaning is the same in every version of the interface. */
static bool check_abi(const struct model_ops *ops, const char *owner, GError **error)
{
	if (ops->magic != KMSIM_MODEL_MAGIC)
		return refuse(owner, error, "not a kmsim model: magic 0x%08x, expected 0x%08x",
			      ops->magic, KMSIM_MODEL_MAGIC);
	if (ops->version != KMSIM_MODEL_VERSION)
		return refuse(owner, error,
			      "built for version %u of the model interface, this kmsim has "
			      "version %u",
			      ops->version, KMSIM_MODEL_VERSION);
	if (ops->size != sizeof(*ops))
		return refuse(owner, error,
			      "struct model_ops has %u bytes, expected %zu: built with another "
			      "model.h",
			      ops->size, sizeof(*ops));
	return true;
}

static bool check_required(const struct model_ops *ops, const char *owner, GError **error)
{
	const struct {
		const char *name;
		bool there;
	} required[] = {
		{"name", ops->name && *ops->name},
		{"summary", ops->summary && *ops->summary},
		{"kinds", ops->kinds},
		{"stages", ops->stages && ops->n_stages},
		{"create", ops->create},
		{"destroy", ops->destroy},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(required); i++) {
		if (!required[i].there)
			return refuse(owner, error, "required '%s' is missing", required[i].name);
	}
	/* Names stand in "name,key=value,name" and in file names. */
	if (strspn(ops->name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != strlen(ops->name))
		return refuse(owner, error,
			      "name '%s': only lower-case letters, digits, '-', '_' and '.' are "
			      "allowed",
			      ops->name);
	if (ops->kinds & ~ALL_KINDS)
		return refuse(owner, error, "kinds 0x%x has bits that are no op kind", ops->kinds);
	return true;
}

static bool check_params(const struct model_ops *ops, const char *owner, GError **error)
{
	struct param_value values[PARAM_MAX];
	unsigned n = 0;

	for (const struct param *param = ops->params; param && param->name; param++, n++) {
		if (n == PARAM_MAX)
			return refuse(owner, error, "more than %u parameters", PARAM_MAX);
		for (unsigned i = 0; i < n; i++) {
			if (!strcmp(ops->params[i].name, param->name))
				return refuse(owner, error, "two parameters '%s'", param->name);
		}
		if (!param->help)
			return refuse(owner, error, "parameter '%s' has no help", param->name);
		if (param->type > PARAM_TEXT || (param->type == PARAM_WORD && !param->words))
			return refuse(owner, error, "parameter '%s' has no type or no words",
				      param->name);
		g_autoptr(GError) cause = NULL;
		if (param->default_text && !param_set(ops->params, values, "default", param->name,
						      param->default_text, &cause))
			return refuse(owner, error, "%s", cause->message);
	}
	return true;
}

static bool check_stage(const struct model_ops *ops, const struct stage *stage, uint32_t known,
			const char *owner, GError **error)
{
	const char *name = stage->name ? stage->name : "";
	const int last = (int)ops->n_stages - 1;

	if (!*name)
		return refuse(owner, error, "stage %td has no name", stage - ops->stages);
	if (!stage->run)
		return refuse(owner, error, "stage '%s': required 'run' is missing", name);
	if (stage->holds & ~known)
		return refuse(owner, error, "stage '%s' holds locks (0x%x) that have no name", name,
			      stage->holds & ~known);
	if (stage->tries & ~stage->holds || stage->yields & ~stage->holds)
		return refuse(owner, error,
			      "stage '%s' tries or yields a lock that it does not hold", name);
	if (stage->tries & (stage->tries - 1))
		return refuse(owner, error, "stage '%s' tries more than one lock", name);
	if (stage->tries && stage->busy != CALL_DONE && (stage->busy < 0 || stage->busy > last))
		return refuse(owner, error, "stage '%s': busy is stage %d, there are 0 to %d", name,
			      stage->busy, last);
	return true;
}

static bool check_stages(const struct model_ops *ops, const char *owner, GError **error)
{
	unsigned n_locks = 0;

	while (ops->locks && ops->locks[n_locks]) {
		if (++n_locks > MODEL_LOCKS_MAX)
			return refuse(owner, error, "more than %u locks", MODEL_LOCKS_MAX);
	}
	if (ops->n_stages > INT16_MAX)
		return refuse(owner, error, "%u stages are too many", ops->n_stages);
	for (unsigned i = 0; i < ops->n_stages; i++) {
		if (!check_stage(ops, &ops->stages[i], LOCK_BIT(n_locks) - 1, owner, error))
			return false;
	}
	for (unsigned kind = 0; kind < OP_KINDS; kind++) {
		int entry = ops->entry[kind];

		if (ops->kinds & OP_BIT(kind) && (entry < 0 || entry >= (int)ops->n_stages))
			return refuse(owner, error, "entry of %s is stage %d, there are 0 to %u",
				      op_kind_name(kind), entry, ops->n_stages - 1);
	}
	return true;
}

bool model_ops_check(const struct model_ops *ops, const char *owner, GError **error)
{
	return check_abi(ops, owner, error) && check_required(ops, owner, error) &&
	       check_params(ops, owner, error) && check_stages(ops, owner, error);
}
