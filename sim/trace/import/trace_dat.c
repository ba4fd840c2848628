// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/trace_dat.h"

#include "sim/base/error.h"
#include "sim/trace/import/account.h"
#include "sim/trace/import/gfp.h"
#include "sim/trace/import/text_line.h"
#include "sim/trace/source.h"

/*
 * libtracecmd trusts its input: a damaged file can crash it. So it runs in a child
 * process, which sends what it finds through a pipe; a crash there is an error here.
 */

#ifdef KMSIM_HAVE_TRACECMD

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <trace-cmd.h>
#include <unistd.h>

/* Exported by libtracecmd, but missing from its header. */
int tracecmd_cpus(struct tracecmd_input *handle);

enum message_type {
	MESSAGE_EVENT,
	MESSAGE_BAD,	/* an event whose fields are not as expected */
	MESSAGE_UNUSED, /* an event of another kind */
	MESSAGE_LOST,
	MESSAGE_CPUS,
	MESSAGE_END
};

#define NAME_MAX_BYTES 80

/* What the child sends. */
struct message {
	enum message_type type;
	uint32_t cpu;
	union {
		struct event event;
		uint64_t number; /* BAD: place, LOST: events, CPUS */
		char name[NAME_MAX_BYTES];
	};
};

/* ---- in the child ---- */

struct child {
	FILE *out;
	uint64_t events;
	GHashTable *gfp; /* flags as recorded -> uint64_t, as gfp_parse() gives them */
};

static void send_message(const struct child *child, const struct message *message)
{
	if (fwrite(message, sizeof(*message), 1, child->out) != 1)
		_exit(EXIT_FAILURE);
}

static void send_number(const struct child *child, enum message_type type, uint64_t number)
{
	struct message message;

	memset(&message, 0, sizeof(message));
	message.type = type;
	message.number = number;
	send_message(child, &message);
}

/*
 * The names of flags that the file itself gives to @number, since their numbers changed with
 * versions; the numbers of v5.1 and later if it gives none. The format is asked once for each
 * number.
 */
static uint64_t gfp_value(const struct child *child, struct tep_event *format,
			  struct tep_record *record, const char *field, uint64_t number)
{
	uint64_t *known = g_hash_table_lookup(child->gfp, &number);
	struct trace_seq text;

	if (known)
		return *known;
	trace_seq_init(&text);
	tep_print_event(format->tep, &text, record, "%s", TEP_PRINT_INFO);
	trace_seq_terminate(&text);
	struct span word, fields = {text.buffer, text.buffer + text.len};
	uint64_t value = text_word(fields, field, &word) ? gfp_parse(word.at, span_length(word))
							 : gfp_from_number(number);

	g_hash_table_insert(child->gfp, g_memdup2(&number, sizeof(number)),
			    g_memdup2(&value, sizeof(value)));
	trace_seq_destroy(&text);
	return value;
}

/* The function has a name only in the text, where the file has the kernel's symbols. */
static bool names_shrinker(struct tep_event *format, struct tep_record *record, const char *name)
{
	struct trace_seq text;

	trace_seq_init(&text);
	tep_print_event(format->tep, &text, record, "%s", TEP_PRINT_INFO);
	trace_seq_terminate(&text);
	struct span fields = {text.buffer, text.buffer + text.len};
	bool found = span_begins(span_trim(fields), name);

	trace_seq_destroy(&text);
	return found;
}

static bool fill_values(const struct child *child, struct tep_event *format,
			struct tep_record *record, struct event *event)
{
	const struct event_field *field = event_kinds[event->id].fields;

	for (unsigned i = 0; field[i].recorded; i++) {
		unsigned long long value;

		if (tep_get_field_val(NULL, format, field[i].recorded, record, &value, 0)) {
			if (field[i].type != FIELD_RANGE_START && field[i].type != FIELD_RANGE_END)
				return false;
			value = 0; /* a scan whose place cannot be told */
		}
		if (field[i].type == FIELD_SHRINKER) {
			event->value[i] = names_shrinker(format, record, field[i].printed);
			continue;
		}
		event->value[i] = field[i].type == FIELD_GFP ? gfp_value(child, format, record,
									 field[i].printed, value)
							     : value;
	}
	return true;
}

static int on_record(struct tracecmd_input *handle, struct tep_record *record, int cpu,
		     void *context)
{
	struct child *child = context;
	struct tep_handle *tep = tracecmd_get_tep(handle);
	struct tep_event *format = tep_find_event_by_record(tep, record);
	struct message message;

	(void)cpu; /* with several buffers merged, it is an index, not the CPU */
	child->events++;
	if (record->missed_events)
		send_number(child, MESSAGE_LOST,
			    record->missed_events > 0 ? (uint64_t)record->missed_events : 0);
	memset(&message, 0, sizeof(message));
	message.cpu = (uint32_t)record->cpu;
	enum event_id id = format ? event_find(format->system, format->name) : EVENT_NOT_IMPORTED;

	if (id == EVENT_NOT_IMPORTED) {
		message.type = MESSAGE_UNUSED;
		g_strlcpy(message.name, format ? format->name : "(unknown event)", NAME_MAX_BYTES);
	} else {
		message.type = MESSAGE_EVENT;
		message.event = (struct event){.place = child->events,
					       .t_ns = record->ts,
					       .has_t = true,
					       .id = id,
					       .cpu = message.cpu,
					       .pid = tep_data_pid(tep, record)};
		if (!fill_values(child, format, record, &message.event)) {
			message.type = MESSAGE_BAD;
			message.number = child->events;
		}
	}
	send_message(child, &message);
	return 0;
}

/* Recordings with -B keep events in instances; the buffers are merged by time. */
static bool iterate(struct tracecmd_input *top, struct child *child)
{
	int instances = tracecmd_buffer_instances(top);
	struct tracecmd_input **buffers = calloc((size_t)MAX(instances, 0) + 1, sizeof(*buffers));
	int n = 1;

	if (!buffers)
		return false;
	buffers[0] = top;
	for (int i = 0; i < instances; i++) {
		buffers[n] = tracecmd_buffer_instance_handle(top, i);
		if (!buffers[n++])
			return false;
	}
	return !tracecmd_iterate_events_multi(buffers, n, on_record, child);
}

static void be_quiet(void)
{
	struct rlimit no_core = {0, 0};
	int null = open("/dev/null", O_WRONLY);

	setrlimit(RLIMIT_CORE, &no_core);
	if (null >= 0) {
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	tracecmd_set_loglevel(TEP_LOG_NONE);
	tep_set_loglevel(TEP_LOG_NONE);
}

_Noreturn static void child_main(int in, int out)
{
	struct child child = {
		.out = fdopen(out, "w"),
		.gfp = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free),
	};

	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	be_quiet();
	if (!child.out || lseek(in, 0, SEEK_SET))
		_exit(EXIT_FAILURE);
	struct tracecmd_input *top = tracecmd_open_fd(in, TRACECMD_FL_LOAD_NO_PLUGINS);

	if (!top)
		_exit(EXIT_FAILURE);
	send_number(&child, MESSAGE_CPUS, (uint64_t)MAX(tracecmd_cpus(top), 0));
	if (!iterate(top, &child))
		_exit(EXIT_FAILURE);
	send_number(&child, MESSAGE_END, child.events);
	/* nothing is freed: the process ends, and its copy of the caller's buffers must not be
	 * flushed */
	_exit(fflush(child.out) ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* ---- in the parent ---- */

/* Take what the child sends; true if it came to its end. */
static bool receive(FILE *in, const struct event_sink *sink)
{
	struct message message;

	while (!event_sink_interrupted(sink) && fread(&message, sizeof(message), 1, in) == 1) {
		switch (message.type) {
		case MESSAGE_EVENT:
			event_push(sink, &message.event);
			break;
		case MESSAGE_BAD:
			event_bad(sink, message.number);
			break;
		case MESSAGE_UNUSED:
			event_unused(sink, message.cpu, message.name);
			break;
		case MESSAGE_LOST:
			account_lost(sink->account, message.number);
			break;
		case MESSAGE_CPUS:
			if (message.number <= TRACE_CPUS_MAX)
				account_cpus(sink->account, message.number);
			break;
		case MESSAGE_END:
			return true;
		}
	}
	return false;
}

static bool reap(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

bool trace_dat_read(int fd, const char *name, const struct event_sink *sink, GError **error)
{
	int ends[2];

	if (pipe(ends)) {
		set_io_error(error, "%s: %s", name, g_strerror(errno));
		return false;
	}
	pid_t child = fork();

	if (!child) {
		close(ends[0]);
		child_main(fd, ends[1]);
	}
	int failed = errno;
	FILE *in = fdopen(ends[0], "r");

	close(ends[1]);
	if (child < 0 || !in) {
		set_io_error(error, "%s: %s", name, g_strerror(failed));
		close(ends[0]);
		return false;
	}
	bool complete = receive(in, sink);

	fclose(in); /* a child that still writes ends by it */
	if (reap(child) && complete)
		return true;
	set_input_error(error,
			"%s: damaged or truncated trace.dat (after %" G_GUINT64_FORMAT " events)",
			name, sink->account->events);
	return false;
}

#else

bool trace_dat_read(int fd, const char *name, const struct event_sink *sink, GError **error)
{
	(void)fd;
	(void)sink;
	set_input_error(error,
			"%s: a trace.dat, but this kmsim was built without libtracecmd: import the "
			"text of trace-cmd report instead",
			name);
	return false;
}

#endif
