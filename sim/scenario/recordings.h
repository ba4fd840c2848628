/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_SCENARIO_RECORDINGS_H
#define KMSIM_SCENARIO_RECORDINGS_H

/*
 * Recordings of a kernel, made ready to be replayed any number of times: what is no kmsim trace
 * yet is imported, and what can be read once only is kept, both in a temporary folder.
 */

#include <glib.h>
#include <jansson.h>
#include <signal.h>

struct machine_record;
struct recordings;

/* None yet. Imports stop when *@interrupted is set; NULL: never. */
struct recordings *recordings_new(const volatile sig_atomic_t *interrupted);

/*
 * The trace of the recording @path: a kmsim trace, anything that import_recording() takes, or "-".
 * The answer lives as long as @recordings; a path that was added before gets the answer it got
 * then. @vmallocinfo: as in struct import_options. *account is the account of the import
 * (import_account_text()), to be freed, or NULL if nothing was imported now. NULL with the
 * error set as import_recording() does, or KMSIM_ERROR_IO.
 */
const char *recordings_add(struct recordings *recordings, const char *path, const char *vmallocinfo,
			   char **account, GError **error);

/* From now on, keep what recordings tell of the machine itself, too. */
void recordings_want_records(struct recordings *recordings);

/*
 * What the recording that became @trace, an answer of recordings_add(), tells of the machine
 * itself; it lives as long as @recordings. NULL: it was a trace already, or that was not wanted.
 */
const struct machine_record *recordings_record(const struct recordings *recordings,
					       const char *trace);

/*
 * The accounts of all imports so far, for manifests: an array of import_account_json(), each with
 * its "source". Borrowed.
 */
json_t *recordings_accounts(const struct recordings *recordings);

/* Ends with the temporary folder. NULL is fine. */
void recordings_free(struct recordings *recordings);

#endif
