// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/accuracy/accuracy.h"

bool accuracy_charts(const char *path, const json_t *accuracy, bool png, GPtrArray *messages,
		     GError **error)
{
	(void)path, (void)accuracy, (void)png, (void)messages, (void)error;
	return true;
}
