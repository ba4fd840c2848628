// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/machine/cpu_profile.h"

#include "sim/base/error.h"

#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>

#define CYCLES(n) ((uint64_t)(n) << PRICE_SHIFT)

/* A profile as JSON: every step 2 cycles and one load, random latency 10 at 1 KiB, 50 at 16 KiB. */
static json_t *profile_json(void)
{
#define X(step, name, set, pattern, what)                                                          \
	json_object_set_new(                                                                       \
		steps, name,                                                                       \
		json_pack("{s:i, s:i, s:s}", "cycles", 2, "loads", 1, "source", "test"));
	json_t *steps = json_object();

	STEP_LIST(X)
#undef X
	return json_pack(
		"{s:i, s:s, s:s, s:i, s:{s:{s:[[i,i],[i,i]], s:s}, s:{s:[[i,i]], s:s}}, s:o, "
		"s:{s:i, s:i, s:i, s:s}}",
		"kmsim_cpu", 1, "name", "test", "summary", "for a test", "clock_hz", 1000,
		"latency", "random", "points", 1024, 10, 16384, 50, "source", "test", "sequential",
		"points", 1, 3, "source", "test", "steps", steps, "lock", "take_cycles", 1,
		"bounce_cycles", 2, "handover_cycles", 3, "source", "test");
}

static struct cpu_profile *load(json_t *json, GError **error)
{
	g_autofree char *path =
		g_build_filename(g_get_tmp_dir(), "kmsim-profile-XXXXXX.json", NULL);

	g_close(g_mkstemp(path), NULL);
	g_assert_cmpint(json_dump_file(json, path, 0), ==, 0);
	struct cpu_profile *profile = cpu_profile_load(path, error);

	g_unlink(path);
	return profile;
}

static void test_prices(void)
{
	json_t *json = profile_json();
	GError *error = NULL;
	struct cpu_profile *profile = load(json, &error);

	g_assert_no_error(error);
	/* a list is walked in order: 3 whatever the footprint */
	g_assert_cmpuint(cpu_profile_price(profile, 0, STEP_LIST_HOP, 1 << 20), ==, CYCLES(2 + 3));
	/* a jump: what random costs more, at twice the footprint; 16 KiB: 50, 1 KiB: 20 */
	g_assert_cmpuint(cpu_profile_price(profile, 0, STEP_LIST_JUMP, 16384), ==,
			 CYCLES(2 + 50 - 3));
	g_assert_cmpuint(cpu_profile_price(profile, 0, STEP_LIST_JUMP, 1024), ==,
			 CYCLES(2 + 20 - 3));
	/* no memory at all */
	g_assert_cmpuint(cpu_profile_price(profile, 0, STEP_REBALANCE, 1 << 20), ==, CYCLES(2));
	/*
	 * A tree of 1 KiB, and as much beside it: on every level more lies between two visits than
	 * there is. 2 KiB: 20.
	 */
	g_assert_cmpuint(cpu_profile_price(profile, 0, STEP_BUSY_LINE, 1024), ==, CYCLES(2 + 20));
	/* 16 KiB: the root is met again after 8 KiB (40), all others after 16 KiB or more (50) */
	g_assert_cmpuint(cpu_profile_price(profile, 0, STEP_BUSY_LINE, 16384), ==,
			 CYCLES(2) + CYCLES(40 + 8 * 50) / 9);
	/* never cheaper with a larger set */
	for (uint64_t bytes = 1; bytes < 1 << 20; bytes += bytes / 7 + 1)
		g_assert_cmpuint(
			cpu_profile_price(profile, 0, STEP_BUSY_LINE, bytes), <=,
			cpu_profile_price(profile, 0, STEP_BUSY_LINE, bytes + bytes / 7 + 1));
	/* every step, two curves and the locks */
	g_autofree char *rests_on =
		g_strdup_printf("0 groups of figures fitted to published measurements, "
				"0 estimates, %u published or measured elsewhere",
				STEPS + 3u);

	g_assert_cmpstr(cpu_profile_rests_on(profile), ==, rests_on);
	g_assert_cmpuint(cpu_profile_locks(profile)->handover_cycles, ==, 3);
	g_assert_cmpuint(cpu_profile_clock_hz(profile), ==, 1000);
	cpu_profile_free(profile);
	json_decref(json);
}

/* What is wrong, and a word of the message. */
static const struct {
	const char *object, *key; /* of the profile, "" is the whole; the key is set to... */
	int value;		  /* ... this number, or taken away if −1 */
	const char *message;
} bad_profiles[] = {
	{"", "kmsim_cpu", 2, "kmsim_cpu"},
	{"", "clock_hz", 0, "clock_hz"},
	{"", "name", -1, "name"},
	{"lock", "take_cycles", -1, "take_cycles"},
	{"lock", "source", -1, "source"},
	{"steps", "list_hop", -1, "steps.list_hop"},
	{"steps", "no_such_step", 1, "no_such_step"},
	{"latency", "random", -1, "latency.random"},
	{"", "timer_hz", 0, "timer_hz"},
	{"", "vmap_area_bytes", 0, "vmap_area_bytes"},
	{"", "clocks_hz", 1, "profile: unknown key 'clocks_hz'"},
	{"lock", "bounce_cycle_near", 1, "lock: unknown key 'bounce_cycle_near'"},
	{"latency", "randon", 1, "latency: unknown key 'randon'"},
};

static void test_bad(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(bad_profiles); i++) {
		json_t *json = profile_json();
		json_t *object = *bad_profiles[i].object
					 ? json_object_get(json, bad_profiles[i].object)
					 : json;
		g_autoptr(GError) error = NULL;

		if (bad_profiles[i].value < 0)
			json_object_del(object, bad_profiles[i].key);
		else
			json_object_set_new(object, bad_profiles[i].key,
					    json_integer(bad_profiles[i].value));
		g_assert_null(load(json, &error));
		g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		g_assert_nonnull(strstr(error->message, bad_profiles[i].message));
		json_decref(json);
	}
}

/* What is read as a number must be one, and prices must be such that they can be added up. */
static void test_bad_figures(void)
{
	static const struct {
		const char *points; /* of the random curve */
		int cycles, clock_hz, core_hz;
		const char *message;
	} bad[] = {
		{"[[1024, 4.5]]", 2, 1000, 1000, "latency.random: point 0: expected"},
		{"[[1024, \"4\"]]", 2, 1000, 1000, "latency.random: point 0: expected"},
		{"[[1024]]", 2, 1000, 1000, "latency.random: point 0: expected"},
		{"[[1024, 4, 4]]", 2, 1000, 1000, "latency.random: point 0: expected"},
		{"[[1024, 4], [1024, 5]]", 2, 1000, 1000, "latency.random: point 1: expected"},
		{"[[1024, 4], [2048, 3]]", 2, 1000, 1000, "latency.random: point 1: expected"},
		{"[[1024, 4]]", 999999998, 1000, 1000, "costs more than 1000000000 cycles"},
		{"[[1024, 4]]", 2000, 1000000000, 1, "costs more than 1000000000 cycles"},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		json_t *json = profile_json();
		json_t *step = json_object_get(json_object_get(json, "steps"), "buddy_op");

		json_object_set_new(json_object_get(json_object_get(json, "latency"), "random"),
				    "points", json_loads(bad[i].points, 0, NULL));
		json_object_set_new(step, "cycles", json_integer(bad[i].cycles));
		json_object_set_new(json, "clock_hz", json_integer(bad[i].clock_hz));
		json_object_set_new(json, "cores",
				    json_pack("[{s:s, s:[i], s:i}]", "name", "slow", "cpus", 1,
					      "clock_hz", bad[i].core_hz));
		g_assert_null(load(json, &error));
		g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		g_assert_nonnull(strstr(error->message, bad[i].message));
		json_decref(json);
	}
}

static void test_shipped(void)
{
	g_auto(GStrv) names = cpu_profile_names();
	g_autoptr(GError) error = NULL;

	g_assert_true(g_strv_contains((const char *const *)names, "generic-x86_64"));
	for (char **name = names; *name; name++) {
		struct cpu_profile *profile = cpu_profile_load(*name, &error);

		g_assert_no_error(error);
		g_assert_cmpstr(cpu_profile_name(profile), ==, *name);
		cpu_profile_free(profile);
	}
	g_assert_null(cpu_profile_load("no-such-cpu", &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_USAGE);
	g_assert_nonnull(strstr(error->message, "generic-x86_64"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cpu_profile/prices", test_prices);
	g_test_add_func("/cpu_profile/bad", test_bad);
	g_test_add_func("/cpu_profile/bad_figures", test_bad_figures);
	g_test_add_func("/cpu_profile/shipped", test_shipped);
	return g_test_run();
}
