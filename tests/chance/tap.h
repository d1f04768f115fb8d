/* tap -- reads along on the link between collectors and aggregator, and holds both to what they promise.
 *
 * A number of a spool names one event for ever, and an event has one number. An ack never goes back. What was acked is in
 * every store that is opened later. Nobody tells of a gap.
 */
#ifndef CHANCE_TAP_H
#define CHANCE_TAP_H

#include "world.h"

#include <stddef.h>

enum tapped { TAP_PASS, TAP_BEGUN /* of a spool that the aggregator holds something of */, TAP_DROP };

/* Events are known by their number in the floor, which stands in `seq`. */
void tap_begin(size_t events);
void tap_end(void);

enum tapped tap_up(enum side collector, const void *bytes, size_t n);
void tap_down(enum side collector, const void *bytes, size_t n);

/* For the canary: the ack of a batch, before anybody has taken it. 0: it is no batch. */
size_t tap_forge_ack(const void *batch, size_t n, void *to, size_t cap);

/* What the store that was just opened holds of a spool. */
void tap_found(const char *spool, uint64_t next);

/* What was sent is acked; and what was sent is everything. */
bool tap_all_sent_is_acked(void);
bool tap_all_acked(void);
size_t tap_events_sent(void); /* of the floor's */

/* The next number acked of the i-th spool, and its id; NULL: there are not so many. */
const char *tap_spool(int i, uint64_t *acked);

struct tap_counts {
    uint64_t batches, again, acks;
};
struct tap_counts tap_counts(void);

#endif
