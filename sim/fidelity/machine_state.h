/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_FIDELITY_MACHINE_STATE_H
#define KMSIM_FIDELITY_MACHINE_STATE_H

/* What lies beside the trace in the folder of a recording: kernel, CPUs, snapshots. */

#include "sim/fidelity/timeline.h"
#include "sim/trace/import/recording.h"

/*
 * Fill in release, CPUs, and the snapshots. @path is what the user named. The window must be known.
 * False with the error set: as vmallocinfo_read(), and KMSIM_ERROR_INPUT for a state file that is
 * not understood.
 */
bool machine_state_read(struct timeline *timeline, const struct recording *recording,
			const char *path, const struct timeline_options *options, GError **error);

/* The release of the kernel of the recording @path, to be freed; NULL: nothing tells. */
char *machine_release(const char *path);

#endif
