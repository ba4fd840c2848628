// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/account.h"

#include "sim/trace/import/event.h"

#include <stdarg.h>
#include <string.h>

static void unused_clear(gpointer unused)
{
	g_free(((struct import_unused *)unused)->name);
}

void import_account_init(struct import_account *account)
{
	*account = (struct import_account){
		.cpus = 1,
		.unused = g_array_new(FALSE, FALSE, sizeof(struct import_unused)),
		.warnings = g_ptr_array_new_with_free_func(g_free),
	};
	g_array_set_clear_func(account->unused, unused_clear);
}

void import_account_clear(struct import_account *account)
{
	g_clear_pointer(&account->unused, g_array_unref);
	g_clear_pointer(&account->warnings, g_ptr_array_unref);
}

void account_unused(struct import_account *account, const char *name)
{
	GArray *unused = account->unused;
	guint low = 0, high = unused->len;

	while (low < high) {
		guint middle = (low + high) / 2;
		struct import_unused *kind = &g_array_index(unused, struct import_unused, middle);
		int order = strcmp(name, kind->name);

		if (!order) {
			kind->count++;
			return;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	struct import_unused kind = {g_strdup(name), 1, event_not_needed(name)};

	g_array_insert_val(unused, low, kind);
}

void account_place(struct import_places *places, uint64_t place)
{
	if (places->count < IMPORT_PLACES_MAX)
		places->first[places->count] = place;
	places->count++;
}

void account_lost(struct import_account *account, uint64_t events)
{
	account->lost_markers++;
	account->lost_events += events;
}

void account_cpus(struct import_account *account, uint64_t cpus)
{
	account->cpus = (uint32_t)MAX(account->cpus, cpus);
}

void account_warn(struct import_account *account, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(account->warnings, g_strdup_vprintf(format, args));
	va_end(args);
}
