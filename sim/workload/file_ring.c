// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/file_ring.h"

#include <glib.h>

void file_ring_init(struct file_ring *ring, uint32_t n_files, uint32_t n_loaders)
{
	ring->n_files = n_files;
	ring->next = g_new(uint32_t, (uint64_t)n_files + n_loaders);
	ring->prev = g_new(uint32_t, (uint64_t)n_files + n_loaders);
	for (uint32_t i = 0; i < n_files + n_loaders; i++)
		ring->next[i] = ring->prev[i] = i;
}

void file_ring_clear(struct file_ring *ring)
{
	g_free(ring->next);
	g_free(ring->prev);
}

static void take_out(struct file_ring *ring, uint32_t file)
{
	ring->next[ring->prev[file]] = ring->next[file];
	ring->prev[ring->next[file]] = ring->prev[file];
	ring->next[file] = ring->prev[file] = file;
}

void file_ring_use(struct file_ring *ring, uint32_t loader, uint32_t file)
{
	uint32_t head = ring->n_files + loader;

	take_out(ring, file);
	ring->prev[file] = ring->prev[head];
	ring->next[file] = head;
	ring->next[ring->prev[head]] = file;
	ring->prev[head] = file;
}

bool file_ring_drop_oldest(struct file_ring *ring, uint32_t loader, uint32_t *file)
{
	*file = ring->next[ring->n_files + loader];
	if (*file >= ring->n_files)
		return false;
	take_out(ring, *file);
	return true;
}
