/* crowd -- contacts and agents of a floor of any size, second by second: what the measurements feed to the engine.
 *
 * Each agent lives through one contact after another (offered, alerted, answered, sometimes held, ended, wrapped, now and
 * then disposed of; some callers hang up), pauses from time to time, and serves three queues. So events per agent and
 * second are the same on every floor, and all that differs is how many queues and agents there are. It knows nothing of
 * arrivals and waiting as floorcast-sim does: it is to be cheap and even, not lifelike.
 */
#ifndef FC_SIZE_CROWD_H
#define FC_SIZE_CROWD_H

#include "event.h"

#define CROWD_T0_US INT64_C(1772442000000000) /* 2026-03-02 09:00 UTC, a Monday */

struct crowd;

/* Same numbers, same events. customers: how many different ones there are. */
struct crowd *crowd_create(uint32_t queues, uint32_t agents, uint32_t customers);
void crowd_destroy(struct crowd *c);

/* crowd_second -- the events of the next second, in order of time; they and their strings live until the next call. The
 * first second is long: everybody comes to work. */
const struct fc_event *crowd_second(struct crowd *c, uint32_t *n);

/* The same of as many seconds as it takes to have that many events, but not beyond the end of a minute. */
#define CROWD_SECONDS_MAX 60
const struct fc_event *crowd_seconds(struct crowd *c, uint32_t events, uint32_t *n);
int64_t crowd_now_us(const struct crowd *c); /* end of the last second handed out */

struct fc_str crowd_queue(const struct crowd *c, uint32_t i);
struct fc_str crowd_agent(const struct crowd *c, uint32_t i);

#endif
