// SPDX-License-Identifier: GPL-2.0-or-later
/* Recorded /proc/buddyinfo and /proc/pagetypeinfo. Fields are found by name, not by column. */
#include "sim/base/error.h"
#include "sim/base/param.h"
#include "sim/machine/zone_counts.h"

#include <string.h>

#define MAX_WORDS 32

/* One line's words: "Node 0, zone DMA32, type Movable 1 2 3" without the commas. */
struct words {
	char *word[MAX_WORDS];
	unsigned n;
};

struct parser {
	GArray *zones;
	enum list_type columns[LIST_TYPES + 1]; /* of the block counts */
	unsigned n_columns;
	bool mixed; /* in the table of mixed blocks, which nobody needs */
};

static struct words split_words(char *line)
{
	struct words words = {0};
	char *rest = line;

	for (char *word; words.n < MAX_WORDS && (word = strtok_r(rest, " \t\r,", &rest));)
		words.word[words.n++] = word;
	return words;
}

static bool is_word(const struct words *words, unsigned i, const char *text)
{
	return i < words->n && !strcmp(words->word[i], text);
}

static bool read_type(const char *name, enum list_type *type)
{
	for (*type = 0; *type < LIST_TYPES; (*type)++) {
		if (!strcmp(name, list_type_name(*type)))
			return true;
	}
	*type = LIST_MOVABLE;
	return !strcmp(name, "CMA");
}

/* The zone a line is about, new if it is the first; NULL: "Node N zone NAME" does not begin it. */
static struct zone_counts *zone_of_line(struct parser *parser, const struct words *words)
{
	struct zone_counts zone = {0};
	uint64_t node;

	if (!is_word(words, 0, "Node") || !is_word(words, 2, "zone") || words->n < 4 ||
	    !parse_u64(words->word[1], &node) || node > UINT_MAX ||
	    strlen(words->word[3]) >= sizeof(zone.name))
		return NULL;
	for (unsigned i = 0; i < parser->zones->len; i++) {
		struct zone_counts *old = &g_array_index(parser->zones, struct zone_counts, i);

		if (old->node == node && !strcmp(old->name, words->word[3]))
			return old;
	}
	zone.node = (unsigned)node;
	g_strlcpy(zone.name, words->word[3], sizeof(zone.name));
	g_array_append_val(parser->zones, zone);
	return &g_array_index(parser->zones, struct zone_counts, parser->zones->len - 1);
}

/* @n numbers from word @first to the end of the line. ">N" is N. */
static bool read_counts(const struct words *words, unsigned first, unsigned n, uint64_t *counts,
			GError **error)
{
	if (words->n != first + n) {
		set_input_error(error, "%u counts, should be %u", words->n - first, n);
		return false;
	}
	for (unsigned i = 0; i < n; i++) {
		const char *word = words->word[first + i];

		if (!parse_u64(word + (*word == '>'), &counts[i])) {
			set_input_error(error, "\"%s\" is no count", word);
			return false;
		}
	}
	return true;
}

static bool any_capped(const struct words *words)
{
	for (unsigned i = 0; i < words->n; i++) {
		if (*words->word[i] == '>')
			return true;
	}
	return false;
}

static bool buddyinfo_line(struct parser *parser, const struct words *words, GError **error)
{
	struct zone_counts *zone = zone_of_line(parser, words);

	if (!zone) {
		set_input_error(error, "no line of buddyinfo");
		return false;
	}
	return read_counts(words, 4, MAX_ORDER_DEFAULT, zone->nr_free, error);
}

static bool free_line(struct zone_counts *zone, const struct words *words, GError **error)
{
	uint64_t counts[MAX_ORDER_DEFAULT];
	enum list_type type;

	if (words->n < 6 || !read_type(words->word[5], &type)) {
		set_input_error(error, "unknown migratetype");
		return false;
	}
	if (!read_counts(words, 6, MAX_ORDER_DEFAULT, counts, error))
		return false;
	zone->capped |= any_capped(words);
	for (unsigned order = 0; order < MAX_ORDER_DEFAULT; order++) {
		zone->by_type[type][order] += counts[order];
		zone->nr_free[order] += counts[order];
	}
	return true;
}

static bool blocks_line(struct parser *parser, struct zone_counts *zone, const struct words *words,
			GError **error)
{
	uint64_t counts[LIST_TYPES + 1];

	if (!read_counts(words, 4, parser->n_columns, counts, error))
		return false;
	for (unsigned i = 0; i < parser->n_columns; i++)
		zone->blocks[parser->columns[i]] += counts[i];
	return true;
}

/* "Number of blocks type Unmovable Movable …" */
static bool columns_line(struct parser *parser, const struct words *words, GError **error)
{
	parser->n_columns = 0;
	for (unsigned i = 4; i < words->n; i++) {
		if (parser->n_columns > LIST_TYPES ||
		    !read_type(words->word[i], &parser->columns[parser->n_columns++])) {
			set_input_error(error, "unknown migratetype %s", words->word[i]);
			return false;
		}
	}
	return true;
}

static bool check_constant(const struct words *words, uint64_t expected, GError **error)
{
	uint64_t value;

	if (words->n == 4 && parse_u64(words->word[3], &value) && value == expected)
		return true;
	set_input_error(error,
			"pageblocks of order %d are modelled, the recorded machine has others",
			PAGEBLOCK_ORDER_DEFAULT);
	return false;
}

static bool pagetypeinfo_line(struct parser *parser, const struct words *words, GError **error)
{
	if (is_word(words, 0, "Page"))
		return check_constant(words, PAGEBLOCK_ORDER_DEFAULT, error);
	if (is_word(words, 0, "Pages"))
		return check_constant(words, 1 << PAGEBLOCK_ORDER_DEFAULT, error);
	if (is_word(words, 0, "Free"))
		return true;
	if (is_word(words, 0, "Number")) {
		parser->mixed = is_word(words, 2, "mixed");
		return parser->mixed || columns_line(parser, words, error);
	}
	struct zone_counts *zone = zone_of_line(parser, words);

	if (!zone) {
		set_input_error(error, "no line of pagetypeinfo");
		return false;
	}
	if (is_word(words, 4, "type"))
		return free_line(zone, words, error);
	return parser->mixed || blocks_line(parser, zone, words, error);
}

static GArray *parse(const char *text,
		     bool (*read_line)(struct parser *parser, const struct words *words,
				       GError **error),
		     GError **error)
{
	struct parser parser = {
		.zones = g_array_new(FALSE, FALSE, sizeof(struct zone_counts)),
	};
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	unsigned n = 0;
	bool ok = true;

	for (; ok && lines[n]; n++) {
		struct words words = split_words(lines[n]);

		ok = !words.n || read_line(&parser, &words, error);
	}
	if (!ok)
		g_prefix_error(error, "%u: ", n);
	else if (!parser.zones->len)
		set_input_error(error, "no zones");
	if (ok && parser.zones->len)
		return parser.zones;
	g_array_unref(parser.zones);
	return NULL;
}

GArray *parse_buddyinfo(const char *text, GError **error)
{
	return parse(text, buddyinfo_line, error);
}

GArray *parse_pagetypeinfo(const char *text, GError **error)
{
	return parse(text, pagetypeinfo_line, error);
}
