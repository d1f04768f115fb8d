/* rolling -- the facts of the last hour, second by second, each kept once: what the rolling windows subtract when it grows
 * old, and what a checkpoint stores of them.
 *
 * A fact concerns its queue, that queue's groups, `all` and its agent, each in its cell. Seconds are a ring of FC_ROLLING_SECONDS; a fact older than the hour, or further ahead of now than the ring reaches, is refused and stands in no rolling window.
 */
#ifndef FC_ROLLING_H
#define FC_ROLLING_H

#include "place.h"
#include "series.h"

#define FC_H1_SECONDS 3600
#define FC_M15_SECONDS 900
#define FC_ROLLING_SECONDS 4096 /* power of two; how far ahead a fact may be: 4096 - 3600 s */

struct fc_logged {
    struct fc_fact fact;
    struct fc_place place;
};

struct fc_packed { /* a logged fact within its second: an hour of a large floor is tens of millions of them */
    int64_t value;
    struct fc_queue *queue;
    struct fc_agent *agent;
    uint32_t us; /* since the second began */
    uint8_t count, sum, channel;
    int8_t sign;
};

struct fc_second {
    int64_t second; /* of the facts in it; meaningful when n > 0 or dirty */
    struct fc_packed *facts;
    uint32_t n, cap;
    uint32_t parts; /* records that hold it in the store */
    bool dirty;     /* changed since the last checkpoint */
};

struct fc_stale { /* a second whose slot was used again before a checkpoint could delete its records */
    int64_t second;
    uint32_t parts;
};

struct fc_rolling {
    struct fc_second *ring;                /* FC_ROLLING_SECONDS, owned */
    int64_t now_s, m15_from_s, h1_from_s;  /* first seconds that are still inside */
    struct fc_stale *stale;                /* for the checkpoint, which empties it */
    uint32_t stale_n, stale_cap;
    uint16_t *dirty;                       /* slots of seconds that changed since the last checkpoint, which empties it */
    uint32_t dirty_n, dirty_cap;
};

void fc_rolling_init(struct fc_rolling *r);
void fc_rolling_fini(struct fc_rolling *r);

/* fc_rolling_add -- keeps the fact; *in_m15 says whether it is young enough for the 15 minutes too.
 * False (nothing kept) when it is outside the ring's reach. */
bool fc_rolling_add(struct fc_rolling *r, const struct fc_logged *logged, bool *in_m15);

/* A second's fact of number i, below n. */
struct fc_logged fc_rolling_at(const struct fc_second *s, uint32_t i);

/* fc_rolling_advance -- moves now on; calls `gone` for every second with facts that leaves the 15 minutes (h1 false) or the hour (h1 true). */
void fc_rolling_advance(struct fc_rolling *r, int64_t now_s, void (*gone)(void *ctx, const struct fc_second *s, bool h1), void *ctx);

/* The slot of a second, for checkpoints; NULL when the ring holds another second there. */
struct fc_second *fc_rolling_second(struct fc_rolling *r, int64_t second);

#endif
