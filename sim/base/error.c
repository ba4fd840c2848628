// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/error.h"

G_DEFINE_QUARK(kmsim - error - quark, kmsim_error)

int kmsim_error_exit_status(const GError *error)
{
	if (g_error_matches(error, KMSIM_ERROR, KMSIM_ERROR_INPUT) ||
	    g_error_matches(error, KMSIM_ERROR, KMSIM_ERROR_USAGE) ||
	    error->domain == G_OPTION_ERROR)
		return 2;
	if (g_error_matches(error, KMSIM_ERROR, KMSIM_ERROR_INTERRUPTED))
		return 130;
	return 1;
}
