// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/machine_record.h"

struct machine_record *machine_record_new(void)
{
	struct machine_record *record = g_new0(struct machine_record, 1);

	record->scans = g_array_new(FALSE, FALSE, sizeof(struct machine_scan));
	return record;
}

void machine_record_free(struct machine_record *record)
{
	if (!record)
		return;
	g_array_unref(record->scans);
	g_clear_pointer(&record->blocks_start, g_array_unref);
	g_clear_pointer(&record->blocks_end, g_array_unref);
	snapshot_free(record->before);
	snapshot_free(record->after);
	g_free(record);
}

void machine_record_scan(struct machine_record *record, const struct machine_scan *scan)
{
	if (record->scans->len == MACHINE_SCANS_MAX)
		record->scans_cut = true;
	else
		g_array_append_vals(record->scans, scan, 1);
}
