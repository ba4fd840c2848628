/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_KSWAPD_H
#define KMSIM_MODELS_PAGES_KSWAPD_H

/*
 * The background tasks: kswapd keeps memory free, kcompactd keeps it in large chunks. Linux
 * v5.1/v5.2, mm/vmscan.c (wakeup_kswapd, balance_pgdat, kswapd_try_to_sleep) and mm/compaction.c
 * (wakeup_kcompactd, kcompactd_do_work). One of each for the machine: its zones are taken for one
 * node's.
 */

#include "models/model.h"

struct pages;

struct kswapd {
	/* what it is woken for */
	unsigned order, highest;
	bool awake;
	unsigned failures; /* turns in vain; MAX_RECLAIM_RETRIES: it is left alone */
	/* what it does now */
	unsigned now_order, now_highest; /* order: 0 once enough is freed for compaction */
	unsigned woken_order;
	uint64_t freed, boost_left;
	uint64_t *boosts; /* by zone, when it began */
	bool boosted;
};

struct kcompactd {
	unsigned order, highest; /* what it is woken for; order 0: nothing */
	bool awake;
	unsigned now_order, now_highest;
};

/* Memory runs low for a request of @order that may use the zones up to @highest. */
void wake_kswapd(struct pages *model, struct call *call, unsigned order, unsigned highest,
		 bool direct_reclaim);
void wake_kcompactd(struct pages *model, struct call *call, unsigned order, unsigned highest);

/* Stages of the two background tasks: kswapd, its reclaim, its sleep; kcompactd, zone by zone. */
int stage_kswapd(void *data, struct call *call);
int stage_kswapd_reclaim(void *data, struct call *call);
int stage_kswapd_sleep(void *data, struct call *call);
int stage_kcompactd(void *data, struct call *call);
int stage_kcompactd_zone(void *data, struct call *call);

#endif
