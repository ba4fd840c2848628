// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/registry.h"

#include "models/builtin.h"
#include "sim/base/error.h"

#include <gmodule.h>
#include <string.h>

/*
 * What dlopen() has loaded belongs to the process, and so does this list. It changes only
 * while options are read, before there is a second thread.
 */
static GPtrArray *registered(void)
{
	static GPtrArray *models;

	if (!models) {
		models = g_ptr_array_new();
#define X(ops) g_ptr_array_add(models, (void *)&ops);
		BUILTIN_MODELS(X)
#undef X
		g_ptr_array_add(models, NULL);
	}
	return models;
}

const struct model_ops *const *model_list(void)
{
	return (const struct model_ops *const *)registered()->pdata;
}

static const struct model_ops *lookup(const char *name)
{
	for (const struct model_ops *const *ops = model_list(); *ops; ops++) {
		if (!strcmp((*ops)->name, name))
			return *ops;
	}
	return NULL;
}

const struct model_ops *model_find(const char *name, GError **error)
{
	const struct model_ops *found = lookup(name);

	if (!found) {
		g_autoptr(GString) known = g_string_new(NULL);

		for (const struct model_ops *const *ops = model_list(); *ops; ops++)
			g_string_append_printf(known, "%s%s", known->len ? ", " : "", (*ops)->name);
		set_usage_error(error, "no model '%s' (known: %s)", name, known->str);
	}
	return found;
}

/* The symbol that every plugin has, called. NULL with the error set. */
static const struct model_ops *plugin_ops(GModule *module, const char *path, GError **error)
{
	const struct model_ops *ops;
	kmsim_model_fn entry;

	if (!g_module_symbol(module, KMSIM_MODEL_ENTRY, (void **)&entry) || !entry) {
		set_input_error(error, "%s: not a kmsim model: it has no function %s()", path,
				KMSIM_MODEL_ENTRY);
		return NULL;
	}
	ops = entry();
	if (!ops) {
		set_input_error(error, "%s: %s() returned NULL", path, KMSIM_MODEL_ENTRY);
		return NULL;
	}
	return model_ops_check(ops, path, error) ? ops : NULL;
}

static const struct model_ops *plugin_register(GModule *module, const char *path, GError **error)
{
	const struct model_ops *ops = plugin_ops(module, path, error), *same;

	if (!ops)
		return NULL;
	same = lookup(ops->name);
	if (same == ops)
		return ops;
	if (same) {
		set_input_error(error, "%s: there is a model called '%s' already", path, ops->name);
		return NULL;
	}
	g_ptr_array_insert(registered(), (int)registered()->len - 1, (void *)ops);
	return ops;
}

const struct model_ops *model_plugin_load(const char *path, GError **error)
{
	/* A bare name would be looked for among the system's libraries. */
	g_autofree char *full = g_canonicalize_filename(path, NULL);
	/* Without G_MODULE_BIND_LAZY: a symbol that is missing is reported now, not during a run.
	 */
	GModule *module = g_module_open(full, G_MODULE_BIND_LOCAL);

	if (!module) {
		set_input_error(error, "%s: cannot be loaded: %s", path, g_module_error());
		return NULL;
	}
	g_module_make_resident(module);
	return plugin_register(module, path, error);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool load_folder(const char *folder, GError **error)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) cause = NULL;
	GDir *dir = g_dir_open(folder, 0, &cause);
	const char *name;

	if (!dir) {
		set_input_error(error, "%s", cause->message);
		return false;
	}
	while ((name = g_dir_read_name(dir))) {
		if (g_str_has_suffix(name, ".so"))
			g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
	}
	g_dir_close(dir);
	g_ptr_array_sort(paths, compare_names);
	for (unsigned i = 0; i < paths->len; i++) {
		if (!model_plugin_load(paths->pdata[i], error))
			return false;
	}
	return true;
}

bool model_plugin_load_list(const char *list, GError **error)
{
	g_auto(GStrv) paths = g_strsplit(list ? list : "", ":", -1);

	for (char **path = paths; *path; path++) {
		if (!**path)
			continue;
		if (g_file_test(*path, G_FILE_TEST_IS_DIR) ? !load_folder(*path, error)
							   : !model_plugin_load(*path, error))
			return false;
	}
	return true;
}
