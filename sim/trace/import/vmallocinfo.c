// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/vmallocinfo.h"

#include "sim/base/error.h"
#include "sim/base/reader.h"
#include "sim/base/units.h"
#include "sim/trace/import/account.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum vmallocinfo_line vmallocinfo_parse(const char *line, struct seed *seed)
{
	uint64_t size;
	int used = 0;

	if (g_str_has_prefix(line, "(____ptrval____)-"))
		return VMALLOCINFO_MASKED;
	if (sscanf(line, "0x%" SCNx64 "-0x%" SCNx64 " %" SCNu64 " %n", &seed->start, &seed->end,
		   &size, &used) != 3 ||
	    !size || size % PAGE_SIZE)
		return VMALLOCINFO_BAD;
	seed->lazy = used && g_str_has_prefix(line + used, "unpurged vm_area");
	seed->percpu = used && g_str_has_prefix(line + used, "pcpu_get_vm_areas+");
	seed->stale = false;
	if (seed->end - seed->start != size || !seed->start || seed->end < seed->start)
		return VMALLOCINFO_MASKED;
	return seed->start % PAGE_SIZE ? VMALLOCINFO_BAD : VMALLOCINFO_AREA;
}

static bool refuse_masked(struct reader *reader, GError **error)
{
	set_input_error(error,
			"%s: its addresses are hashed or hidden: set kernel.kptr_restrict to 1 and "
			"read /proc/vmallocinfo as root",
			reader_path(reader));
	return false;
}

/* Something is there, and no line of it is an area. */
static bool refuse_other(struct reader *reader, GError **error)
{
	set_input_error(error, "%s:1: no line of /proc/vmallocinfo, nor are those below",
			reader_path(reader));
	return false;
}

static bool read_areas(struct reader *reader, GArray *seeds, struct area_map *map,
		       struct import_account *account, GError **error)
{
	uint64_t masked = 0;
	const char *text;
	size_t length;
	int got;

	while ((got = reader_line(reader, &text, &length, error)) > 0) {
		g_autofree char *line = g_strndup(text, length);
		struct seed seed;
		enum vmallocinfo_line kind = vmallocinfo_parse(line, &seed);

		masked += kind == VMALLOCINFO_MASKED;
		if (kind != VMALLOCINFO_AREA) {
			account_place(&account->seeds_bad_lines, reader_line_number(reader));
		} else if (area_map_overlap(map, seed.start, seed.end)) {
			account->seeds_overlapping++;
		} else {
			area_map_add(map, (struct area){seed.start, seed.end, seeds->len});
			g_array_append_val(seeds, seed);
		}
	}
	if (got < 0)
		return false;
	if (reader_line_number(reader) && !reader_line_ended(reader))
		account_warn(account, "%s: its last line has no end: was it cut short?",
			     reader_path(reader));
	if (seeds->len || !reader_line_number(reader))
		return true;
	return masked ? refuse_masked(reader, error) : refuse_other(reader, error);
}

GArray *vmallocinfo_read(const char *path, struct import_account *account, GError **error)
{
	struct reader *reader = reader_open(path, error);

	if (!reader)
		return NULL;
	GArray *seeds = g_array_new(FALSE, FALSE, sizeof(struct seed));
	struct area_map *map = area_map_new();

	if (!read_areas(reader, seeds, map, account, error))
		g_clear_pointer(&seeds, g_array_unref);
	else if (!seeds->len)
		account_warn(account, "%s: no area in this snapshot of /proc/vmallocinfo", path);
	area_map_free(map);
	reader_close(reader);
	return seeds;
}
