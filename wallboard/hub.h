/* hub -- what all aggregators have said: their items in the cache, and whether what is there is whole and fresh.
 *
 * Loss: a heartbeat tells how many messages its aggregator has published. Who subscribed to everything and counted
 * fewer since the last heartbeat has lost some, and subscribes anew: then every topic comes again.
 * A new instance of an aggregator starts with a new epoch. Topics of the old epoch stay shown until the new one's
 * first items are all in (a whole heartbeat passes that brought none of them back); what is left is buried then.
 * What several cells say of one topic is kept by cell and merged when fc_hub_settle is called: once for all that came
 * since the last time, and again whenever a cell's feed goes down or comes back.
 * Refuses to open sockets or keep time: it is told both, so that a test can play any order of events.
 * Thread: service, alone.
 */
#ifndef FC_HUB_H
#define FC_HUB_H

#include "cache.h"
#include "cells.h"
#include "clock.h"
#include "counters.h"
#include "lag.h"
#include "views.h"

#define FC_CELL_MERGED FC_CELLS_MAX    /* whose a merged item is, in the cache */
#define FC_CELL_OWN (FC_CELLS_MAX + 1) /* whose one is that the wallboard makes itself (own.h) */
#define FC_FEED_DOWN_MS 2000 /* without a heartbeat (due every 500 ms) the feed is down */

/* One aggregator, as its heartbeats describe it. */
struct fc_cell {
    char instance[40], version[32], clock[8]; /* empty before the first heartbeat */
    struct fc_bytes beat;                     /* the last heartbeat, whole */
    struct fc_mono heard;                     /* when it came; ns 0: never */
    int64_t at_us;
    int64_t turn_ms_ago;                      /* in that heartbeat: since its engine's latest turn */
    int64_t held_ms;                          /* likewise: how far its wall clock is behind its now, which waits */
    struct fc_mono held_since;                /* ns 0: it does not wait */
    uint64_t base, counted; /* `sent` of the heartbeat counted from, messages since */
    uint32_t skip;          /* heartbeats during which a count means nothing: the subscription is being renewed */
    uint32_t epoch;         /* 1 with the first instance */
    uint64_t revived;       /* topics of the old epoch that came again since the last heartbeat */
    bool burying;           /* topics of the old epoch may be left */
    bool told;              /* that it cannot be merged */
    int64_t newer;          /* version of what it sends, when this program does not read that; 0: it does */
};

enum fc_hub_advice { FC_HUB_GO_ON, FC_HUB_SUBSCRIBE_ANEW };

/* Why the screen must not look live; the last of several cells' troubles counts. */
enum fc_trouble {
    FC_TROUBLE_NONE,
    FC_TROUBLE_NEVER,  /* a cell was never heard */
    FC_TROUBLE_CLOCK,  /* its clock was set back: waits and windows stand still until it has caught up */
    FC_TROUBLE_STUCK,  /* it beats, but its engine does not turn */
    FC_TROUBLE_SILENT, /* no heartbeat */
};

struct fc_hub {
    struct fc_cache cache;
    struct fc_views views;
    struct fc_counters counters;
    struct fc_cell cells[FC_CELLS_MAX];
    uint32_t cell_count;
    struct fc_topic *unsettled; /* to be merged */
    struct fc_lag lag;          /* from events to frames */
    uint32_t own_topics;        /* of the live ones in the cache: made here (own.h) */
    uint64_t loop_late_us_max;  /* of the service loop's timer */
    struct fc_mono started;
    uint32_t up;                /* bits of the cells that were up when last settled */
    bool shows_customers;       /* else they are masked */
    struct fc_bytes masked;     /* scratch */
};

void fc_hub_init(struct fc_hub *hub, uint32_t cell_count, void (*wake)(struct fc_seat *seat));
void fc_hub_fini(struct fc_hub *hub);

/* fc_hub_message -- takes one published message in. Bad ones are counted and dropped, likewise those of a newer version: an
 * aggregator that sends such is as good as silent, and said to be newer (cell.newer).
 * Returns what to do with that cell's subscription. Thread: service; no blocking */
enum fc_hub_advice fc_hub_message(struct fc_hub *hub, uint32_t cell, struct fc_str topic, const void *item, size_t n, struct fc_mono now);

/* fc_hub_settle -- merges what cells share and has changed. After each batch of messages, and some ten times a second.
 * Thread: service; no blocking */
void fc_hub_settle(struct fc_hub *hub, struct fc_mono now);

/* fc_hub_count -- after the cache has changed: how many topics aggregators have. */
static inline void fc_hub_count(struct fc_hub *hub) { hub->counters.topics = hub->cache.live - hub->own_topics; }

/* fc_cell_trouble -- of one cell; fc_hub_trouble -- of the worst. fc_trouble_word: for ticks: "clock" "stuck" "silent", NULL: none. */
enum fc_trouble fc_cell_trouble(const struct fc_cell *cell, struct fc_mono now);
enum fc_trouble fc_hub_trouble(const struct fc_hub *hub, struct fc_mono now);
const char *fc_trouble_word(enum fc_trouble trouble);

/* fc_hub_up -- no cell has a trouble. */
bool fc_hub_up(const struct fc_hub *hub, struct fc_mono now);

/* fc_hub_age_ms -- how old the oldest cell's state is, by this process's monotonic clock: since its engine's last turn that was told of,
 * or since its time stands still; -1 when one was never heard. */
int64_t fc_hub_age_ms(const struct fc_hub *hub, struct fc_mono now);

/* fc_hub_at_us -- the aggregators' time of the last heartbeat, of the cell that is furthest behind; false: one never heard. */
bool fc_hub_at_us(const struct fc_hub *hub, int64_t *at_us);

/* Why an aggregator writes nothing, as its last heartbeat said. Views live until the next message. */
struct fc_hub_stall {
    struct fc_str kind, reason; /* "full": no event is taken in; "checkpoint": events are, history stands still */
    int64_t since_us;
};

/* fc_cell_stall -- of one; false: there is none. */
bool fc_cell_stall(const struct fc_cell *cell, struct fc_hub_stall *out);

/* fc_hub_stall -- the oldest stall of kind "full", else any; false: there is none. */
bool fc_hub_stall(const struct fc_hub *hub, struct fc_hub_stall *out);

#endif
