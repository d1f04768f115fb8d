/* plan -- everything a simulated floor is made of, as numbers: queues, agents, habits of callers, and the seed.
 *
 * A plan and nothing else decides a run. Shares are probabilities 0..1; durations are spans (rng.h) in seconds; a span
 * NONE or a zero rate, share or limit turns the feature off, so the zeroed struct is the barest M/M/n floor.
 * Refuses to read files: presets are code, tests make their own.
 */
#ifndef FC_PLAN_H
#define FC_PLAN_H

#include "event.h"
#include "rng.h"

#define FC_PLAN_QUEUES_MAX 64
#define FC_PLAN_AGENTS_MAX 1024
#define FC_PLAN_NAME_MAX 48 /* bytes with the terminator */
#define FC_PLAN_REASONS_MAX 6
#define FC_PLAN_NOWHERE (-1)

struct fc_plan_queue {
    char name[FC_PLAN_NAME_MAX];
    const char *lang; /* of its callers, BCP 47; NULL: not said */
    enum fc_channel channel;
    double rate_per_hour;  /* new contacts; repeat calls, transfers and overflows come on top */
    int priority;          /* >= 0, higher is served first by an agent of several queues */
    struct fc_span patience;  /* until the customer gives up; NONE: never */
    double key_share;         /* of those who give up: press a key (voice mail) instead of hanging up */
    double callback_share;    /* of those who give up: ask to be called back */
    struct fc_span talk;      /* conversation without hold; must be set */
    struct fc_span hold;
    double hold_share;        /* of conversations: put on hold once */
    struct fc_span wrap;      /* after-contact work; NONE: none */
    double transfer_share;    /* of conversations: handed on to transfer_to */
    int transfer_to;          /* index of a queue, or FC_PLAN_NOWHERE */
    double timeout_s;         /* longest wait the queue allows; 0: any */
    int overflow_to;          /* where the timed out go (`overflow`), or FC_PLAN_NOWHERE (`timeout`) */
    uint32_t capacity;        /* waiting at once, more leave as `full`; 0: any number */
    bool leave_empty;         /* arrivals leave as `empty` while no agent of the queue is logged in */
};

struct fc_plan_agent {
    char id[FC_PLAN_NAME_MAX], name[FC_PLAN_NAME_MAX];
    uint64_t queues; /* bit q: serves queue q */
};

struct fc_plan_pause {
    const char *reason;
    double weight; /* relative */
    struct fc_span length;
};

struct fc_plan {
    uint64_t seed;
    int64_t start_us;    /* simulated wall time of the first event that is sent */
    double warm_s;       /* simulated silently before it, so that the floor starts in the middle of its day */
    uint64_t seq_first;  /* `seq` of the first event */
    char src[FC_PLAN_NAME_MAX], epoch[FC_PLAN_NAME_MAX]; /* contact ids are SRC-EPOCH-NUMBER */
    double heartbeat_s;  /* 0: none */
    double rate_factor;  /* on every rate_per_hour; > 0 */
    double profile[24];  /* factor on the rates by hour of the UTC day; all 0: flat */

    uint32_t queues_n, agents_n;
    struct fc_plan_queue queues[FC_PLAN_QUEUES_MAX];
    struct fc_plan_agent agents[FC_PLAN_AGENTS_MAX];

    struct fc_span ring;       /* from alerted to answered; NONE: at once */
    double miss_share;         /* of rings that nobody takes */
    double miss_after_s;       /* ring time of those */
    struct fc_span miss_pause; /* the agent is paused as "missed" that long; NONE: stays available */
    struct fc_span pause_every;
    struct fc_plan_pause pauses[FC_PLAN_REASONS_MAX];
    uint32_t pauses_n;
    struct fc_span login, logout; /* length of a stay and of an absence; NONE: always there */

    uint32_t customers;     /* size of the pool that calls; 0: all anonymous */
    double anonymous_share; /* of new contacts */
    double repeat_share;    /* call again though resolved or after giving up */
    double repeat_unresolved_share; /* call again because it was not resolved */
    struct fc_span repeat_after;
    double disposition_share, resolved_share;
    double survey_share;
    struct fc_span survey_after;
    double complaint_share;
    struct fc_span acknowledge_after, resolve_after;
    double reopen_share;
};

/* fc_plan_check -- whether a floor can be made of it. Errors: FC_CONFIG, names the member and what it may be. Thread: any */
FC_MUST_USE enum fc_status fc_plan_check(const struct fc_plan *plan, struct fc_error *err);

/* fc_plan_init -- the barest plan: no queues, no agents, rate_factor 1, "sim", start 2026-01-05 08:00 UTC, no warm-up. */
void fc_plan_init(struct fc_plan *plan);

/* fc_plan_add_queue, _add_agent -- append one with every feature off; hand it back to be filled in. Asserts the limits. */
struct fc_plan_queue *fc_plan_add_queue(struct fc_plan *plan, const char *name);
struct fc_plan_agent *fc_plan_add_agent(struct fc_plan *plan, const char *id, const char *name, uint64_t queues);

/* fc_plan_pace -- makes everything on the floor happen `factor` times as often and as fast; the clock stays.
 * Not scaled: heartbeats and the daily profile. factor > 0. */
void fc_plan_pace(struct fc_plan *plan, double factor);

/* fc_plan_preset -- fills plan (after fc_plan_init) with a named floor. FC_CONFIG: no such name, err lists them.
 * fc_plan_preset_help: the name and one line about number i, or false past the last. */
FC_MUST_USE enum fc_status fc_plan_preset(struct fc_plan *plan, const char *name, struct fc_error *err);
bool fc_plan_preset_help(unsigned i, const char **name, const char **help);

/* fc_plan_profile_day -- a weekday of an office: quiet nights, a peak before noon, a lower one after lunch. */
void fc_plan_profile_day(struct fc_plan *plan);

#endif
