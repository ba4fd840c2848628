// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/registry.h"

#include "models/builtin.h"
#include "sim/base/error.h"

#include <glib/gstdio.h>
#include <string.h>

static void test_builtins_are_sound(void)
{
	unsigned n = 0;

	for (const struct model_ops *const *ops = model_list(); *ops; ops++, n++) {
		g_autoptr(GError) error = NULL;

		g_assert_true(model_ops_check(*ops, (*ops)->name, &error));
		g_assert_no_error(error);
		g_assert_true(model_find((*ops)->name, NULL) == *ops); /* so names differ */
	}
	g_assert_cmpuint(n, >=, 2);
	g_assert_true(model_list()[0] == &null_model);
}

static void test_unknown_name(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(model_find("vmap-bogus", &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_USAGE);
	g_assert_nonnull(strstr(error->message, "'vmap-bogus'"));
	g_assert_nonnull(strstr(error->message, "(known: null, "));
}

static int run_nothing(void *model, struct call *call)
{
	(void)model, (void)call;
	return CALL_DONE;
}

/* A sound model with everything in it that a case can break. */
struct subject {
	struct model_ops ops;
	struct stage stages[2];
	struct param params[PARAM_MAX + 2];
	const char *locks[MODEL_LOCKS_MAX + 2];
};

static const struct param_word words[] = {{"on", 1}, {NULL, 0}};

static struct subject *subject_new(void)
{
	struct subject *subject = g_new0(struct subject, 1);

	subject->ops = skeleton_model;
	subject->ops.name = "subject";
	subject->ops.stages = subject->stages;
	subject->ops.n_stages = 2;
	subject->ops.entry[OP_VMAP_ALLOC] = 0;
	subject->ops.entry[OP_VMAP_FREE] = 1;
	subject->ops.entry[OP_VMAP_SEED] = 1;
	subject->ops.locks = subject->locks;
	subject->ops.params = subject->params;
	subject->locks[0] = "one";
	subject->locks[1] = "two";
	subject->params[0] = (struct param){.name = "a", .default_text = "5", .help = "number"};
	subject->params[1] = (struct param){.name = "b",
					    .type = PARAM_WORD,
					    .default_text = "on",
					    .words = words,
					    .help = "word"};
	subject->stages[0] = (struct stage){.name = "first",
					    .holds = 3,
					    .tries = 1,
					    .busy = 1,
					    .yields = 2,
					    .run = run_nothing};
	subject->stages[1] = (struct stage){.name = "second", .run = run_nothing};
	return subject;
}

#define BREAKS(X)                                                                                  \
	X(magic, s->ops.magic = 1, "magic 0x00000001")                                             \
	X(version, s->ops.version = 7,                                                             \
	  "version 7 of the model interface, this kmsim has version 6")                            \
	X(size, s->ops.size = 8, "struct model_ops has 8 bytes")                                   \
	X(name, s->ops.name = NULL, "'name'")                                                      \
	X(name_empty, s->ops.name = "", "'name'")                                                  \
	X(name_spec, s->ops.name = "a,b=c", "name 'a,b=c'")                                        \
	X(summary, s->ops.summary = NULL, "'summary'")                                             \
	X(kinds, s->ops.kinds = 0, "'kinds'")                                                      \
	X(kinds_unknown, s->ops.kinds |= OP_BIT(OP_KINDS), "no op kind")                           \
	X(stages, s->ops.stages = NULL, "'stages'")                                                \
	X(n_stages, s->ops.n_stages = 0, "'stages'")                                               \
	X(create, s->ops.create = NULL, "'create'")                                                \
	X(destroy, s->ops.destroy = NULL, "'destroy'")                                             \
	X(run, s->stages[1].run = NULL, "stage 'second': required 'run'")                          \
	X(stage_name, s->stages[1].name = NULL, "stage 1 has no name")                             \
	X(holds, s->stages[0].holds = 7, "holds locks (0x4)")                                      \
	X(tries, s->stages[1].tries = 1, "stage 'second' tries or yields")                         \
	X(yields, s->stages[1].yields = 1, "stage 'second' tries or yields")                       \
	X(tries_two, s->stages[0].tries = 3, "tries more than one")                                \
	X(busy, s->stages[0].busy = 2, "busy is stage 2, there are 0 to 1")                        \
	X(busy_fail, s->stages[0].busy = CALL_FAIL, "busy is stage -2")                            \
	X(entry, s->ops.entry[OP_VMAP_FREE] = 2, "entry of vmap_free is stage 2")                  \
	X(entry_negative, s->ops.entry[OP_VMAP_SEED] = -1, "entry of vmap_seed is stage -1")       \
	X(param_twice, s->params[1].name = "a", "two parameters 'a'")                              \
	X(param_help, s->params[0].help = NULL, "'a' has no help")                                 \
	X(param_default, s->params[0].default_text = "much", "a=much")                             \
	X(param_word, s->params[1].default_text = "off", "b=off")                                  \
	X(param_words, s->params[1].words = NULL, "'b' has no type or no words")                   \
	X(params_many, many_params(s), "more than 32 parameters")                                  \
	X(locks_many, many_locks(s), "more than 8 locks")

static void many_params(struct subject *s)
{
	for (unsigned i = 0; i <= PARAM_MAX; i++)
		s->params[i] = (struct param){.name = g_intern_string((char[]){(char)('A' + i), 0}),
					      .help = "one of many"};
}

static void many_locks(struct subject *s)
{
	for (unsigned i = 0; i <= MODEL_LOCKS_MAX; i++)
		s->locks[i] = "lock";
}

#define X(what, change, message)                                                                   \
	static void break_##what(struct subject *s)                                                \
	{                                                                                          \
		change;                                                                            \
	}
BREAKS(X)
#undef X

static const struct break_case {
	const char *what;
	void (*apply)(struct subject *subject);
	const char *message;
} breaks[] = {
#define X(what, change, message) {#what, break_##what, message},
	BREAKS(X)
#undef X
};

static void test_sound(void)
{
	g_autofree struct subject *subject = subject_new();
	g_autoptr(GError) error = NULL;

	g_assert_true(model_ops_check(&subject->ops, "here", &error));
	g_assert_no_error(error);
	/* What a model does not perform needs no entry; trying a lock may end the op. */
	subject->ops.entry[OP_SHRINK] = 99;
	subject->stages[0].busy = CALL_DONE;
	g_assert_true(model_ops_check(&subject->ops, "here", &error));
	g_assert_no_error(error);
}

static void test_broken(gconstpointer data)
{
	const struct break_case *broken = data;
	g_autofree struct subject *subject = subject_new();
	g_autoptr(GError) error = NULL;

	broken->apply(subject);
	g_assert_false(model_ops_check(&subject->ops, "here", &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
	g_assert_true(g_str_has_prefix(error->message, "here: "));
	if (!strstr(error->message, broken->message))
		g_error("'%s' is not in '%s'", broken->message, error->message);
}

static void test_not_a_library(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(model_plugin_load("models/registry.h", &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
	g_assert_true(g_str_has_prefix(error->message, "models/registry.h: cannot be loaded: "));
	g_clear_error(&error);
	g_assert_null(model_plugin_load("./missing.so", &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
}

static void test_plugin_list(void)
{
	g_autofree char *folder = g_dir_make_tmp("kmsim-XXXXXX", NULL);
	g_autofree char *other = g_build_filename(folder, "readme.txt", NULL);
	g_autofree char *b = g_build_filename(folder, "b.so", NULL);
	g_autofree char *a = g_build_filename(folder, "a.so", NULL);
	g_autofree char *list = g_strdup_printf(":%s:", folder);
	g_autoptr(GError) error = NULL;

	g_assert_true(model_plugin_load_list(NULL, &error));
	g_assert_true(model_plugin_load_list("", &error));
	g_assert_true(g_file_set_contents(other, "no library", -1, NULL));
	g_assert_true(model_plugin_load_list(list, &error)); /* not a .so: left alone */
	g_assert_no_error(error);
	g_assert_true(g_file_set_contents(b, "no library", -1, NULL));
	g_assert_true(g_file_set_contents(a, "no library", -1, NULL));
	g_assert_false(model_plugin_load_list(list, &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
	g_assert_true(g_str_has_prefix(error->message, a)); /* by name: a before b */
	g_clear_error(&error);
	g_unlink(a), g_unlink(b), g_unlink(other), g_rmdir(folder);
	g_assert_false(model_plugin_load_list(folder, &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/registry/builtins-are-sound", test_builtins_are_sound);
	g_test_add_func("/registry/unknown-name", test_unknown_name);
	g_test_add_func("/registry/sound", test_sound);
	for (unsigned i = 0; i < G_N_ELEMENTS(breaks); i++) {
		g_autofree char *path = g_strdup_printf("/registry/broken/%s", breaks[i].what);

		g_test_add_data_func(path, &breaks[i], test_broken);
	}
	g_test_add_func("/registry/not-a-library", test_not_a_library);
	g_test_add_func("/registry/plugin-list", test_plugin_list);
	return g_test_run();
}
