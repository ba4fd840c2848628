/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_CLI_COMMANDS_H
#define KMSIM_CLI_COMMANDS_H

#include "sim/cli/cli.h"

/* Every command, in the order of --help. To add one, add its file and a line here. */
#define COMMANDS(X)                                                                                \
	X(run)                                                                                     \
	X(replay)                                                                                  \
	X(whatif)                                                                                  \
	X(fidelity)                                                                                \
	X(compare)                                                                                 \
	X(record)                                                                                  \
	X(import)                                                                                  \
	X(convert)                                                                                 \
	X(trace)                                                                                   \
	X(synth)                                                                                   \
	X(zones)                                                                                   \
	X(sections)                                                                                \
	X(calibrate)                                                                               \
	X(accuracy)                                                                                \
	X(plot)                                                                                    \
	X(models)                                                                                  \
	X(machines)

#define X(name) extern const struct command command_##name;
COMMANDS(X)
#undef X

#endif
