/* link -- how a collector's spool and an aggregator talk: ZeroMQ DEALER (collector) to ROUTER (aggregator).
 *
 * One frame a message, a msgpack array; [0] is the version, [1] the type:
 *   collector -> aggregator  [1, "hello", spool]                       who I am: tell me what you hold of me
 *                            [1, "batch", spool, first, count, events] events: bin, `count` msgpack maps end to end
 *                            [1, "tell", spool, figures]               how it is: a map, about once a second, never answered
 *   aggregator -> collector  [1, "ack", spool, next]                   everything below `next` is on disk: forget it
 *                            [1, "refuse", spool, reason]              a batch could not be read; nothing was taken
 * `spool` names one spool directory for its whole life (32 hex digits). Events of a spool are numbered from 1 without
 * holes; `first` is the number of the batch's first event. The aggregator answers a hello, a batch that leaves a hole,
 * or one it holds already with an ack, and the collector goes on from there: sending twice changes nothing.
 * `figures` is {"version", "host", "at_us" (the collector's clock), "figures": {key: int} (collector_figures.h), "sources":
 * [{"uri", "done", "counters": {name: int}}]}, each key optional. What is told goes past the spool, since how deep that is
 * must be known while it is deep; nothing that counts is in it, so what gets lost is told anew. An aggregator that does not
 * know it refuses it under a spool of zeros, and is told nothing more on that connection.
 */
#ifndef FC_LINK_H
#define FC_LINK_H

#include "mp.h"

#define FC_LINK_VERSION 1
#define FC_BATCH_EVENTS_MAX 512   /* events in a batch */
#define FC_BATCH_BYTES_MAX 65536  /* bytes of `events` in a batch */
#define FC_SPOOL_ID_LEN 32
#define FC_COLLECTOR_SRC "collector:" /* and the first digits of its spool's id: `src` of what a collector says of itself */
#define FC_COLLECTOR_SRC_DIGITS 8
#define FC_TELL_BYTES_MAX 32768   /* bytes of `figures` */

enum fc_link_type { FC_LINK_HELLO, FC_LINK_BATCH, FC_LINK_ACK, FC_LINK_REFUSE, FC_LINK_TELL };

struct fc_link_msg {
    enum fc_link_type type;
    struct fc_str spool;  /* FC_SPOOL_ID_LEN bytes */
    uint64_t first;       /* batch: number of its first event; ack: next */
    uint32_t count;       /* batch: 1..FC_BATCH_EVENTS_MAX */
    struct fc_str events; /* batch; at most FC_BATCH_BYTES_MAX */
    struct fc_str reason; /* refuse */
    struct fc_str figures; /* tell: one msgpack map, whole; at most FC_TELL_BYTES_MAX */
};

/* fc_link_decode -- checks form and limits; views into `bytes`. Errors: FC_INVALID with reason and offset. */
FC_MUST_USE enum fc_status fc_link_decode(const void *bytes, size_t n, struct fc_link_msg *out, struct fc_error *err);
void fc_link_encode(struct fc_mpw *w, const struct fc_link_msg *msg);

#endif
