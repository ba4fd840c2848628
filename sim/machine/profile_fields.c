// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/machine/profile_fields.h"

#include "sim/base/error.h"
#include "sim/base/json_util.h"

bool profile_number(json_t *object, const char *where, const char *key, uint64_t min, uint64_t max,
		    uint64_t *value, GError **error)
{
	json_t *json = json_object_get(object, key);
	json_int_t number = json_integer_value(json);

	if (!json_is_integer(json) || number < 0 || (uint64_t)number < min ||
	    (uint64_t)number > max) {
		set_input_error(error,
				"%s: field '%s': expected a whole number of %" G_GUINT64_FORMAT
				" to %" G_GUINT64_FORMAT,
				where, key, min, max);
		return false;
	}
	*value = (uint64_t)number;
	return true;
}

bool profile_number_if_there(json_t *object, const char *where, const char *key, uint64_t min,
			     uint64_t max, uint64_t *value, GError **error)
{
	return !json_object_get(object, key) ||
	       profile_number(object, where, key, min, max, value, error);
}

bool profile_source(json_t *object, const char *where, GError **error)
{
	const char *source = json_string_value(json_object_get(object, "source"));

	if (!source || !*source)
		set_input_error(error, "%s: missing field 'source': what do its figures rest on?",
				where);
	return source && *source;
}

bool profile_keys(json_t *object, const char *where, const char *const *known, GError **error)
{
	const char *unknown = json_unknown_key(object, known);

	if (unknown)
		set_input_error(error, "%s: unknown key '%s'", where, unknown);
	return !unknown;
}

/* [bytes, cycles], both beyond those of the point before. */
static bool read_point(const json_t *pair, struct latency_curve *curve)
{
	const json_t *bytes = json_array_get(pair, 0), *cycles = json_array_get(pair, 1);
	unsigned i = curve->n;

	if (i == LATENCY_POINTS_MAX || json_array_size(pair) != 2 || !json_is_integer(bytes) ||
	    !json_is_integer(cycles) || json_integer_value(bytes) <= 0 ||
	    json_integer_value(cycles) < 0)
		return false;
	curve->at[i].bytes = (uint64_t)json_integer_value(bytes);
	curve->at[i].cycles = (uint64_t)json_integer_value(cycles);
	curve->n++;
	return curve->at[i].cycles <= PROFILE_CYCLES_MAX &&
	       (!i || (curve->at[i].bytes > curve->at[i - 1].bytes &&
		       curve->at[i].cycles >= curve->at[i - 1].cycles));
}

static bool read_curve(json_t *latencies, const char *name, struct latency_curve *curve,
		       GError **error)
{
	static const char *const keys[] = {"points", "source", NULL};
	json_t *object = json_object_get(latencies, name), *pair;
	g_autofree char *where = g_strdup_printf("latency.%s", name);
	size_t i;

	curve->n = 0;
	if (!profile_source(object, where, error) || !profile_keys(object, where, keys, error))
		return false;
	json_array_foreach (json_object_get(object, "points"), i, pair) {
		if (read_point(pair, curve))
			continue;
		set_input_error(
			error,
			"%s: point %zu: expected [bytes, cycles], whole numbers, ascending, "
			"at most %d points",
			where, i, LATENCY_POINTS_MAX);
		return false;
	}
	if (!curve->n)
		set_input_error(error, "%s: no points", where);
	return curve->n != 0;
}

bool profile_latency(json_t *object, struct caches *caches, GError **error)
{
	static const char *const keys[] = {"random", "sequential", NULL};

	return profile_keys(object, "latency", keys, error) &&
	       read_curve(object, "random", &caches->random, error) &&
	       read_curve(object, "sequential", &caches->sequential, error);
}

bool profile_tlb(json_t *object, struct caches *caches, GError **error)
{
	static const char *const keys[] = {"entries", "page_bytes", "miss_cycles", "source", NULL};

	return profile_number(object, "tlb", "entries", 1, 1 << 20, &caches->tlb.entries, error) &&
	       profile_number(object, "tlb", "page_bytes", 1, UINT64_C(1) << 30,
			      &caches->tlb.page_bytes, error) &&
	       profile_number(object, "tlb", "miss_cycles", 0, PROFILE_CYCLES_MAX,
			      &caches->tlb.miss_cycles, error) &&
	       profile_keys(object, "tlb", keys, error) && profile_source(object, "tlb", error);
}
