// SPDX-License-Identifier: GPL-2.0-or-later
/* Recorded /proc/zoneinfo. Fields are found by name: kernels add some, and none is renamed. */
#include "sim/base/error.h"
#include "sim/base/param.h"
#include "sim/machine/snapshot.h"

#include <stddef.h>
#include <string.h>

/* "name value" of a zone. Names of the lists of a CPU end in a colon, so no two are the same. */
static const struct field {
	const char *name;
	size_t offset;
} fields[] = {
	{"boost", offsetof(struct zone_info, boost)},
	{"min", offsetof(struct zone_info, min)},
	{"low", offsetof(struct zone_info, low)},
	{"high", offsetof(struct zone_info, high)},
	{"spanned", offsetof(struct zone_info, spanned)},
	{"present", offsetof(struct zone_info, present)},
	{"managed", offsetof(struct zone_info, managed)},
	{"start_pfn:", offsetof(struct zone_info, start_pfn)},
};

struct parser {
	GArray *zones;
	struct zone_info *zone; /* the one that lines are about; NULL: none yet */
	bool pcp_known;		/* sizes of its first CPU's lists were read */
};

static bool bad_number(const char *name, GError **error)
{
	set_input_error(error, "field '%s': expected a number", name);
	return false;
}

static bool begin_zone(struct parser *parser, char **words, GError **error)
{
	struct zone_info zone = {0};
	uint64_t node;

	if (g_strv_length(words) < 4 || strcmp(words[2], "zone") || !parse_u64(words[1], &node) ||
	    node > UINT_MAX || strlen(words[3]) >= sizeof(zone.name)) {
		set_input_error(error, "expected \"Node N, zone NAME\"");
		return false;
	}
	zone.node = (unsigned)node;
	g_strlcpy(zone.name, words[3], sizeof(zone.name));
	g_array_append_val(parser->zones, zone);
	parser->zone = &g_array_index(parser->zones, struct zone_info, parser->zones->len - 1);
	parser->pcp_known = false;
	return true;
}

/* "protection: (0, 3019, 19019)" */
static bool read_protection(struct zone_info *zone, char **words, GError **error)
{
	for (zone->n_protection = 0; *words && zone->n_protection < PROTECTION_MAX; words++) {
		if (!parse_u64(*words, &zone->protection[zone->n_protection++]))
			return bad_number("protection", error);
	}
	return true;
}

/* "count: 3", "high: 1726", "batch: 63": lists of a CPU. */
static bool read_pcp(struct parser *parser, const char *name, const char *value, GError **error)
{
	struct zone_info *zone = parser->zone;
	uint64_t number;

	if (!parse_u64(value, &number))
		return bad_number(name, error);
	if (!strcmp(name, "count:"))
		zone->pcp_count += number;
	else if (!strcmp(name, "high:") && !parser->pcp_known)
		zone->pcp_high = number;
	else if (!strcmp(name, "batch:") && !parser->pcp_known) {
		zone->pcp_batch = number;
		parser->pcp_known = true; /* it comes last */
	}
	return true;
}

static bool read_line(struct parser *parser, char **words, GError **error)
{
	struct zone_info *zone = parser->zone;

	if (!strcmp(words[0], "Node"))
		return begin_zone(parser, words, error);
	if (!zone) {
		set_input_error(error, "expected \"Node N, zone NAME\"");
		return false;
	}
	if (!words[1])
		return true;
	if (!strcmp(words[0], "protection:"))
		return read_protection(zone, words + 1, error);
	if (!strcmp(words[0], "pages") && !strcmp(words[1], "free"))
		return (words[2] && parse_u64(words[2], &zone->free)) || bad_number("free", error);
	if (!strcmp(words[0], "count:") || !strcmp(words[0], "high:") ||
	    !strcmp(words[0], "batch:"))
		return read_pcp(parser, words[0], words[1], error);
	for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++) {
		if (!strcmp(words[0], fields[i].name))
			return parse_u64(words[1], G_STRUCT_MEMBER_P(zone, fields[i].offset)) ||
			       bad_number(words[0], error);
	}
	return true;
}

/* The words of a line; empty ones, from white space in a row, left out. */
static char **split_words(const char *line)
{
	char **words = g_strsplit_set(line, " \t\r,()", -1);
	unsigned n = 0;

	for (char **word = words; *word; word++) {
		if (**word)
			words[n++] = *word;
		else
			g_free(*word);
	}
	words[n] = NULL;
	return words;
}

static int by_start(const void *a, const void *b)
{
	const struct zone_info *x = a, *y = b;

	return x->start_pfn < y->start_pfn ? -1 : x->start_pfn > y->start_pfn;
}

/* Leave out zones without memory, and bring the others into the order of their page frames. */
static bool check_zones(GArray *zones, GError **error)
{
	for (unsigned i = zones->len; i--;) {
		if (!g_array_index(zones, struct zone_info, i).present)
			g_array_remove_index(zones, i);
	}
	if (!zones->len) {
		set_input_error(error, "no zone has pages");
		return false;
	}
	g_array_sort(zones, by_start);
	for (unsigned i = 0; i < zones->len; i++) {
		const struct zone_info *zone = &g_array_index(zones, struct zone_info, i);

		if (zone->present > zone->spanned || zone->managed > zone->present ||
		    zone->start_pfn + zone->spanned < zone->start_pfn ||
		    (i && zone->start_pfn < zone[-1].start_pfn + zone[-1].spanned)) {
			set_input_error(error,
					"zone '%s': spanned, present and managed contradict each "
					"other, or it overlaps the one below",
					zone->name);
			return false;
		}
	}
	return true;
}

GArray *parse_zoneinfo(const char *text, GError **error)
{
	struct parser parser = {.zones = g_array_new(FALSE, FALSE, sizeof(struct zone_info))};
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (unsigned n = 0; lines[n]; n++) {
		g_auto(GStrv) words = split_words(lines[n]);

		if (words[0] && !read_line(&parser, words, error)) {
			g_prefix_error(error, "%u: ", n + 1);
			g_array_unref(parser.zones);
			return NULL;
		}
	}
	if (check_zones(parser.zones, error))
		return parser.zones;
	g_array_unref(parser.zones);
	return NULL;
}
