/* play -- an aggregator's publish and query sockets, for measuring a wallboard alone: a floor of queues whose numbers change
 * on command, each item stamped with the moment of its change.
 * Questions are not answered.
 * Thread: one. Nothing blocks.
 */
#ifndef FC_PLAY_H
#define FC_PLAY_H

#include "clock.h"
#include "status.h"

#include <stdint.h>

struct fc_play {
    void *zmq, *xpub, *router;
    uint32_t queues, next;
    uint64_t ver, sent;
    struct fc_mono beaten;
};

/* fc_play_open -- binds. Errors: FC_CONFIG an endpoint cannot be bound. */
FC_MUST_USE enum fc_status fc_play_open(struct fc_play *play, const char *publish, const char *query, uint32_t queues,
                                        struct fc_error *err);
void fc_play_close(struct fc_play *play);

/* fc_play_change -- the next `n` queues have a new item each, of about half a KiB. */
void fc_play_change(struct fc_play *play, uint32_t n);

/* fc_play_work -- heartbeats, and all items to whoever has just subscribed. */
void fc_play_work(struct fc_play *play, struct fc_mono now);

/* fc_play_at_us -- the stamp of the first item in a frame of the wallboard's; 0: it holds none. */
int64_t fc_play_at_us(const uint8_t *frame, size_t n);

#endif
