// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/machine/cpu_profile.h"

#include "sim/base/error.h"
#include "sim/base/resource.h"
#include "sim/base/units.h"

#include <jansson.h>
#include <string.h>

#define RESOURCE_DIR "/kmsim/models/cpu/"
#define SUB_SHIFT    4 /* 16 buckets a doubling of the footprint */
#define BUCKETS	     (64u << SUB_SHIFT)
#define CURVE_MAX    32
#define NODE_BYTES   64 /* a tree level's smallest footprint: one cache line */
#define CYCLES_MAX   UINT64_C(1000000000)

struct curve {
	unsigned n;
	struct {
		uint64_t bytes, cycles;
	} at[CURVE_MAX];
};

struct cpu_profile {
	char *name, *summary, *digest;
	uint64_t clock_hz;
	struct lock_prices locks;
	uint64_t price[STEPS][BUCKETS];
};

static const struct {
	const char *name;
	enum footprint_set set;
	enum access_pattern pattern;
} step_kinds[STEPS] = {
#define X(step, name, set, pattern, what) [STEP_##step] = {name, set, pattern},
	STEP_LIST(X)
#undef X
};

/* Position of a footprint on a logarithmic scale: whole doublings, then linear 16ths. */
static unsigned bucket_of(uint64_t bytes)
{
	unsigned top = fls64(bytes | 1) - 1;
	uint64_t below = top >= SUB_SHIFT ? bytes >> (top - SUB_SHIFT) : bytes << (SUB_SHIFT - top);

	return (top << SUB_SHIFT) | (unsigned)(below & ((1u << SUB_SHIFT) - 1));
}

static uint64_t bucket_bytes(unsigned bucket)
{
	unsigned top = bucket >> SUB_SHIFT;
	uint64_t mantissa = (1u << SUB_SHIFT) | (bucket & ((1u << SUB_SHIFT) - 1));

	return top >= SUB_SHIFT ? mantissa << (top - SUB_SHIFT) : mantissa >> (SUB_SHIFT - top);
}

/* Latency << PRICE_SHIFT at a bucket, by linear interpolation between the points' buckets. */
static uint64_t curve_at(const struct curve *curve, unsigned bucket)
{
	unsigned i = 0;

	while (i < curve->n && bucket_of(curve->at[i].bytes) <= bucket)
		i++;
	if (!i || i == curve->n)
		return curve->at[i ? i - 1 : 0].cycles << PRICE_SHIFT;
	unsigned low = bucket_of(curve->at[i - 1].bytes), high = bucket_of(curve->at[i].bytes);
	uint64_t from = curve->at[i - 1].cycles << PRICE_SHIFT;
	uint64_t to = curve->at[i].cycles << PRICE_SHIFT;

	return from + (to - from) * (bucket - low) / (high - low);
}

/*
 * Mean over the levels of a descent: half as many nodes can be met a level further up. Between
 * two powers of two the topmost level counts in part, or the mean would drop where one more
 * begins.
 */
static uint64_t tree_latency(const struct curve *curve, unsigned bucket)
{
	uint64_t part = bucket & ((1u << SUB_SHIFT) - 1);
	uint64_t sum = curve_at(curve, bucket_of(NODE_BYTES)) * part, n = part;

	for (uint64_t bytes = bucket_bytes(bucket); bytes >= NODE_BYTES; bytes /= 2) {
		sum += curve_at(curve, bucket_of(bytes)) << SUB_SHIFT;
		n += 1u << SUB_SHIFT;
	}
	return n ? sum / n : curve_at(curve, bucket);
}

static uint64_t latency(enum access_pattern pattern, const struct curve *random,
			const struct curve *sequential, unsigned bucket)
{
	switch (pattern) {
	case ACCESS_SEQUENTIAL:
		return curve_at(sequential, bucket);
	case ACCESS_RANDOM:
		return curve_at(random, bucket);
	case ACCESS_TREE:
		return tree_latency(random, bucket);
	default:
		return 0;
	}
}

static bool get_number(json_t *object, const char *where, const char *key, uint64_t max,
		       uint64_t *value, GError **error)
{
	json_t *json = json_object_get(object, key);
	json_int_t number = json_integer_value(json);

	if (!json_is_integer(json) || number < 0 || (uint64_t)number > max) {
		set_input_error(
			error, "%s: field '%s': expected a whole number of 0 to %" G_GUINT64_FORMAT,
			where, key, max);
		return false;
	}
	*value = (uint64_t)number;
	return true;
}

static bool has_source(json_t *object, const char *where, GError **error)
{
	const char *source = json_string_value(json_object_get(object, "source"));

	if (!source || !*source)
		set_input_error(error, "%s: missing field 'source': what do its figures rest on?",
				where);
	return source && *source;
}

static bool read_curve(json_t *latencies, const char *name, struct curve *curve, GError **error)
{
	json_t *object = json_object_get(latencies, name), *pair;
	g_autofree char *where = g_strdup_printf("latency.%s", name);
	size_t i;

	if (!has_source(object, where, error))
		return false;
	json_array_foreach (json_object_get(object, "points"), i, pair) {
		json_int_t bytes = json_integer_value(json_array_get(pair, 0));
		json_int_t cycles = json_integer_value(json_array_get(pair, 1));

		if (i == CURVE_MAX || bytes <= 0 || cycles < 0 || (uint64_t)cycles > CYCLES_MAX ||
		    (i && ((uint64_t)bytes <= curve->at[i - 1].bytes ||
			   (uint64_t)cycles < curve->at[i - 1].cycles))) {
			set_input_error(
				error,
				"%s: point %zu: expected ascending [bytes, cycles], at most %d",
				where, i, CURVE_MAX);
			return false;
		}
		curve->at[i].bytes = (uint64_t)bytes;
		curve->at[i].cycles = (uint64_t)cycles;
		curve->n++;
	}
	if (!curve->n)
		set_input_error(error, "%s: no points", where);
	return curve->n != 0;
}

static bool read_step(struct cpu_profile *profile, json_t *steps, enum step step,
		      const struct curve *random, const struct curve *sequential, GError **error)
{
	g_autofree char *where = g_strdup_printf("steps.%s", step_kinds[step].name);
	json_t *object = json_object_get(steps, step_kinds[step].name);
	uint64_t cycles, loads;

	if (!json_is_object(object)) {
		set_input_error(error, "%s: missing", where);
		return false;
	}
	if (!get_number(object, where, "cycles", CYCLES_MAX, &cycles, error) ||
	    !get_number(object, where, "loads", 1000, &loads, error) ||
	    !has_source(object, where, error))
		return false;
	for (unsigned bucket = 0; bucket < BUCKETS; bucket++)
		profile->price[step][bucket] =
			(cycles << PRICE_SHIFT) +
			loads * latency(step_kinds[step].pattern, random, sequential, bucket);
	return true;
}

static bool read_locks(struct cpu_profile *profile, json_t *object, GError **error)
{
	return get_number(object, "lock", "take_cycles", CYCLES_MAX, &profile->locks.take_cycles,
			  error) &&
	       get_number(object, "lock", "bounce_cycles", CYCLES_MAX,
			  &profile->locks.bounce_cycles, error) &&
	       get_number(object, "lock", "handover_cycles", CYCLES_MAX,
			  &profile->locks.handover_cycles, error) &&
	       has_source(object, "lock", error);
}

static bool only_known_steps(json_t *steps, GError **error)
{
	const char *key;
	json_t *value;

	json_object_foreach (steps, key, value) {
		unsigned step = 0;

		while (step < STEPS && strcmp(step_kinds[step].name, key))
			step++;
		if (step == STEPS) {
			set_input_error(error, "steps.%s: no such step", key);
			return false;
		}
	}
	return true;
}

static bool read_profile(struct cpu_profile *profile, json_t *root, GError **error)
{
	struct curve random = {0}, sequential = {0};
	json_t *latencies = json_object_get(root, "latency"),
	       *steps = json_object_get(root, "steps");
	uint64_t version;

	if (!get_number(root, "profile", "kmsim_cpu", 1, &version, error) ||
	    !get_number(root, "profile", "clock_hz", UINT64_C(1000000000000), &profile->clock_hz,
			error))
		return false;
	profile->name = g_strdup(json_string_value(json_object_get(root, "name")));
	profile->summary = g_strdup(json_string_value(json_object_get(root, "summary")));
	if (!version || !profile->clock_hz || !profile->name || !profile->summary) {
		set_input_error(error, "needs kmsim_cpu 1, clock_hz above 0, name and summary");
		return false;
	}
	if (!read_curve(latencies, "random", &random, error) ||
	    !read_curve(latencies, "sequential", &sequential, error) ||
	    !only_known_steps(steps, error) ||
	    !read_locks(profile, json_object_get(root, "lock"), error))
		return false;
	for (unsigned step = 0; step < STEPS; step++) {
		if (!read_step(profile, steps, step, &random, &sequential, error))
			return false;
	}
	return true;
}

struct cpu_profile *cpu_profile_load(const char *name, GError **error)
{
	GError *cause = NULL;
	char *digest = NULL;
	json_t *root = resource_json(RESOURCE_DIR, "CPU profile", name, &digest, error);

	if (!root)
		return NULL;
	struct cpu_profile *profile = g_new0(struct cpu_profile, 1);
	bool ok = read_profile(profile, root, &cause);

	profile->digest = digest;
	json_decref(root);
	if (ok)
		return profile;
	g_propagate_prefixed_error(error, cause, "%s: ", name);
	cpu_profile_free(profile);
	return NULL;
}

uint64_t cpu_profile_price(const struct cpu_profile *profile, enum step step,
			   uint64_t footprint_bytes)
{
	return profile->price[step][bucket_of(footprint_bytes)];
}

const struct lock_prices *cpu_profile_locks(const struct cpu_profile *profile)
{
	return &profile->locks;
}

uint64_t cpu_profile_clock_hz(const struct cpu_profile *profile)
{
	return profile->clock_hz;
}

const char *cpu_profile_name(const struct cpu_profile *profile)
{
	return profile->name;
}

const char *cpu_profile_summary(const struct cpu_profile *profile)
{
	return profile->summary;
}

const char *cpu_profile_digest(const struct cpu_profile *profile)
{
	return profile->digest;
}

char **cpu_profile_names(void)
{
	return resource_json_names(RESOURCE_DIR);
}

void cpu_profile_free(struct cpu_profile *profile)
{
	if (!profile)
		return;
	g_free(profile->name);
	g_free(profile->summary);
	g_free(profile->digest);
	g_free(profile);
}
