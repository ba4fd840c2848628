// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/scenario/recordings.h"

#include "sim/base/error.h"
#include "sim/base/reader.h"
#include "sim/trace/import/import.h"
#include "sim/trace/machine_record.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

struct recordings {
	char *folder;	     /* temporary; NULL: not needed so far */
	GHashTable *traces;  /* path as given -> path of the trace */
	GHashTable *records; /* path of the trace -> struct machine_record */
	bool wants_records;
	json_t *accounts;
	const volatile sig_atomic_t *interrupted;
};

struct recordings *recordings_new(const volatile sig_atomic_t *interrupted)
{
	struct recordings *recordings = g_new0(struct recordings, 1);

	recordings->traces = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	recordings->records = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						    (GDestroyNotify)(void *)machine_record_free);
	recordings->interrupted = interrupted;
	recordings->accounts = json_array();
	return recordings;
}

/* A name for one more file in the temporary folder. NULL with the error set. To be freed. */
static char *temporary(struct recordings *recordings, const char *what, GError **error)
{
	GError *cause = NULL;

	if (!recordings->folder)
		recordings->folder = g_dir_make_tmp("kmsim-XXXXXX", &cause);
	if (!recordings->folder) {
		set_io_error(error, "%s", cause->message);
		g_error_free(cause);
		return NULL;
	}
	return g_strdup_printf("%s/%u.%s", recordings->folder,
			       g_hash_table_size(recordings->traces), what);
}

static bool is_pipe(const char *path)
{
	return !strcmp(path, "-") || (g_file_test(path, G_FILE_TEST_EXISTS) &&
				      !g_file_test(path, G_FILE_TEST_IS_REGULAR) &&
				      !g_file_test(path, G_FILE_TEST_IS_DIR));
}

static bool is_interrupted(const struct recordings *recordings)
{
	return recordings->interrupted && *recordings->interrupted;
}

/* Copy what the pipe @path gives to @copy. False with the error set. */
static bool spool(const struct recordings *recordings, const char *path, const char *copy,
		  GError **error)
{
	FILE *in = strcmp(path, "-") ? g_fopen(path, "rb") : stdin, *out = g_fopen(copy, "wb");
	char buffer[65536];
	size_t got;

	while (in && out && !is_interrupted(recordings) &&
	       (got = fread(buffer, 1, sizeof(buffer), in)) > 0)
		fwrite(buffer, 1, got, out);
	bool failed = !in || !out || ferror(in) || ferror(out);

	if (out)
		failed |= fclose(out) != 0;
	if (is_interrupted(recordings))
		set_interrupted_error(error);
	else if (failed)
		set_io_error(error, "%s: cannot be read: %s", path, g_strerror(errno));
	if (in && in != stdin)
		fclose(in);
	return !failed && !is_interrupted(recordings);
}

/* @name is what messages call it. */
static bool is_trace(const char *path, const char *name, bool *trace, GError **error)
{
	*trace = false;
	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		return true; /* the importer knows them */
	struct reader *reader = reader_open_as(path, name, error);
	size_t length;
	const char *text = reader ? reader_peek(reader, &length, error) : NULL;

	if (text)
		*trace = import_recognise(text, length) == IMPORT_KMSIM;
	reader_close(reader);
	return text != NULL;
}

static void keep_account(struct recordings *recordings, const struct import_account *account,
			 const char *name)
{
	g_autofree char *source = g_path_get_basename(name);
	json_t *json = import_account_json(account);

	json_object_set_new(json, "source", json_string(source));
	json_array_append_new(recordings->accounts, json);
}

/*
 * Import @path, which the user called @name; the name of the trace, to be freed, or NULL with the
 * error set.
 */
static char *import_one(struct recordings *recordings, const char *path, const char *name,
			const char *vmallocinfo, char **text, GError **error)
{
	struct machine_record *record = NULL;
	const struct import_options options = {
		.vmallocinfo = vmallocinfo,
		.name = name,
		.interrupted = recordings->interrupted,
		.record = recordings->wants_records ? &record : NULL,
	};
	struct import_account account;
	char *trace = temporary(recordings, "jsonl", error);

	if (!trace)
		return NULL;
	if (import_recording(path, &options, trace, &account, error)) {
		*text = import_account_text(&account);
		keep_account(recordings, &account, name);
		if (record)
			g_hash_table_insert(recordings->records, g_strdup(trace), record);
	} else {
		g_clear_pointer(&trace, g_free);
	}
	import_account_clear(&account);
	return trace;
}

/* The trace of @path, to be freed; NULL with the error set. */
static char *make_trace(struct recordings *recordings, const char *path, const char *vmallocinfo,
			char **account, GError **error)
{
	bool pipe = is_pipe(path), trace;
	g_autofree char *file = pipe ? temporary(recordings, "pipe", error) : g_strdup(path);

	if (!file || (pipe && !spool(recordings, path, file, error)) ||
	    !is_trace(file, path, &trace, error))
		return NULL;
	return trace ? g_steal_pointer(&file)
		     : import_one(recordings, file, path, vmallocinfo, account, error);
}

const char *recordings_add(struct recordings *recordings, const char *path, const char *vmallocinfo,
			   char **account, GError **error)
{
	char *trace = g_hash_table_lookup(recordings->traces, path);

	*account = NULL;
	if (!trace && (trace = make_trace(recordings, path, vmallocinfo, account, error)))
		g_hash_table_insert(recordings->traces, g_strdup(path), trace);
	return trace;
}

void recordings_want_records(struct recordings *recordings)
{
	recordings->wants_records = true;
}

const struct machine_record *recordings_record(const struct recordings *recordings,
					       const char *trace)
{
	return g_hash_table_lookup(recordings->records, trace);
}

json_t *recordings_accounts(const struct recordings *recordings)
{
	return recordings->accounts;
}

void recordings_free(struct recordings *recordings)
{
	if (!recordings)
		return;
	g_autoptr(GDir) folder =
		recordings->folder ? g_dir_open(recordings->folder, 0, NULL) : NULL;
	const char *name;

	while (folder && (name = g_dir_read_name(folder))) {
		g_autofree char *path = g_build_filename(recordings->folder, name, NULL);

		g_unlink(path);
	}
	if (recordings->folder)
		g_rmdir(recordings->folder);
	g_free(recordings->folder);
	g_hash_table_unref(recordings->traces);
	g_hash_table_unref(recordings->records);
	json_decref(recordings->accounts);
	g_free(recordings);
}
