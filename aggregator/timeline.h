/* timeline -- what was said of one agent over the last hours, in order of time, and the states that follow from it.
 *
 * Said are base states (`agent` events) and spans: talk, hold, alert, wrap, away. The state at an instant:
 *   in talk                 hold when as many are on hold as in talk, else busy
 *   else base offline, or away (it has left the last of its queues)   offline
 *   else alert, else wrap   alerting, wrap
 *   else                    the base state, available before the first
 * Targets (the levels of queues, groups, `all`, the agent itself) see the agent during spans of membership; several spans
 * of one target at a time count once. Whatever is said late changes states from its own instant on; only what differs
 * is handed out as steps. What is older than the kept stretch, or further back than some thousand entries, is folded into a
 * beginning and changes no more. One thread.
 */
#ifndef FC_TIMELINE_H
#define FC_TIMELINE_H

#include "levels.h"
#include "mp.h"

#define FC_OPEN INT64_MAX /* a span that is not over */

enum fc_span { FC_SPAN_TALK, FC_SPAN_HOLD, FC_SPAN_ALERT, FC_SPAN_WRAP, FC_SPAN_AWAY, FC_SPAN_COUNT };

struct fc_timeline {
    struct fc_said *said; /* by time; owned */
    struct fc_seat *seats; /* membership spans; owned */
    uint32_t said_n, said_cap, seats_n, seats_cap;
    struct fc_posture { /* at the beginning: everything older is in it */
        int32_t spans[FC_SPAN_COUNT];
        enum fc_agent_state base;
    } start;
    int64_t start_us; /* since when the state at the beginning held */
};

/* keep_from_us: nothing is said any more of what lies before it. */
struct fc_step_sink {
    void (*step)(void *ctx, struct fc_levels *target, const struct fc_step *step);
    void *ctx;
    int64_t keep_from_us;
};

void fc_timeline_init(struct fc_timeline *t, int64_t since_us);
void fc_timeline_fini(struct fc_timeline *t);

/* A base state from ts on; of two at one instant the one said later counts. */
void fc_timeline_base(struct fc_timeline *t, int64_t ts_us, enum fc_agent_state state, const struct fc_step_sink *sink);

/* A span (sign 1), or one that was said before taken back exactly (-1). from < to. */
void fc_timeline_span(struct fc_timeline *t, enum fc_span kind, int64_t from_us, int64_t to_us, int sign, const struct fc_step_sink *sink);

/* A span that was said before ends elsewhere: as if taken back and said anew, in one. */
void fc_timeline_end(struct fc_timeline *t, enum fc_span kind, int64_t old_to_us, int64_t to_us, const struct fc_step_sink *sink);

/* The target sees the agent from from_us to to_us (sign 1), or that is taken back exactly (-1). */
void fc_timeline_member(struct fc_timeline *t, struct fc_levels *target, int64_t from_us, int64_t to_us, int sign, const struct fc_step_sink *sink);

/* Fetches into the processor's caches what an entry will touch, without touching it: its own memory; then, once that is there, what its
 * targets hold of two states. */
void fc_timeline_fetch(const struct fc_timeline *t);
void fc_timeline_fetch_targets(const struct fc_timeline *t, uint8_t from, uint8_t to);

/* The latest state, and since when. */
enum fc_agent_state fc_timeline_state(const struct fc_timeline *t, int64_t *since_us);

/* Stored form, memberships left out (who knows them says them again): msgpack [base, talk, hold, alert, wrap, away, since_us, [ts_us, what, value, ..]].
 * decode: false when the bytes are not so; *t (initialised) is then unusable but for fini. */
void fc_timeline_encode(const struct fc_timeline *t, struct fc_mpw *w);
FC_MUST_USE bool fc_timeline_decode(struct fc_timeline *t, struct fc_mp *mp);

#endif
