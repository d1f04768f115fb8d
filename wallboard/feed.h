/* feed -- the SUB socket to one aggregator's publish endpoint.
 *
 * ZeroMQ's descriptor tells only that something changed, once: so whoever was woken by it must drain until there is
 * nothing left, and looks again on a timer in case an edge was missed. Never blocks.
 * Thread: service, alone.
 */
#ifndef FC_FEED_H
#define FC_FEED_H

#include "hub.h"

#define FC_FEED_ITEM_BYTES_MAX (16 << 20)

struct fc_feed {
    void *sub;
    uint32_t cell;
    const char *endpoint;
};

/* fc_feed_open -- connects (the aggregator may be away) and subscribes to everything.
 * Errors: FC_CONFIG the endpoint is no ZeroMQ endpoint. Owns: `endpoint` outlives the feed. */
FC_MUST_USE enum fc_status fc_feed_open(struct fc_feed *feed, void *zmq, uint32_t cell, const char *endpoint, struct fc_error *err);
void fc_feed_close(struct fc_feed *feed);

/* fc_feed_want -- subscribes to one topic by its name beside everything else, or no longer: some are made only then. */
void fc_feed_want(struct fc_feed *feed, struct fc_str topic, bool wanted);

/* fc_feed_fd -- becomes readable when there may be something to drain. Owned by ZeroMQ. */
int fc_feed_fd(const struct fc_feed *feed);

/* fc_feed_drain -- hands up to `most` messages to the hub. True: it stopped at that number, there may be more. */
bool fc_feed_drain(struct fc_feed *feed, struct fc_hub *hub, uint32_t most, struct fc_mono now);

/* fc_socket_connect -- a socket as all of this room's are set up: no linger, bounded messages, keeps reconnecting. */
FC_MUST_USE enum fc_status fc_socket_connect(void **socket, void *zmq, int type, const char *endpoint, struct fc_error *err);

#endif
