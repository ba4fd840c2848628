/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_WORKLOAD_FILE_RING_H
#define KMSIM_WORKLOAD_FILE_RING_H

/*
 * Files in memory, by whoever loaded them: for each loader a ring through its head, oldest first.
 * A file is in one ring or in none.
 */

#include <stdbool.h>
#include <stdint.h>

struct file_ring {
	uint32_t n_files;
	uint32_t *next, *prev; /* by file; then the heads */
};

/* No file is in memory yet. */
void file_ring_init(struct file_ring *ring, uint32_t n_files, uint32_t n_loaders);
void file_ring_clear(struct file_ring *ring);

/* @file was loaded, or used, by @loader: it is the youngest of these now. */
void file_ring_use(struct file_ring *ring, uint32_t loader, uint32_t file);

/* Take out the oldest of @loader's. False: there is none. */
bool file_ring_drop_oldest(struct file_ring *ring, uint32_t loader, uint32_t *file);

#endif
