// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/engine/engine.h"

void work_account_add(struct work_account *sum, const struct work_account *account)
{
	for (unsigned step = 0; step < STEPS; step++) {
		sum->step[step].count += account->step[step].count;
		sum->step[step].price += account->step[step].price;
	}
	sum->work_cycles += account->work_cycles;
	sum->before_cycles += account->before_cycles;
	sum->lock_cycles += account->lock_cycles;
	sum->slowed_cycles += account->slowed_cycles;
	for (unsigned class = 0; class < MODEL_LOCKS_MAX; class ++)
		sum->wait_cycles[class] += account->wait_cycles[class];
}

void work_account_subtract(struct work_account *sum, const struct work_account *account)
{
	for (unsigned step = 0; step < STEPS; step++) {
		sum->step[step].count -= account->step[step].count;
		sum->step[step].price -= account->step[step].price;
	}
	sum->work_cycles -= account->work_cycles;
	sum->before_cycles -= account->before_cycles;
	sum->lock_cycles -= account->lock_cycles;
	sum->slowed_cycles -= account->slowed_cycles;
	for (unsigned class = 0; class < MODEL_LOCKS_MAX; class ++)
		sum->wait_cycles[class] -= account->wait_cycles[class];
}
