/* views -- subscription sets, and the frames that their subscribers share.
 *
 * Clients with the same set of topics share one view; a view lists its topics in the order of their last change, and
 * each change takes the next number (seq). So a client is no more than a cursor into that order: what it has not seen
 * are the topics behind its cursor, each once, however long it was away. A slow client costs nothing and gets the
 * latest; it never has a backlog.
 *
 * A changed view is flushed at most every FC_TICK_MS, the first change after a quiet time at once: the frame for all
 * who kept up is encoded then, once for each protocol. Who is behind, or new, gets a frame of its own, cut at
 * FC_FRAME_BYTES_MAX so that the rest can follow in the next; a few of these are kept for others at the same cursor.
 * Thread: service, alone.
 */
#ifndef FC_VIEWS_H
#define FC_VIEWS_H

#include "cache.h"
#include "clock.h"
#include "counters.h"

#define FC_TICK_MS 20
#define FC_FRAME_HEAD 32               /* free bytes before a frame, for the transport's own header */
#define FC_FRAME_BYTES_MAX (256 << 10) /* a frame ends with the item that reaches this */
#define FC_VIEW_MEMBERS_MAX (2u << 20) /* topics of all views together; more: the subscription is refused */
#define FC_SPARE_FRAMES 16

enum fc_protocol { FC_PROTOCOL_MSGPACK, FC_PROTOCOL_JSON, FC_PROTOCOL_COUNT };

/* A set of topics in its only form: sorted, without doubles, each terminated; a trailing '*' matches any rest. */
struct fc_topic_set {
    struct fc_bytes text;
    uint32_t n;
};

struct fc_frame {
    struct fc_bytes bytes; /* FC_FRAME_HEAD free bytes, then the message */
    uint64_t from, to;     /* holds what changed after `from` up to `to` */
    uint32_t items;
    const struct fc_view *view; /* of a spare frame; NULL: unused */
    enum fc_protocol protocol;
};

/* Where a client sits. Embedded in the client; all zeroes before the first fc_views_join. */
struct fc_seat {
    struct fc_view *view;
    struct fc_seat *next, **link;
    uint64_t cursor;
    enum fc_protocol protocol;
    bool fresh; /* just subscribed: answered by a frame even when there is nothing to show */
};

struct fc_views {
    struct fc_cache *cache;
    struct fc_counters *counters;
    void (*want)(void *ctx, struct fc_str topic, bool wanted); /* the first view shows a topic that is made on demand; none does */
    void *want_ctx;
    void (*wake)(struct fc_seat *seat); /* there is something for it: ask fc_views_frame when it can take a frame */
    struct fc_view *all, *dirty;
    struct fc_frame spare[FC_SPARE_FRAMES];
    uint32_t spare_next, members;
    uint32_t sets_max; /* different subscription sets at once; from the settings */
    uint64_t stamp;
    int64_t at_us; /* put into every frame: time of the newest state */
};

void fc_views_init(struct fc_views *views, struct fc_cache *cache, struct fc_counters *counters, void (*wake)(struct fc_seat *));

/* fc_views_on_demand -- whether aggregators make the topic only while it is subscribed to by its name. */
bool fc_views_on_demand(struct fc_str topic);

void fc_views_fini(struct fc_views *views); /* all seats have left */

/* fc_views_join -- (re)seats a client at the view of this set, from its beginning.
 * Errors: FC_FULL too many sets, or too many topics in all sets together; the seat stays where it was. */
FC_MUST_USE enum fc_status fc_views_join(struct fc_views *views, struct fc_seat *seat, const struct fc_topic_set *set);
void fc_views_leave(struct fc_views *views, struct fc_seat *seat); /* fine when it sits nowhere */

/* fc_views_changed -- a topic has a new item (or tombstone). */
void fc_views_changed(struct fc_views *views, struct fc_topic *topic);

/* fc_views_flush -- flushes every changed view whose time has come. Returns ns until the next one is due, -1: none. */
int64_t fc_views_flush(struct fc_views *views, struct fc_mono now);

/* fc_views_frame -- the next frame for a seat, and moves its cursor; NULL: it has seen everything.
 * Owns: views; valid until the next call of any function here. */
const struct fc_frame *fc_views_frame(struct fc_views *views, struct fc_seat *seat);

/* fc_views_shared -- whether the next frame is the one that all who kept up get: it costs nothing to make. */
bool fc_views_shared(const struct fc_seat *seat);

/* fc_views_pending -- whether fc_views_frame has more. */
bool fc_views_pending(const struct fc_seat *seat);

#endif
