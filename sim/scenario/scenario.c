// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/scenario/scenario.h"

#include "sim/base/error.h"
#include "sim/base/json_util.h"

#include <string.h>

#define SCENARIO_VERSION 1
#define VARIANTS_MAX	 1000
#define AXES_MAX	 16

/* One axis of the matrix: what varies, and the values it takes, as text. */
struct axis {
	const char *key;
	char **values;
	char **labels; /* what a value is called; the value itself where it has no name */
	unsigned n;
};

struct loader {
	const char *path;
	json_t *root;
	struct variant_spec base; /* all but what the matrix varies */
	struct axis axes[AXES_MAX];
	unsigned n_axes;
	struct scenario *scenario;
};

static bool bad(struct loader *l, GError **error, const char *key, const char *cause)
{
	set_input_error(error, "%s: %s: %s", l->path, key, cause);
	return false;
}

/* A scalar as text: strings as they are, numbers in decimal. NULL: neither. To be freed. */
static char *scalar_text(const json_t *json)
{
	if (json_is_string(json))
		return g_strdup(json_string_value(json));
	if (json_is_integer(json) && json_integer_value(json) >= 0)
		return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(json));
	return NULL;
}

static bool set_number(struct loader *l, const char *key, const char *text, uint64_t max,
		       uint64_t *value, GError **error)
{
	if (!parse_u64(text, value) || *value > max)
		return bad(l, error, key, "expected a number that is not too large");
	return true;
}

static bool set_lazy(struct loader *l, const char *key, const char *text, struct variant_spec *spec,
		     GError **error)
{
	spec->lazy_max_pages.set = true;
	if (!strcmp(text, "none")) {
		spec->lazy_max_pages.value = LAZY_NONE;
		return true;
	}
	return set_number(l, key, text, UINT64_MAX, &spec->lazy_max_pages.value, error);
}

static bool set_order(struct loader *l, const char *key, const char *text,
		      struct variant_spec *spec, GError **error)
{
	if (strcmp(text, "time") && strcmp(text, "trace"))
		return bad(l, error, key, "expected \"time\" or \"trace\"");
	spec->order = strcmp(text, "trace") ? ORDER_TIME : ORDER_TRACE;
	return true;
}

static void append_pair(char **spec, const char *key, const char *text)
{
	char *longer = g_strdup_printf("%s,%s=%s", *spec ? *spec : "", key, text);

	g_free(*spec);
	*spec = longer;
}

/* The path of a file named in the scenario: beside it, or beside its folder. To be freed. */
static char *find_file(const struct loader *l, const char *name)
{
	g_autofree char *folder = g_path_get_dirname(l->path);
	g_autofree char *beside = g_build_filename(folder, name, NULL);
	g_autofree char *above = g_build_filename(folder, "..", name, NULL);

	if (g_path_is_absolute(name))
		return g_strdup(name);
	return g_strdup(g_file_test(beside, G_FILE_TEST_EXISTS)	 ? beside
			: g_file_test(above, G_FILE_TEST_EXISTS) ? above
								 : beside);
}

static void replace(char **text, char *with)
{
	g_free(*text);
	*text = with;
}

/* Set what @key names in @spec: a setting of the run, of the model ("model.…") or of the workload.
 */
static bool set_key(struct loader *l, struct variant_spec *spec, const char *key, const char *text,
		    GError **error)
{
	uint64_t number;

	if (!strcmp(key, "model")) {
		/* what stands there already are parameters of all models */
		replace(&spec->model, g_strconcat(text, spec->model, NULL));
	} else if (g_str_has_prefix(key, "model.")) {
		append_pair(&spec->model, key + strlen("model."), text);
	} else if (g_str_has_prefix(key, "workload.")) {
		if (!spec->workload)
			return bad(l, error, key, "the scenario has no workload");
		append_pair(&spec->source, key + strlen("workload."), text);
	} else if (!strcmp(key, "workload") || !strcmp(key, "trace")) {
		spec->workload = !strcmp(key, "workload");
		replace(&spec->source, spec->workload ? g_strdup(text) : find_file(l, text));
		replace(&spec->shown_as, spec->workload ? NULL : g_path_get_basename(text));
	} else if (!strcmp(key, "image")) {
		replace(&spec->image, find_file(l, text));
	} else if (!strcmp(key, "profile")) {
		replace(&spec->profile, g_strdup(text));
	} else if (!strcmp(key, "machine")) {
		replace(&spec->machine, strchr(text, '/') || g_str_has_suffix(text, ".json")
						? find_file(l, text)
						: g_strdup(text));
	} else if (!strcmp(key, "order")) {
		return set_order(l, key, text, spec, error);
	} else if (!strcmp(key, "seed")) {
		return set_number(l, key, text, UINT64_MAX, &spec->seed, error);
	} else if (!strcmp(key, "cpus")) {
		if (!set_number(l, key, text, TRACE_CPUS_MAX, &number, error))
			return false;
		if (!number)
			return bad(l, error, key, "expected at least 1");
		spec->cpus = (uint32_t)number;
	} else if (!strcmp(key, "vstart") || !strcmp(key, "vend")) {
		struct param_value *value = strcmp(key, "vend") ? &spec->vstart : &spec->vend;

		value->set = true;
		return set_number(l, key, text, UINT64_MAX, &value->value, error);
	} else if (!strcmp(key, "lazy_max_pages")) {
		return set_lazy(l, key, text, spec, error);
	} else {
		return bad(l, error, key, "unknown key");
	}
	return true;
}

/* The key without the part that says whose it is. */
static const char *short_key(const char *key)
{
	const char *dot = strchr(key, '.');

	return dot ? dot + 1 : key;
}

static void append_value(struct axis *axis, const char *label, char *value)
{
	axis->values[axis->n] = value;
	axis->labels[axis->n++] = g_strdup(label ? label : value);
}

/* A list of values, or an object that gives them names. */
static bool read_axis(struct loader *l, const char *key, json_t *values, GError **error)
{
	struct axis *axis = &l->axes[l->n_axes];
	size_t n = json_is_object(values) ? json_object_size(values) : json_array_size(values), i;
	const char *label;
	json_t *value;

	if (l->n_axes == AXES_MAX || !n)
		return bad(l, error, key, "expected a list of values (at most 16 axes)");
	*axis = (struct axis){key, g_new0(char *, n + 1), g_new0(char *, n + 1), 0};
	l->n_axes++;
	json_object_foreach (values, label, value)
		append_value(axis, label, scalar_text(value));
	json_array_foreach (values, i, value)
		append_value(axis, NULL, scalar_text(value));
	for (i = 0; i < n; i++) {
		if (!axis->values[i])
			return bad(l, error, key, "expected strings or whole numbers");
	}
	return true;
}

static bool read_figures(struct loader *l, json_t *figures, GError **error)
{
	size_t n = json_array_size(figures), i;
	json_t *figure;

	if (!figures)
		return true;
	l->scenario->figures = g_new0(char *, n + 1);
	json_array_foreach (figures, i, figure) {
		if (!json_is_string(figure))
			break;
		l->scenario->figures[i] = g_strdup(json_string_value(figure));
	}
	return (n && i == n) || bad(l, error, "figures", "expected a list of names of figures");
}

static bool read_breakdown(struct loader *l, GError **error)
{
	json_t *value = json_object_get(l->root, "breakdown");

	l->scenario->breakdown = json_is_true(value);
	return !value || json_is_boolean(value) ||
	       bad(l, error, "breakdown", "expected true or false");
}

/* A key outside the matrix: one value. */
static bool read_setting(struct loader *l, const char *key, json_t *value, GError **error)
{
	g_autofree char *text = scalar_text(value);

	if (!strcmp(key, "model"))
		return bad(l, error, key, "models are listed under \"models\"");
	if (!text)
		return bad(l, error, key, "expected a string or a whole number");
	return set_key(l, &l->base, key, text, error);
}

static bool read_keys(struct loader *l, GError **error)
{
	static const char *const texts[] = {"kmsim_scenario", "name",	"question", "comment",
					    "figures",	      "matrix", "models",   "breakdown"};
	const char *key;
	json_t *value;

	if (json_object_get(l->root, "trace") && json_object_get(l->root, "workload"))
		return bad(l, error, "trace", "a scenario has a trace or a workload, not both");
	/* the source first: other keys add to it */
	for (const char *const *first = (const char *const[]){"trace", "workload", NULL}; *first;
	     first++) {
		value = json_object_get(l->root, *first);
		if (value && !read_setting(l, *first, value, error))
			return false;
	}
	json_object_foreach (l->root, key, value) {
		bool known = !strcmp(key, "trace") || !strcmp(key, "workload");

		for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
			known |= !strcmp(key, texts[i]);
		if (!known && !read_setting(l, key, value, error))
			return false;
	}
	return true;
}

static bool read_matrix(struct loader *l, GError **error)
{
	json_t *models = json_object_get(l->root, "models"), *values;
	json_t *matrix = json_object_get(l->root, "matrix");
	const char *key;

	if (!read_axis(l, "model", models, error))
		return false;
	if (matrix && !json_is_object(matrix))
		return bad(l, error, "matrix", "expected an object of lists");
	json_object_foreach (matrix, key, values) {
		if (!strcmp(key, "model"))
			return bad(l, error, key, "models are listed under \"models\"");
		if (!read_axis(l, key, values, error))
			return false;
	}
	return true;
}

/*
 * Is the axis summarised, rather than each of its values shown? Seeds are, when there are more
 * than can be looked at one by one: they are draws, not settings.
 */
static bool is_summarised(const struct axis *axis)
{
	return !strcmp(axis->key, "seed") && axis->n > SEEDS_LISTED;
}

static bool set_axis(struct loader *l, struct variant_spec *spec, unsigned axis, uint64_t value,
		     GString *name, GString *point, GError **error)
{
	const struct axis *a = &l->axes[axis];

	if (axis) {
		g_string_append_printf(name, ",%s=", short_key(a->key));
		if (!is_summarised(a))
			g_string_append_printf(point, "%s%s", point->len ? ", " : "",
					       a->labels[value]);
		spec->axes[axis - 1] = g_strdup(short_key(a->key));
		spec->values[axis - 1] = g_strdup(a->labels[value]);
	} else {
		spec->axes = g_new0(char *, l->n_axes);
		spec->values = g_new0(char *, l->n_axes);
		spec->column = g_strdup(a->labels[value]);
	}
	g_string_append(name, a->labels[value]);
	return set_key(l, spec, a->key, a->values[value], error);
}

/* The last axis varies fastest, models slowest. */
static bool expand(struct loader *l, GError **error)
{
	uint64_t n = 1;

	for (unsigned i = 0; i < l->n_axes; i++)
		n *= l->axes[i].n;
	if (n > VARIANTS_MAX)
		return bad(l, error, "matrix", "more than 1000 variants");
	for (uint64_t v = 0; v < n; v++) {
		struct variant_spec spec = variant_spec_copy(&l->base);
		GString *name = g_string_new(NULL), *point = g_string_new(NULL);
		uint64_t rest = v, stride = n;
		bool ok = true;

		for (unsigned i = 0; ok && i < l->n_axes; i++) {
			stride /= l->axes[i].n;
			ok = set_axis(l, &spec, i, rest / stride, name, point, error);
			rest %= stride;
		}
		spec.name = g_string_free(name, FALSE);
		spec.point = g_string_free(point, FALSE);
		g_array_append_val(l->scenario->variants, spec);
		if (!ok)
			return false;
	}
	return true;
}

/* What the rows of its tables differ in. */
static char *axes_text(const struct loader *l)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 1; i < l->n_axes; i++) {
		if (!is_summarised(&l->axes[i]))
			g_string_append_printf(text, "%s%s", text->len ? ", " : "",
					       short_key(l->axes[i].key));
	}
	return g_string_free(text, FALSE);
}

static bool distinct_names(struct loader *l, GError **error)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	for (unsigned i = 0; i < l->scenario->variants->len; i++) {
		char *name = g_array_index(l->scenario->variants, struct variant_spec, i).name;

		if (!g_hash_table_add(names, name))
			return bad(l, error, name, "the same variant twice");
	}
	return true;
}

static bool load(struct loader *l, GError **error)
{
	struct scenario *scenario = l->scenario;
	const char *name = json_string_value(json_object_get(l->root, "name"));
	const char *question = json_string_value(json_object_get(l->root, "question"));
	json_int_t version = json_integer_value(json_object_get(l->root, "kmsim_scenario"));

	if (version != SCENARIO_VERSION)
		return bad(l, error, "kmsim_scenario", "expected 1");
	if (!name || !question)
		return bad(l, error, name ? "question" : "name", "missing");
	if (!*name || strchr(name, '/'))
		return bad(l, error, "name", "expected a name that a folder may have");
	scenario->name = g_strdup(name);
	scenario->question = g_strdup(question);
	l->base.profile = g_strdup("generic-x86_64");
	l->base.seed = 1;
	if (!read_breakdown(l, error) || !read_keys(l, error) || !read_matrix(l, error) ||
	    !read_figures(l, json_object_get(l->root, "figures"), error) || !expand(l, error) ||
	    !distinct_names(l, error))
		return false;
	scenario->axes = axes_text(l);
	for (unsigned i = 0; i < scenario->variants->len; i++) {
		if (!g_array_index(scenario->variants, struct variant_spec, i).source)
			return bad(l, error, "trace", "missing (or workload)");
	}
	return true;
}

static void clear_spec(void *spec)
{
	variant_spec_clear(spec);
}

static void clear_axis(struct axis *axis)
{
	for (unsigned i = 0; i < axis->n; i++) {
		g_free(axis->values[i]); /* NULL where it is no scalar */
		g_free(axis->labels[i]);
	}
	g_free(axis->values);
	g_free(axis->labels);
}

struct scenario *scenario_load(const char *path, GError **error)
{
	struct loader loader = {.path = path, .root = json_read(path, error)};
	g_autofree char *text = NULL;
	size_t length;

	if (!loader.root)
		return NULL;
	loader.scenario = g_new0(struct scenario, 1);
	loader.scenario->variants = g_array_new(FALSE, FALSE, sizeof(struct variant_spec));
	g_array_set_clear_func(loader.scenario->variants, clear_spec);
	bool ok = load(&loader, error);

	if (g_file_get_contents(path, &text, &length, NULL))
		loader.scenario->digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256,
								      (const guchar *)text, length);
	for (unsigned i = 0; i < loader.n_axes; i++)
		clear_axis(&loader.axes[i]);
	variant_spec_clear(&loader.base);
	json_decref(loader.root);
	if (!ok)
		g_clear_pointer(&loader.scenario, scenario_free);
	return loader.scenario;
}

void scenario_free(struct scenario *scenario)
{
	if (!scenario)
		return;
	g_array_unref(scenario->variants);
	g_free(scenario->name);
	g_free(scenario->question);
	g_free(scenario->digest);
	g_free(scenario->axes);
	g_strfreev(scenario->figures);
	g_free(scenario);
}
