/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_FIDELITY_MISS_KIND_H
#define KMSIM_FIDELITY_MISS_KIND_H

#include "sim/fidelity/fidelity.h"

/* What kind of miss @verdict, which is one, on the request of @moment is. @nodes: how many. */
enum miss_kind miss_kind_of(const struct moment *moment, const struct verdict *verdict,
			    uint32_t nodes);

#endif
