// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/machine/cpu_profile.h"

#include "sim/base/error.h"
#include "sim/base/json_util.h"
#include "sim/base/resource.h"
#include "sim/base/units.h"
#include "sim/machine/load_latency.h"
#include "sim/machine/profile_fields.h"

#include <jansson.h>
#include <string.h>

#define RESOURCE_DIR "/kmsim/models/cpu/"
#define HZ_MAX	     UINT64_C(1000000000000)

#define CORES_MAX 4
#define CORE_CPUS 4096

struct cpu_profile {
	char *name, *summary, *digest, *rests_on;
	uint64_t clock_hz, timer_hz;
	struct lock_prices locks;
	struct smt smt;
	unsigned n_cores;
	uint8_t core_of[CORE_CPUS];
	price_table *price; /* by kind of core */
};

/* What a kind of core is read from: its own figures, or else those of the whole profile. */
struct core {
	uint64_t clock_hz;
	struct caches caches;
	json_t *steps;
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

/* Prices of @step; false if one is of no use, being beyond what can be added up. */
static bool price_step(price_table prices, const struct core *core, enum step step, uint64_t cycles,
		       uint64_t loads, uint64_t clock_hz)
{
	for (unsigned bucket = 0; bucket < PRICE_BUCKETS; bucket++) {
		uint64_t wait = load_latency(&core->caches, step_kinds[step].set,
					     step_kinds[step].pattern, bucket);
		uint128 price = ((uint128)cycles << PRICE_SHIFT) + (uint128)loads * wait;

		price = price * clock_hz / core->clock_hz;
		if (price > (uint128)PROFILE_CYCLES_MAX << PRICE_SHIFT)
			return false;
		prices[bucket][step] = (uint64_t)price;
	}
	return true;
}

static bool read_step(price_table prices, const struct core *core, enum step step,
		      uint64_t clock_hz, GError **error)
{
	static const char *const keys[] = {"cycles", "loads", "source", NULL};
	g_autofree char *where = g_strdup_printf("steps.%s", step_kinds[step].name);
	json_t *object = json_object_get(core->steps, step_kinds[step].name);
	uint64_t cycles, loads;

	if (!json_is_object(object)) {
		set_input_error(error, "%s: missing", where);
		return false;
	}
	if (!profile_number(object, where, "cycles", 0, PROFILE_CYCLES_MAX, &cycles, error) ||
	    !profile_number(object, where, "loads", 0, 1000, &loads, error) ||
	    !profile_keys(object, where, keys, error) || !profile_source(object, where, error))
		return false;
	if (price_step(prices, core, step, cycles, loads, clock_hz))
		return true;
	set_input_error(error, "%s: costs more than %" G_GUINT64_FORMAT " cycles", where,
			PROFILE_CYCLES_MAX);
	return false;
}

struct lock_figure {
	const char *key;
	uint64_t *value; /* stays where there is none */
};

static bool read_lock_figures(json_t *object, const struct lock_figure *figures, GError **error)
{
	for (; figures->key; figures++) {
		if (!profile_number_if_there(object, "lock", figures->key, 0, PROFILE_CYCLES_MAX,
					     figures->value, error))
			return false;
	}
	return true;
}

static bool read_locks(struct cpu_profile *profile, json_t *object, GError **error)
{
	static const char *const keys[] = {"take_cycles",
					   "bounce_cycles",
					   "handover_cycles",
					   "line_cycles",
					   "bounce_near_cycles",
					   "handover_near_cycles",
					   "line_near_cycles",
					   "watched_permille",
					   "clusters",
					   "source",
					   NULL};
	struct lock_prices *locks = &profile->locks;
	const struct lock_figure first[] = {{"take_cycles", &locks->take_cycles},
					    {"bounce_cycles", &locks->bounce_cycles},
					    {"handover_cycles", &locks->handover_cycles},
					    {NULL, NULL}};
	const struct lock_figure line[] = {{"line_cycles", &locks->line_cycles}, {NULL, NULL}};
	const struct lock_figure more[] = {{"bounce_near_cycles", &locks->bounce_near_cycles},
					   {"handover_near_cycles", &locks->handover_near_cycles},
					   {"line_near_cycles", &locks->line_near_cycles},
					   {"watched_permille", &locks->watched_permille},
					   {NULL, NULL}};
	uint64_t clusters = 1;

	for (unsigned i = 0; first[i].key; i++) {
		if (!profile_number(object, "lock", first[i].key, 0, PROFILE_CYCLES_MAX,
				    first[i].value, error))
			return false;
	}
	locks->line_cycles = locks->bounce_cycles;
	if (!read_lock_figures(object, line, error))
		return false;
	locks->bounce_near_cycles = locks->bounce_cycles;
	locks->handover_near_cycles = locks->handover_cycles;
	locks->line_near_cycles = locks->line_cycles;
	if (!read_lock_figures(object, more, error) ||
	    !profile_number_if_there(object, "lock", "clusters", 1, CORE_CPUS, &clusters, error))
		return false;
	locks->clusters = (uint32_t)clusters;
	return profile_keys(object, "lock", keys, error) && profile_source(object, "lock", error);
}

static bool read_smt(struct cpu_profile *profile, json_t *object, GError **error)
{
	static const char *const keys[] = {"sibling_xor", "slowdown_permille", "source", NULL};
	uint64_t sibling;

	profile->smt.slowdown_permille = 1000;
	if (!object)
		return true;
	if (!profile_number(object, "smt", "sibling_xor", 0, CORE_CPUS / 2, &sibling, error) ||
	    !profile_number(object, "smt", "slowdown_permille", 1000, 100000,
			    &profile->smt.slowdown_permille, error) ||
	    !profile_keys(object, "smt", keys, error))
		return false;
	profile->smt.sibling_xor = (uint32_t)sibling;
	if (sibling & (sibling - 1)) {
		set_input_error(error, "smt: expected a power of two as sibling_xor");
		return false;
	}
	return profile_source(object, "smt", error);
}

static bool only_known_steps(json_t *steps, GError **error)
{
	const char *names[STEPS + 1] = {NULL};

	for (unsigned step = 0; step < STEPS; step++)
		names[step] = step_kinds[step].name;
	const char *unknown = json_unknown_key(steps, names);

	if (unknown)
		set_input_error(error, "steps.%s: no such step", unknown);
	return !unknown;
}

/* The CPUs that are of the kind @core. */
static bool read_core_cpus(struct cpu_profile *profile, json_t *cpus, const char *where,
			   unsigned core, GError **error)
{
	size_t i;
	json_t *number;

	json_array_foreach (cpus, i, number) {
		json_int_t cpu = json_integer_value(number);

		if (!json_is_integer(number) || cpu < 0 || cpu >= CORE_CPUS ||
		    profile->core_of[cpu]) {
			set_input_error(error, "%s: cpus: expected numbers below %d, each once",
					where, CORE_CPUS);
			return false;
		}
		profile->core_of[cpu] = (uint8_t)core;
	}
	if (!json_array_size(cpus))
		set_input_error(error, "%s: missing field 'cpus': which are of this kind?", where);
	return json_array_size(cpus) != 0;
}

/* Figures of @object; what it leaves out is as @core has it. */
static bool read_core(json_t *object, struct core *core, GError **error)
{
	json_t *latencies = json_object_get(object, "latency"),
	       *steps = json_object_get(object, "steps"), *tlb = json_object_get(object, "tlb");

	if ((latencies && !profile_latency(latencies, &core->caches, error)) ||
	    (tlb && !profile_tlb(tlb, &core->caches, error)))
		return false;
	if (!steps)
		return true;
	if (!only_known_steps(steps, error))
		return false;
	json_t *all = json_copy(core->steps ? core->steps : steps);

	json_object_update(all, steps);
	json_decref(core->steps);
	core->steps = all;
	return true;
}

static bool price_core(struct cpu_profile *profile, const struct core *core, unsigned index,
		       GError **error)
{
	for (unsigned step = 0; step < STEPS; step++) {
		if (!read_step(profile->price[index], core, step, profile->clock_hz, error))
			return false;
	}
	return true;
}

/* The cores that differ from the first kind. */
static bool read_cores(struct cpu_profile *profile, json_t *cores, const struct core *first,
		       GError **error)
{
	static const char *const keys[] = {"name", "cpus",  "clock_hz", "latency",
					   "tlb",  "steps", "source",	NULL};
	size_t i;
	json_t *object;

	json_array_foreach (cores, i, object) {
		g_autofree char *where = g_strdup_printf("cores[%zu]", i);
		struct core core = *first;
		GError *cause = NULL;

		json_incref(core.steps);
		bool ok = profile_keys(object, where, keys, error) &&
			  profile_number(object, where, "clock_hz", 1, HZ_MAX, &core.clock_hz,
					 error) &&
			  read_core_cpus(profile, json_object_get(object, "cpus"), where,
					 (unsigned)i + 1, error);

		if (ok && !(read_core(object, &core, &cause) &&
			    price_core(profile, &core, (unsigned)i + 1, &cause))) {
			g_propagate_prefixed_error(error, cause, "%s: ", where);
			ok = false;
		}
		json_decref(core.steps);
		if (!ok)
			return false;
	}
	return true;
}

static bool read_kinds(struct cpu_profile *profile, json_t *root, GError **error)
{
	struct core core = {.clock_hz = profile->clock_hz,
			    .caches.vmap_area_bytes = MODEL_AREA_BYTES};
	json_t *cores = json_object_get(root, "cores");

	if (json_array_size(cores) >= CORES_MAX) {
		set_input_error(error, "cores: at most %d", CORES_MAX - 1);
		return false;
	}
	profile->n_cores = 1 + (unsigned)json_array_size(cores);
	profile->price = g_new(price_table, profile->n_cores);
	if (!json_is_object(json_object_get(root, "latency")) ||
	    !json_is_object(json_object_get(root, "steps"))) {
		set_input_error(error, "missing field 'latency' or 'steps'");
		return false;
	}
	bool ok = profile_number_if_there(root, "profile", "vmap_area_bytes", 1, 4096,
					  &core.caches.vmap_area_bytes, error) &&
		  read_core(root, &core, error) && price_core(profile, &core, 0, error) &&
		  read_cores(profile, cores, &core, error);

	json_decref(core.steps);
	return ok;
}

static bool read_profile(struct cpu_profile *profile, json_t *root, GError **error)
{
	static const char *const keys[] = {
		"kmsim_cpu",	   "name",    "summary", "clock_hz", "timer_hz",
		"vmap_area_bytes", "latency", "tlb",	 "smt",	     "steps",
		"cores",	   "lock",    "source",	 "comment",  NULL};
	uint64_t version;

	if (!profile_number(root, "profile", "kmsim_cpu", 1, 1, &version, error) ||
	    !profile_keys(root, "profile", keys, error) ||
	    !profile_number(root, "profile", "clock_hz", 1, HZ_MAX, &profile->clock_hz, error))
		return false;
	profile->timer_hz = profile->clock_hz;
	profile->name = g_strdup(json_string_at(root, "name"));
	profile->summary = g_strdup(json_string_at(root, "summary"));
	if (!*profile->name || !*profile->summary) {
		set_input_error(error, "needs a name and a summary");
		return false;
	}
	return profile_number_if_there(root, "profile", "timer_hz", 1, HZ_MAX, &profile->timer_hz,
				       error) &&
	       read_kinds(profile, root, error) &&
	       read_locks(profile, json_object_get(root, "lock"), error) &&
	       read_smt(profile, json_object_get(root, "smt"), error);
}

struct grounds {
	unsigned fitted, estimates, others;
};

static void count_grounds(json_t *json, struct grounds *grounds)
{
	const char *key;
	json_t *value;
	size_t i;

	json_array_foreach (json, i, value)
		count_grounds(value, grounds);
	json_object_foreach (json, key, value) {
		const char *source = strcmp(key, "source") ? NULL : json_string_value(value);

		if (!source)
			count_grounds(value, grounds);
		else if (g_str_has_prefix(source, "fit "))
			grounds->fitted++;
		else if (strstr(source, "estimate"))
			grounds->estimates++;
		else
			grounds->others++;
	}
}

static char *grounds_text(json_t *root)
{
	struct grounds n = {0};

	count_grounds(root, &n);
	return g_strdup_printf("%u groups of figures fitted to published measurements, "
			       "%u estimates, %u published or measured elsewhere",
			       n.fitted, n.estimates, n.others);
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
	profile->rests_on = grounds_text(root);
	json_decref(root);
	if (ok)
		return profile;
	g_propagate_prefixed_error(error, cause, "%s: ", name);
	cpu_profile_free(profile);
	return NULL;
}

unsigned cpu_profile_core(const struct cpu_profile *profile, uint32_t cpu)
{
	return cpu < CORE_CPUS ? profile->core_of[cpu] : 0;
}

uint64_t cpu_profile_price(const struct cpu_profile *profile, unsigned core, enum step step,
			   uint64_t footprint_bytes)
{
	return profile->price[core][price_bucket(footprint_bytes)][step];
}

const price_table *cpu_profile_prices(const struct cpu_profile *profile, unsigned core)
{
	return (const price_table *)&profile->price[core];
}

const struct smt *cpu_profile_smt(const struct cpu_profile *profile)
{
	return &profile->smt;
}

uint64_t cpu_profile_timer_hz(const struct cpu_profile *profile)
{
	return profile->timer_hz;
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

const char *cpu_profile_rests_on(const struct cpu_profile *profile)
{
	return profile->rests_on;
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
	g_free(profile->rests_on);
	g_free(profile->price);
	g_free(profile);
}
