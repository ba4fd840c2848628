/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_REGISTRY_H
#define KMSIM_MODELS_REGISTRY_H

/*
 * Which models there are: those of models/builtin.h, then plugins in the order in which they
 * were loaded. Plugins are loaded before the first run and stay for the life of the
 * process; from then on the functions here may be called from any thread.
 */

#include "models/model.h"

/* Every model, NULL-terminated. Valid until the next plugin is loaded. */
const struct model_ops *const *model_list(void);

/* The model called @name. NULL with the error set (KMSIM_ERROR_USAGE), which lists the known. */
const struct model_ops *model_find(const char *name, GError **error);

/*
 * Load the shared library @path, a model built against the installed kmsim/model.h. It is
 * never unloaded; a second load of the same file changes nothing. NULL with the error set
 * (KMSIM_ERROR_INPUT, "PATH: cause"): cannot be loaded, no entry symbol, another interface
 * version, anything that model_ops_check() refuses, a name that is taken.
 */
const struct model_ops *model_plugin_load(const char *path, GError **error);

/*
 * Load every plugin of @list, as KMSIM_PLUGIN_PATH holds it: files and folders separated by
 * colons; of a folder every *.so, in the order of their names. NULL is an empty list.
 */
bool model_plugin_load_list(const char *list, GError **error);

/*
 * Is @ops something the engine can run? False with the error set (KMSIM_ERROR_INPUT): "@owner:
 * what is wrong", with both versions where they differ and the name of a missing hook. Nothing
 * behind the version is read unless the version is ours.
 */
bool model_ops_check(const struct model_ops *ops, const char *owner, GError **error);

#endif
