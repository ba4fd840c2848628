// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the cycles of a variant went, in its object of result.json. */
#include "sim/report/breakdown.h"
#include "sim/report/variant_parts.h"

/* What the steps of @account cost, each by its name; *sum of them. */
static json_t *steps_json(const struct work_account *account, uint64_t *sum)
{
	json_t *object = json_object();

	*sum = 0;
	for (unsigned step = 0; step < STEPS; step++) {
		uint64_t cycles = account->step[step].price >> PRICE_SHIFT;

		json_object_set_new(object, step_name((enum step)step), json_u64(cycles));
		*sum += cycles;
	}
	return object;
}

static json_t *waits_json(const struct work_account *account, const struct engine_totals *totals,
			  uint64_t *sum)
{
	json_t *object = json_object();

	*sum = 0;
	for (unsigned i = 0; i < totals->n_locks; i++) {
		json_object_set_new(object, totals->locks[i].name,
				    json_u64(account->wait_cycles[i]));
		*sum += account->wait_cycles[i];
	}
	return object;
}

json_t *work_account_json(const struct work_account *account, const struct engine_totals *totals,
			  uint64_t clock_hz)
{
	json_t *object = json_object();
	uint64_t in_steps, waited;
	json_t *steps = steps_json(account, &in_steps);
	json_t *waits = waits_json(account, totals, &waited);
	uint64_t shown = in_steps + account->lock_cycles + account->slowed_cycles;

	set_time(object, "total", account->work_cycles + waited, clock_hz);
	set_time(object, "before", account->before_cycles, clock_hz);
	json_object_set_new(object, "steps", steps);
	json_object_set_new(object, "lock_cycles", json_u64(account->lock_cycles));
	json_object_set_new(object, "slowed_cycles", json_u64(account->slowed_cycles));
	json_object_set_new(object, "waits", waits);
	json_object_set_new(object, "rounding_cycles",
			    json_integer((json_int_t)(account->work_cycles - shown)));
	return object;
}

json_t *breakdown_json(const struct engine_totals *totals, uint64_t clock_hz)
{
	json_t *ops = json_object();

	for (int kind = 0; kind < OP_KINDS; kind++)
		json_object_set_new(ops, op_kind_name((enum op_kind)kind),
				    work_account_json(&totals->kinds[kind], totals, clock_hz));
	return json_pack("{s:o, s:o}", "ops", ops, "background",
			 work_account_json(&totals->tasks, totals, clock_hz));
}
