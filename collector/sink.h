/* sink -- what sources put into: customer ids hashed, duplicates dropped, the rest encoded into the spool's round.
 *
 * source.h declares what a source may call; here is what the collector and the sources of this room need besides.
 */
#ifndef FC_SINK_H
#define FC_SINK_H

#include "customer.h"
#include "source.h"
#include "spool.h"

struct fc_sink {
    struct fc_spool *spool;
    struct fc_customer customer;
    uint64_t taken, duplicates, refused, anonymous; /* events; anonymous: taken, with a customer that is nobody */
};

/* fc_sink_put_decoded -- fc_sink_put for an event that fc_event_decode has accepted, so it is not checked again. */
FC_MUST_USE enum fc_status fc_sink_put_decoded(struct fc_sink *sink, const struct fc_event *ev, struct fc_error *err);

/* fc_sink_full -- no room, and not just until the round is over: producers are told instead of kept waiting. */
bool fc_sink_full(const struct fc_sink *sink);

#endif
