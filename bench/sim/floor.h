/* floor -- a call center that exists only as a plan and a seed, told as the events a real one would send.
 *
 * A discrete-event simulation: it jumps from one happening to the next, in simulated time. It has no clock, no socket
 * and no thread, so the same plan gives the same events, byte for byte, as fast or as slowly as its caller steps it.
 * Refuses to pace or to deliver: main.c does that.
 *
 * Contact:  offered -> [alerted -> missed]* -> alerted -> answered -> [held -> resumed] -> ended -> wrapped
 *                   \-> left (abandoned, key, callback, timeout, overflow, full, empty)
 * Agent:    offline -> available -> alerting -> busy <-> hold -> wrap -> available; paused in between
 * Routing:  a contact takes the longest-idle agent of its queue; an agent takes, among its queues, the highest priority
 *           and then the longest wait. A missed contact goes to the next agent from the head of its queue.
 */
#ifndef FC_FLOOR_H
#define FC_FLOOR_H

#include "plan.h"

/* Gets every event in order; `ev` and its strings live until it returns. It must not call back into the floor. */
typedef void fc_floor_sink(void *ctx, const struct fc_event *ev);

struct fc_floor;

/* What happened in one queue since fc_floor_begin, with the contacts that were live then counted as offered.
 * Law: offered = answered + sum(left) + waiting, after every step (tests/unit/bench/floor.c). */
struct fc_floor_count {
    uint64_t offered, answered, left[FC_LEFT_COUNT], missed, ended, wrapped;
    uint32_t waiting; /* now, those being rung included */
};

/* fc_floor_create -- an empty floor. Plan: must pass fc_plan_check (asserted), is copied, its strings are not.
 * Memory grows with the contacts that are present, at most FC_FLOOR_CONTACTS_MAX; a further one leaves as `full`.
 * Out of memory stops the process. Owns: the caller destroys it. Thread: all calls for one floor from one thread */
#define FC_FLOOR_CONTACTS_MAX (1u << 20)
struct fc_floor *fc_floor_create(const struct fc_plan *plan, fc_floor_sink *sink, void *ctx);
void fc_floor_destroy(struct fc_floor *floor);

/* fc_floor_begin -- runs plan->warm_s in silence up to plan->start_us, then says what is there: hello, snapshot begin,
 * who serves what, the live contacts and the agents' states with the times when they began, snapshot end. Call it once. */
void fc_floor_begin(struct fc_floor *floor);

/* fc_floor_step -- the next happening (a handful of events), if it is due by until_us; false: nothing left until then,
 * and the floor's time is until_us. */
bool fc_floor_step(struct fc_floor *floor, int64_t until_us);

/* fc_floor_now_us -- simulated wall time of the last step. fc_floor_next_us -- when the next happening is due. */
int64_t fc_floor_now_us(const struct fc_floor *floor);
int64_t fc_floor_next_us(const struct fc_floor *floor);

/* fc_floor_count -- of queue q of the plan, or of all queues for q < 0. */
struct fc_floor_count fc_floor_count(const struct fc_floor *floor, int q);

/* Agents by state now, and the microseconds that all agents together spent in each state since fc_floor_begin. */
struct fc_floor_agents {
    uint32_t now[FC_AGENT_STATE_COUNT];
    int64_t spent_us[FC_AGENT_STATE_COUNT];
};
struct fc_floor_agents fc_floor_agents(const struct fc_floor *floor);

#endif
