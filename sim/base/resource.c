// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/resource.h"

#include <gio/gio.h>

/*
 * From the file that glib-compile-resources makes. Its constructor registers the resources, but a
 * linker takes an object out of an archive only where somebody asks for one of its symbols.
 */
GResource *resources_get_resource(void);

GBytes *resource_lookup(const char *path)
{
	return g_resource_lookup_data(resources_get_resource(), path, G_RESOURCE_LOOKUP_FLAGS_NONE,
				      NULL);
}
