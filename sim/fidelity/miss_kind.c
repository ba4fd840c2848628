// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/fidelity/miss_kind.h"

#include "sim/base/units.h"

const char *const miss_kind_names[MISS_KINDS] = {
#define X(id, name, what) name,
	MISS_KIND_LIST(X)
#undef X
};

const char *const miss_kind_words[MISS_KINDS] = {
#define X(id, name, what) what,
	MISS_KIND_LIST(X)
#undef X
};

static enum miss_kind of_place(const struct moment *moment, const struct verdict *verdict,
			       uint32_t nodes)
{
	switch (verdict->place.where) {
	case NODES_IN_POOL:
		return verdict->place.node == moment->request.cpu % nodes ? MISS_POOL_ORDER
									  : MISS_OTHER_POOL;
	case NODES_IN_LAZY:
		return MISS_NOT_PURGED;
	case NODES_IN_PURGE:
		return MISS_OVERLAP;
	case NODES_WITHHELD:
		return MISS_UNKNOWN_POOL;
	case NODES_IN_USE:
		return MISS_IN_USE;
	case NODES_IN_PARTS:
		return MISS_IN_PARTS;
	case NODES_IN_TREE:
		break;
	}
	if (verdict->answer.pooled)
		return MISS_NOT_POOLED;
	/* a search that meets the hole foretold, whatever the shape, ends there or below */
	return verdict->answer.certain && verdict->answer.addr < moment->addr ? MISS_NO_HOLE
									      : MISS_SHAPE;
}

enum miss_kind miss_kind_of(const struct moment *moment, const struct verdict *verdict,
			    uint32_t nodes)
{
	if (verdict->purging)
		return MISS_OVERLAP;
	if (!verdict->answer.found)
		return MISS_NO_PLACE;
	return of_place(moment, verdict, nodes);
}
