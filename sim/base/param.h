/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_BASE_PARAM_H
#define KMSIM_BASE_PARAM_H

/*
 * One table of parameters a model or workload: it drives the parsing of
 * "name,key=value,…", range checks, `kmsim models`, manifests and sweep axes.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum param_type {
	PARAM_UINT,    /* decimal or 0x…; also one of the words */
	PARAM_ADDRESS, /* as PARAM_UINT, shown in hexadecimal */
	PARAM_WORD,    /* one of the words only */
	PARAM_TEXT,    /* any text, a file name for example */
};

/* A word that stands for a value: {"none", UINT64_MAX}. A table of them ends with a NULL name. */
struct param_word {
	const char *name;
	uint64_t value;
};

/* One parameter. A table of them ends with a NULL name. */
struct param {
	const char *name;
	enum param_type type;
	const char *unit;	  /* "pages", "bytes"; NULL where there is none */
	const char *default_text; /* parsed like a given value; NULL: unset, taken from the trace */
	uint64_t min, max;	  /* of a number; max 0: no limit */
	const struct param_word *words; /* NULL: none */
	const char *help;		/* one line */
	const char *default_note;	/* where default_text is NULL, and it is not the trace's */
};

struct param_value {
	bool set; /* given, or has a default_text */
	uint64_t value;
	const char *text; /* PARAM_TEXT; interned, lives as long as the program */
};

#define PARAM_MAX 32 /* most parameters one table may have */

/*
 * Fill @values (one an entry of @table, at most PARAM_MAX) with the defaults.
 * @table may be NULL (no parameters).
 */
void param_defaults(const struct param *table, struct param_value *values);

/*
 * Set the parameter @key to @text. Errors (KMSIM_ERROR_USAGE): unknown key (the
 * message lists the known ones), not a number, out of range, not one of the words.
 * @owner is what the message calls the table's owner, for example "vmap-augtree".
 */
bool param_set(const struct param *table, struct param_value *values, const char *owner,
	       const char *key, const char *text, GError **error);

/*
 * Parse "NAME[,key=value…]": @name gets the name (to be freed), @values the defaults
 * overlaid with the pairs. @find maps a name to its table; it sets the error for an unknown one.
 */
typedef bool (*param_find)(const char *name, const struct param **table, GError **error);
bool param_parse_spec(const char *spec, param_find find, char **name, struct param_value *values,
		      GError **error);

/* The value as text: a word if one stands for it, 0x… for addresses, "-" if unset. To be freed. */
char *param_text(const struct param *param, const struct param_value *value);

/*
 * Parse an unsigned 64-bit number in C notation (decimal, 0x…, 0…). False if @text
 * is anything else or does not fit.
 */
bool parse_u64(const char *text, uint64_t *value);

#endif
