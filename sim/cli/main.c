// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/commands.h"

#include "models/registry.h"
#include "sim/cli/interrupt.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command *const commands[] = {
#define X(name) &command_##name,
	COMMANDS(X)
#undef X
};

bool cli_parse(const struct command *command, const GOptionEntry *entries, int *argc, char ***argv,
	       int min, int max, GError **error)
{
	g_autoptr(GOptionContext) context = g_option_context_new(command->arguments);

	g_option_context_set_summary(context, command->summary);
	g_option_context_set_description(context, command->notes);
	g_option_context_add_main_entries(context, entries, NULL);
	g_autofree char *program = g_strdup_printf("kmsim %s", command->name);

	g_set_prgname(program);
	if (!g_option_context_parse(context, argc, argv, error))
		return false;
	if (*argc > 1 && !strcmp((*argv)[1], "--")) {
		memmove(&(*argv)[1], &(*argv)[2], (size_t)(*argc - 1) * sizeof(char *));
		--*argc;
	}
	if (*argc - 1 < min || (max != ANY_NUMBER && *argc - 1 > max)) {
		set_usage_error(error, "usage: kmsim %s%s%s", command->name,
				*command->arguments ? " " : "", command->arguments);
		return false;
	}
	return true;
}

bool cli_load_plugins(char **paths, GError **error)
{
	const char *list = g_getenv("KMSIM_PLUGIN_PATH");

	if (list && !model_plugin_load_list(list, error))
		return false;
	for (; paths && *paths; paths++) {
		if (!model_plugin_load(*paths, error))
			return false;
	}
	return true;
}

static void print_help(FILE *out)
{
	fprintf(out, "kmsim " KMSIM_VERSION ": simulate Linux kernel memory management\n\n"
		     "Usage: kmsim COMMAND [OPTION…] [ARGUMENT…]\n\n");
	for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++)
		fprintf(out, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out, "\nkmsim COMMAND --help says more; kmsim --version says which this is.\n");
}

/* "FILE:LINE: cause" stands alone, so that editors find the place; the rest says who speaks. */
static void print_error(const char *command, const GError *error)
{
	if (g_error_matches(error, KMSIM_ERROR, KMSIM_ERROR_INPUT))
		fprintf(stderr, "%s\n", error->message);
	else
		fprintf(stderr, "kmsim %s: %s\n", command, error->message);
}

/* Whether "--version" stands among the options of a command. */
static bool wants_version(char **argv)
{
	for (; *argv && strcmp(*argv, "--"); argv++) {
		if (!strcmp(*argv, "--version"))
			return true;
	}
	return false;
}

static int print_version(void)
{
	printf("kmsim " KMSIM_VERSION "\n");
	return EXIT_DONE;
}

/*
 * "-j4" as two arguments: GLib's parser wants a short option's value apart, and all short options
 * but -h have one. What stands behind "--" is another command's.
 */
static char **separated(char **argv)
{
	GPtrArray *arguments = g_ptr_array_new();
	bool ours = true;

	for (; *argv; argv++) {
		const char *text = *argv;

		ours = ours && strcmp(text, "--");
		if (ours && text[0] == '-' && g_ascii_islower(text[1]) && text[1] != 'h' &&
		    text[2]) {
			g_ptr_array_add(arguments, g_strndup(text, 2));
			text += 2;
		}
		g_ptr_array_add(arguments, g_strdup(text));
	}
	g_ptr_array_add(arguments, NULL);
	return (char **)g_ptr_array_free(arguments, FALSE);
}

static int run_command(const struct command *command, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) owned = separated(argv);
	int argc = (int)g_strv_length(owned);
	/* GLib's parser moves the pointers about: keep the vector that owns them */
	g_autofree char **arguments = g_memdup2(owned, (size_t)(argc + 1) * sizeof(char *));

	if (wants_version(argv + 1))
		return print_version();
	interrupt_install();
	int status = command->run(command, argc, arguments, &error);

	if (error) {
		print_error(command->name, error);
		return kmsim_error_exit_status(error);
	}
	return status;
}

/* At the end, however it comes: GLib prints the help of a command and ends the program. */
static void close_output(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return;
	fprintf(stderr, "%s: cannot write to standard output\n", g_get_prgname());
	_exit(EXIT_RUN_TIME);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	setlocale(LC_CTYPE, "");
	g_set_prgname("kmsim");
	atexit(close_output);
	for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (!strcmp(commands[i]->name, name))
			return run_command(commands[i], argv + 1);
	}
	if (!strcmp(name, "--version"))
		return print_version();
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
		print_help(stdout);
		return EXIT_DONE;
	}
	if (*name)
		fprintf(stderr, "kmsim: no command '%s'\n\n", name);
	print_help(stderr);
	return EXIT_USAGE;
}
