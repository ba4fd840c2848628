// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/commands.h"
#include "sim/cli/interrupt.h"

#include "sim/record/families.h"
#include "sim/record/record.h"
#include "sim/report/result_dir.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define BUFFER_BY_FAMILY G_MININT64
#define NO_SECONDS	 (-G_MAXDOUBLE)
#define SECONDS_MAX	 1e9

struct options {
	char *out, *families, *clock;
	gint64 buffer_kib;
	double seconds;
	gboolean empty_pools, boot_help, dry_run, force, own_status;
};

static void options_clear(struct options *options)
{
	g_free(options->out);
	g_free(options->families);
	g_free(options->clock);
}

/* What to do so that a machine is recorded from its first request on. */
static void print_boot_help(void)
{
	static const char *const text =
		"A recording from boot begins before the first request, with nothing pooled and "
		"nothing unknown,\nso that a replay can be exact. Realistic for a guest or a test "
		"machine (Linux 6.9 or later).\n"
		"\n"
		"1. Add to the kernel's command line:\n"
		"\n"
		"   trace_event=vmalloc:*,percpu:percpu_create_chunk,percpu:percpu_destroy_chunk,"
		"vmscan:mm_shrink_slab_start trace_clock=counter trace_buf_size=16M\n"
		"\n"
		"2. Boot, run what is to be recorded, then as root (T is where tracefs is mounted, "
		"mostly\n   /sys/kernel/tracing):\n"
		"\n"
		"   mkdir -p DIR/state; echo 0 > T/tracing_on\n"
		"   echo 1 > /proc/sys/kernel/kptr_restrict\n"
		"   cat /proc/vmallocinfo > DIR/state/vmallocinfo.after\n"
		"   cat T/trace | zstd > DIR/trace.txt.zst\n"
		"   cat T/per_cpu/cpu*/stats > DIR/state/stats\n"
		"   uname -r > DIR/state/uname_r\n"
		"   cat /sys/devices/system/cpu/possible > DIR/state/cpu_possible\n"
		"   cat /proc/cmdline > DIR/state/cmdline\n"
		"\n"
		"3. See in DIR/state/stats that overrun and dropped events are 0 everywhere: else "
		"a larger\n   trace_buf_size.\n"
		"\n"
		"DIR is what import, whatif and fidelity take. There is no vmallocinfo.before: "
		"before the first\nrequest there is no area.\n";

	fputs(text, stdout);
}

/* ---- the plan ---- */

static bool check_command(char **argv, GError **error)
{
	g_autofree char *program = g_find_program_in_path(argv[0]);

	if (program)
		return true;
	set_usage_error(error, "%s: %s", argv[0],
			strchr(argv[0], '/') && g_file_test(argv[0], G_FILE_TEST_EXISTS)
				? "is not executable"
				: "there is no such command");
	return false;
}

static bool check_options(const struct options *options, char **argv, GError **error)
{
	bool has_command = argv[0] != NULL, has_seconds = options->seconds != NO_SECONDS;

	if (!options->out)
		set_usage_error(error, "-o is missing: the folder to make");
	else if (has_command && has_seconds)
		set_usage_error(error, "a command or --seconds, not both");
	else if (!has_command && !has_seconds)
		set_usage_error(error, "what is to be recorded is missing: -- COMMAND…, or "
				       "--seconds N");
	else if (has_seconds && !(options->seconds > 0 && options->seconds <= SECONDS_MAX))
		set_usage_error(error, "--seconds %g: expected more than 0, at most %g",
				options->seconds, SECONDS_MAX);
	else if (options->buffer_kib != BUFFER_BY_FAMILY &&
		 (options->buffer_kib < 1 || options->buffer_kib > G_MAXINT32))
		set_usage_error(error, "--buffer %" G_GINT64_FORMAT ": expected KiB a CPU, 1 to %d",
				options->buffer_kib, G_MAXINT32);
	else
		return !has_command || check_command(argv, error);
	return false;
}

static bool make_plan(const struct options *options, char **argv, struct record_plan *plan,
		      GError **error)
{
	/* the order of events is what a replay of emptied pools stands on; else times are wanted */
	const char *clock = options->empty_pools ? "counter" : "mono";

	*plan = (struct record_plan){
		.clock = options->clock ? options->clock : clock,
		.empty_pools = options->empty_pools,
		.argv = argv[0] ? argv : NULL,
		.seconds = options->seconds,
		.interrupted = interrupt_flag(),
	};
	if (!families_parse(options->families ? options->families : "vmap", &plan->families, error))
		return false;
	plan->buffer_kib = options->buffer_kib == BUFFER_BY_FAMILY
				   ? record_default_buffer_kib(plan->families)
				   : (uint64_t)options->buffer_kib;
	if (options->empty_pools && !(plan->families & FAMILY_BIT(FAMILY_VMAP))) {
		set_usage_error(error, "--empty-pools is for --families vmap");
		return false;
	}
	return true;
}

static void print_plan(const struct record_plan *plan, const char *out)
{
	g_autofree char *command = plan->argv ? g_strjoinv(" ", plan->argv) : NULL;

	printf("kmsim record would, as root:\n"
	       "  make a tracefs instance kmsim-PID, clock %s, %" G_GUINT64_FORMAT
	       " KiB a CPU, and remove it at the end\n"
	       "  record",
	       plan->clock, plan->buffer_kib);
	for (const struct family_event *event = family_events; event->name; event++) {
		if (plan->families & FAMILY_BIT(event->family))
			printf(" %s:%s", event->system, event->name);
	}
	printf("\n");
	if (plan->families & FAMILY_BIT(FAMILY_VMAP))
		printf("  set kernel.kptr_restrict to 1 while it reads /proc/vmallocinfo, and put "
		       "it back\n");
	if (plan->empty_pools)
		printf("  write 2 to /proc/sys/vm/drop_caches: the pools of the vmap nodes go, and "
		       "cached dentries and inodes\n");
	if (command)
		printf("  run: %s\n", command);
	else
		printf("  wait %g seconds\n", plan->seconds);
	printf("  leave the recording in %s\n", out);
}

/* ---- the end ---- */

static uint64_t count_lost(const struct record_outcome *outcome)
{
	uint64_t lost = 0;

	for (guint i = 0; i < outcome->buffers->len; i++)
		lost += g_array_index(outcome->buffers, struct tracing_buffer, i).lost;
	return lost;
}

/* A status of the command's own may look like one of kmsim's: who reads it is told. */
static void tell_command(const struct record_outcome *outcome, const char *out)
{
	g_autofree char *recording =
		record_is_whole(outcome)
			? g_strdup_printf("the recording is whole in %s", out)
			: g_strdup_printf("the recording in %s ends where a buffer ran full", out);

	if (outcome->interrupted || !outcome->ended)
		return;
	if (WIFSIGNALED(outcome->status))
		fprintf(stderr, "kmsim record: signal %d (%s) ended the command; %s\n",
			WTERMSIG(outcome->status), g_strsignal(WTERMSIG(outcome->status)),
			recording);
	else if (WEXITSTATUS(outcome->status))
		fprintf(stderr, "kmsim record: the command ended with status %d; %s\n",
			WEXITSTATUS(outcome->status), recording);
}

/* On standard error, since standard output is the command's. */
static void tell(const struct record_plan *plan, const struct record_outcome *outcome,
		 const char *out)
{
	const char *partial = outcome->interrupted ? ".partial" : "";

	fprintf(stderr, "kmsim record: %.1f s, %" G_GUINT64_FORMAT " events", outcome->seconds,
		outcome->facts.events);
	for (unsigned i = 0; i < FAMILIES; i++) {
		if (plan->families & FAMILY_BIT(i))
			fprintf(stderr, ", %s %" G_GUINT64_FORMAT, family_name(i),
				outcome->facts.by_family[i]);
	}
	fprintf(stderr, ": %s%s\n", out, partial);
	if (!outcome->facts.events && !outcome->full)
		fprintf(stderr, "warning: nothing was asked for meanwhile: there is nothing to "
				"replay\n");
	if (outcome->full)
		fprintf(stderr,
			"warning: a buffer of %" G_GUINT64_FORMAT
			" KiB ran full: recording stopped there, and %" G_GUINT64_FORMAT
			" events behind the first one lost (of %" G_GUINT64_FORMAT
			") were left out; --buffer KIB gives more room\n",
			outcome->buffer_kib, outcome->facts.cut, count_lost(outcome));
	if (!outcome->quiet)
		fprintf(stderr,
			"warning: the machine was never quiet in %u tries: areas came or went "
			"while the first snapshot was taken%s\n",
			outcome->tries,
			plan->empty_pools ? ", and the pools may not be empty" : "");
	if (outcome->left_running)
		fprintf(stderr, "warning: the command was sent SIGTERM and still runs\n");
	tell_command(outcome, out);
}

/* What a shell would say of the command, or whether there is a recording. */
static int status_of(const struct record_outcome *outcome, bool own)
{
	if (outcome->interrupted)
		return EXIT_INTERRUPTED;
	if (!outcome->ended || own)
		return EXIT_DONE;
	if (WIFSIGNALED(outcome->status))
		return 128 + WTERMSIG(outcome->status);
	return WEXITSTATUS(outcome->status);
}

/* Who is not root learns that first, rather than that a folder cannot be made. */
static struct result_dir *begin_dir(const struct record_plan *plan, const struct options *options,
				    GError **error)
{
	return record_check(plan, error) ? result_dir_begin(options->out, options->force, error)
					 : NULL;
}

static int record(const struct record_plan *plan, const struct options *options, GError **error)
{
	struct result_dir *dir = begin_dir(plan, options, error);
	struct record_outcome outcome;

	if (!dir)
		return EXIT_USAGE;
	bool ok = record_run(plan, result_dir_path(dir), &outcome, error);
	int status = EXIT_RUN_TIME;

	if (!ok)
		result_dir_abort(dir);
	else
		ok = outcome.interrupted ? result_dir_keep_partial(dir, error)
					 : result_dir_commit(dir, error);
	if (ok) {
		tell(plan, &outcome, options->out);
		status = status_of(&outcome, options->own_status);
	}
	record_outcome_clear(&outcome);
	return status;
}

/* A terminal that goes away is an interrupt, too, unless somebody wants none (nohup). */
static void catch_hangup(void)
{
	struct sigaction action;

	if (!sigaction(SIGHUP, NULL, &action) && action.sa_handler != SIG_IGN &&
	    !sigaction(SIGTERM, NULL, &action))
		sigaction(SIGHUP, &action, NULL);
}

static int perform(const struct options *options, char **argv, GError **error)
{
	struct record_plan plan;

	if (!check_options(options, argv, error) || !make_plan(options, argv, &plan, error))
		return EXIT_USAGE;
	if (options->dry_run) {
		print_plan(&plan, options->out);
		result_dir_abort(begin_dir(&plan, options, error));
		return EXIT_DONE;
	}
	catch_hangup();
	return record(&plan, options, error);
}

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	struct options options = {.buffer_kib = BUFFER_BY_FAMILY, .seconds = NO_SECONDS};
	const GOptionEntry entries[] = {
		{"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.out, "the folder to make",
		 "DIR"},
		{"seconds", 's', 0, G_OPTION_ARG_DOUBLE, &options.seconds,
		 "record for so long, without a command", "N"},
		{"families", 'f', 0, G_OPTION_ARG_STRING, &options.families,
		 "what to record, of vmap, pages and compaction (default vmap)", "A,B,…"},
		{"clock", 0, 0, G_OPTION_ARG_STRING, &options.clock,
		 "trace clock: mono has times (default), counter a strict order (default with "
		 "--empty-pools)",
		 "CLOCK"},
		{"buffer", 'b', 0, G_OPTION_ARG_INT64, &options.buffer_kib,
		 "KiB of buffer a CPU (default 16384, with pages 65536, or what memory allows)",
		 "KIB"},
		{"empty-pools", 0, 0, G_OPTION_ARG_NONE, &options.empty_pools,
		 "empty the pools of the vmap nodes first, by drop_caches: for fidelity", NULL},
		{"own-status", 0, 0, G_OPTION_ARG_NONE, &options.own_status,
		 "end with 0 if there is a recording, whatever the command ended with", NULL},
		{"boot-help", 0, 0, G_OPTION_ARG_NONE, &options.boot_help,
		 "say how to record from boot", NULL},
		{"dry-run", 0, 0, G_OPTION_ARG_NONE, &options.dry_run,
		 "say what would be done, and whether it can be", NULL},
		{"force", 0, 0, G_OPTION_ARG_NONE, &options.force, "replace an earlier recording",
		 NULL},
		G_OPTION_ENTRY_NULL};
	int status = EXIT_USAGE;

	if (cli_parse(command, entries, &argc, &argv, 0, ANY_NUMBER, error)) {
		if (options.boot_help) {
			print_boot_help();
			status = EXIT_DONE;
		} else {
			status = perform(&options, argv + 1, error);
		}
	}
	options_clear(&options);
	return status;
}

const struct command command_record = {
	.name = "record",
	.arguments = "-o DIR -- COMMAND…",
	.summary = "record a command, or some time, of this machine (root)",
	.notes =
		"Exit status: that of the command, or 128 + N if signal N ended it, and DIR is "
		"there; if\nkmsim itself fails, 1 or 2, and DIR is not made. A command may end with 1 "
		"or 2, too: then a\nmessage at the end says \"the command ended with status 2; the "
		"recording is whole in DIR\",\nand DIR/recording.json has it as exit_status. With "
		"--own-status 0 means that there is a\nrecording, and 1 or 2 that there is none. 130: "
		"interrupted, DIR.partial is what was recorded\nby then.\n",
	.run = run,
};
