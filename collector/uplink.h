/* uplink -- sends the spool to the aggregator and forgets what it acks: go-back-N over a ZeroMQ DEALER.
 *
 * Batches go out in order, at most FC_UPLINK_WINDOW at a time. An ack names the next number wanted: below it all is
 * forgotten. When no ack comes for a while the uplink asks (hello) and goes on from the answer, so a lost message, a
 * restart of either side or a day without network cost nothing but sending twice. ZeroMQ reconnects by itself. An ack that
 * comes while it asks, over the same connection, only shows a slow aggregator: then nothing is sent twice, but nothing new either
 * until the hello is answered.
 *
 * What the aggregator holds may not fit what is here: its data was lost or is an old copy, or this spool is an old copy.
 * That is said aloud, becomes a `gap` event, and where the numbers would collide the spool takes a new id: an
 * aggregator accepts any first number of a spool of which it holds nothing. Nothing that is here is thrown away.
 *
 * Time is an argument, so tests turn the clock themselves. Thread: all functions collector; none blocks.
 */
#ifndef FC_UPLINK_H
#define FC_UPLINK_H

#include "spool.h"

#include <zmq.h>

#define FC_UPLINK_WINDOW 64                 /* batches under way */
#define FC_UPLINK_WINDOW_BYTES (4u << 20)   /* and their bytes */
#define FC_UPLINK_RETRY_MS 1000             /* no ack for so long: ask; doubles up to the next */
#define FC_UPLINK_RETRY_MS_MAX 5000
#define FC_UPLINK_REFUSED_MS_MAX 30000      /* after a refusal */
#define FC_UPLINK_IDLE_MS 5000              /* nothing to send: ask anyway, to know whether it is there */

struct fc_uplink_counters {
    uint64_t batches, events, resent, acks, hellos, rewinds, refused, foreign; /* foreign: messages that are no ack or refuse of ours */
    uint64_t connections, flying; /* made; batches under way now */
};

struct fc_uplink;

/* fc_uplink_open -- connects (in the background). Errors: FC_CONFIG the endpoint has no valid form. */
FC_MUST_USE enum fc_status fc_uplink_open(void *zmq, const char *endpoint, struct fc_spool *spool, struct fc_wall wall, struct fc_uplink **out,
                                          struct fc_error *err);
void fc_uplink_close(struct fc_uplink *u);

#define FC_UPLINK_ITEMS 2
void fc_uplink_wait(const struct fc_uplink *u, zmq_pollitem_t items[FC_UPLINK_ITEMS]);
int64_t fc_uplink_due_ms(const struct fc_uplink *u, struct fc_mono now);

/* fc_uplink_work -- takes what came, sends what may go. After the spool's commit. Errors: FC_IO the spool cannot be read. */
FC_MUST_USE enum fc_status fc_uplink_work(struct fc_uplink *u, struct fc_wall wall, struct fc_mono now, struct fc_error *err);

bool fc_uplink_done(const struct fc_uplink *u); /* everything committed is acked */

/* fc_uplink_gap -- why events between collector and aggregator are lost, or NULL; the caller puts a `gap` event and says so. */
const char *fc_uplink_gap(const struct fc_uplink *u);
void fc_uplink_gap_told(struct fc_uplink *u);

/* fc_uplink_tell -- sends what the collector says of itself (tell.h) if somebody is there to hear it; else it is forgotten. */
void fc_uplink_tell(struct fc_uplink *u, const void *figures, size_t n);
bool fc_uplink_away(const struct fc_uplink *u); /* nothing heard for 10 s */

const struct fc_uplink_counters *fc_uplink_counters(const struct fc_uplink *u);

#endif
