// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/fidelity/kernel_version.h"

#include "sim/base/error.h"

#include <stdio.h>
#include <string.h>

/* Since then a pool of less than 4 does not decay partially. The fix was posted in April 2025. */
#define MINOR_KEEPS_SHORT_POOLS 16

static const char *const versions[] = {"v6.9", "v6.12", "v6.18"};

const char *kernel_version_of(const char *release)
{
	unsigned major, minor;

	if (sscanf(release, "%u.%u", &major, &minor) != 2 || major < 6 || (major == 6 && minor < 9))
		return NULL;
	if (major > 6 || minor >= MINOR_KEEPS_SHORT_POOLS)
		return "v6.18";
	return minor < 12 ? "v6.9" : "v6.12";
}

static const char *of_release(const struct timeline *timeline, GError **error)
{
	const char *version = kernel_version_of(timeline->release);
	unsigned major, minor;

	if (version)
		return version;
	if (sscanf(timeline->release, "%u.%u", &major, &minor) != 2)
		set_input_error(error, "%s: not the release of a kernel: '%s'", timeline->name,
				timeline->release);
	else
		set_input_error(
			error,
			"%s: recorded on Linux %s; fidelity is measured with vmap-nodes, the "
			"allocator of v6.9 and later",
			timeline->name, timeline->release);
	return NULL;
}

const char *kernel_version(const struct timeline *timeline, const char *wanted, const char **told,
			   GError **error)
{
	*told = "the option --kernel";
	for (unsigned i = 0; wanted && i < G_N_ELEMENTS(versions); i++) {
		/* with its v or without it, as in the parameters of models */
		if (!strcmp(wanted, versions[i]) || !strcmp(wanted, versions[i] + 1))
			return versions[i];
	}
	if (wanted) {
		set_usage_error(error, "--kernel %s: expected v6.9, v6.12 or v6.18", wanted);
		return NULL;
	}
	*told = "the kernel's release";
	if (timeline->release)
		return of_release(timeline, error);
	*told = "how it writes failed attempts";
	return timeline->convention ? timeline->convention : "";
}
