// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/param.h"

#include "sim/base/error.h"

#include <string.h>

static const struct param_word words[] = {{"none", UINT64_MAX}, {"all", 7}, {NULL, 0}};
static const struct param_word kernels[] = {{"v6.9", 609}, {"v6.12", 612}, {"vast", 1}, {NULL, 0}};
static const struct param table[] = {
	{.name = "n", .type = PARAM_UINT, .default_text = "5", .min = 2, .max = 9, .help = "h"},
	{.name = "pages", .type = PARAM_UINT, .words = words, .help = "h"},
	{.name = "at", .type = PARAM_ADDRESS, .default_text = "0x1000", .help = "h"},
	{.name = "check", .type = PARAM_WORD, .default_text = "all", .words = words, .help = "h"},
	{.name = "version", .type = PARAM_WORD, .words = kernels, .help = "h"},
	{.name = NULL},
};

static bool find(const char *name, const struct param **found, GError **error)
{
	if (!strcmp(name, "known")) {
		*found = table;
		return true;
	}
	set_usage_error(error, "no '%s'", name);
	return false;
}

static void test_spec(void)
{
	struct param_value values[PARAM_MAX];
	g_autofree char *name = NULL;
	GError *error = NULL;

	param_parse_spec("known,n=9,pages=none", find, &name, values, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(name, ==, "known");
	g_assert_cmpuint(values[0].value, ==, 9);
	g_assert_cmpuint(values[1].value, ==, UINT64_MAX);
	g_assert_cmphex(values[2].value, ==, 0x1000);
	g_assert_cmpuint(values[3].value, ==, 7);
	g_autofree char *text = param_text(&table[1], &values[1]);
	g_autofree char *address = param_text(&table[2], &values[2]);

	g_assert_cmpstr(text, ==, "none");
	g_assert_cmpstr(address, ==, "0x1000");
}

/* A kernel's version is the same with and without its v. */
static void test_versions(void)
{
	static const char *const specs[] = {"known,version=v6.12", "known,version=6.12"};

	for (unsigned i = 0; i < G_N_ELEMENTS(specs); i++) {
		struct param_value values[PARAM_MAX];
		g_autofree char *name = NULL;

		g_assert_true(param_parse_spec(specs[i], find, &name, values, NULL));
		g_assert_cmpuint(values[4].value, ==, 612);
		g_autofree char *text = param_text(&table[4], &values[4]);

		g_assert_cmpstr(text, ==, "v6.12");
	}
}

static void test_defaults(void)
{
	struct param_value values[PARAM_MAX];

	param_defaults(table, values);
	g_assert_true(values[0].set);
	g_assert_false(values[1].set);
	param_defaults(NULL, values);
}

static const char *const bad_specs[] = {"",
					"unknown",
					"known,n",
					"known,m=1",
					"known,n=1",
					"known,n=10",
					"known,n=",
					"known,n=-3",
					"known,n=3x",
					"known,n= 3",
					"known,check=3",
					"known,check=",
					"known,n=all",
					"known,version=6.1",
					"known,version=ast",
					"known,pages=18446744073709551616",
					"known,,n=3",
					NULL};

static void test_bad(void)
{
	for (const char *const *spec = bad_specs; *spec; spec++) {
		struct param_value values[PARAM_MAX];
		g_autoptr(GError) error = NULL;
		char *name = NULL;

		g_test_message("%s", *spec);
		g_assert_false(param_parse_spec(*spec, find, &name, values, &error));
		g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_USAGE);
		g_assert_null(name);
	}
}

static void test_numbers(void)
{
	uint64_t value;

	g_assert_true(parse_u64("18446744073709551615", &value));
	g_assert_cmpuint(value, ==, UINT64_MAX);
	g_assert_true(parse_u64("0xffffc90000000000", &value));
	g_assert_cmphex(value, ==, UINT64_C(0xffffc90000000000));
	g_assert_true(parse_u64("010", &value));
	g_assert_cmpuint(value, ==, 8);
	for (const char *const *text =
		     (const char *const[]){"", "-1", "+1", " 1", "1 ", "0x", "09", NULL};
	     *text; text++)
		g_assert_false(parse_u64(*text, &value));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/param/spec", test_spec);
	g_test_add_func("/param/versions", test_versions);
	g_test_add_func("/param/defaults", test_defaults);
	g_test_add_func("/param/bad", test_bad);
	g_test_add_func("/param/numbers", test_numbers);
	return g_test_run();
}
