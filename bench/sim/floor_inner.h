/* floor_inner -- what the files of the floor share; nothing outside includes it.
 *
 * floor.c drives time, floor_contact.c moves contacts, floor_agent.c agents, floor_after.c what follows a contact,
 * floor_emit.c turns it into events.
 */
#ifndef FC_FLOOR_INNER_H
#define FC_FLOOR_INNER_H

#include "floor.h"
#include "rng.h"
#include "timers.h"

#define NOBODY UINT32_MAX
#define CHUNK 1024u /* contacts allocated at a time; they never move */
#define LEGS_MAX 4  /* visits one customer contact makes by transfer or overflow */

enum phase { FREE, WAITING, RINGING, TALKING, ON_HOLD, WRAPPING };

struct contact {
    uint64_t number, root; /* number is never used again; root is the number of the first leg */
    uint64_t step;         /* stamp of the one timer that moves it on */
    enum phase phase;
    uint32_t self, queue, agent, customer; /* customer 0: anonymous */
    uint32_t next, prev;                   /* in its queue's line; next also links free slots */
    int64_t offered_us, alerted_us, answered_us, held_us, ended_us;
    /* drawn at arrival, so that they do not depend on what the floor does with it */
    int64_t patience_us, talk_us, hold_us, wrap_us; /* -1: none */
    double hold_at;                                 /* share of the talk before the hold; 1: no hold */
    enum fc_left gives_up_by;
    bool transfers, agent_ends;
    uint8_t legs;
};

struct queue {
    struct fc_rng arrivals, bodies;
    double rate_max; /* new contacts per hour at the profile's peak */
    uint32_t head, tail;
    struct fc_floor_count count;
};

struct agent {
    enum fc_agent_state state;
    int64_t since_us;
    uint64_t step;       /* stamp of the timer that ends its pause */
    uint32_t contact;    /* NOBODY when free */
    uint32_t next, prev; /* in the line of idle agents */
    const char *reason;  /* of a pause */
    bool wants_pause, wants_logout;
};

enum after_what { AFTER_REPEAT, AFTER_SURVEY, AFTER_COMPLAINT };

/* Something that follows a contact later. */
struct after {
    enum after_what what;
    enum fc_stage stage;
    uint64_t number, case_no;
    uint32_t queue, agent, customer, next_free;
    bool resolved, silent; /* silent: about a contact from before the start, which nobody was told of */
};

enum timer_what { ON_ARRIVAL, ON_PATIENCE, ON_TIMEOUT, ON_ANSWER, ON_MISS, ON_HOLD_TIME, ON_RESUME, ON_END, ON_WRAP_END,
                  ON_PAUSE, ON_UNPAUSE, ON_LOGIN, ON_LOGOUT, ON_AFTER, ON_HEARTBEAT };

struct fc_floor {
    struct fc_plan plan;
    fc_floor_sink *sink;
    void *ctx;
    int64_t now_us;
    bool silent;
    double profile_max; /* 0: flat */
    struct fc_timers timers;
    uint64_t stamps; /* the last stamp given out */
    uint64_t seq, number, case_no;

    struct queue queues[FC_PLAN_QUEUES_MAX];
    struct agent agents[FC_PLAN_AGENTS_MAX];
    uint32_t idle_head, idle_tail; /* longest idle first */
    int64_t spent_us[FC_AGENT_STATE_COUNT];
    struct contact *chunks[FC_FLOOR_CONTACTS_MAX / CHUNK];
    uint32_t contacts_n, contacts_free; /* slots ever used; head of the free list */
    struct after *afters;
    uint32_t afters_n, afters_cap, afters_free;

    struct fc_rng callers, staff, outcomes;
    char id_prefix[2 * FC_PLAN_NAME_MAX + 2];
    uint32_t id_prefix_n;
};

static inline struct contact *contact_at(struct fc_floor *f, uint32_t i) { return &f->chunks[i / CHUNK][i % CHUNK]; }

static inline bool chance(struct fc_rng *rng, double share) { return fc_rng_unit(rng) <= share; }

/* floor.c: both set a timer; set_step also gives out the stamp that makes the entity's earlier timers void. */
void floor_set(struct fc_floor *f, enum timer_what what, int64_t after_us, uint32_t who, uint64_t stamp);
uint64_t floor_set_step(struct fc_floor *f, enum timer_what what, int64_t after_us, uint32_t who);

/* floor_contact.c */
void contact_start(struct fc_floor *f, uint32_t queue); /* sets a queue's first arrival */
void contact_arrives(struct fc_floor *f, uint32_t queue);
void contact_offer(struct fc_floor *f, uint32_t queue, uint32_t customer, uint64_t root, unsigned legs);
void contact_ring(struct fc_floor *f, struct contact *c, uint32_t agent);
void contact_gives_up(struct fc_floor *f, struct contact *c);
void contact_times_out(struct fc_floor *f, struct contact *c);
void contact_answered(struct fc_floor *f, struct contact *c);
void contact_missed(struct fc_floor *f, struct contact *c);
void contact_held(struct fc_floor *f, struct contact *c);
void contact_resumed(struct fc_floor *f, struct contact *c);
void contact_ended(struct fc_floor *f, struct contact *c);
void contact_wrapped(struct fc_floor *f, struct contact *c);
struct contact *contact_next_for(struct fc_floor *f, uint64_t queues); /* taken out of its line; NULL: nobody waits */

/* floor_agent.c */
void agent_start(struct fc_floor *f, uint32_t agent); /* logged in or out, with the timers of its day */
void agent_set(struct fc_floor *f, uint32_t agent, enum fc_agent_state state);
void agent_pause(struct fc_floor *f, uint32_t agent, const char *reason, int64_t for_us);
void agent_free(struct fc_floor *f, uint32_t agent); /* done with a contact: what it does next */
uint32_t agent_idle_for(struct fc_floor *f, uint32_t queue); /* longest idle, taken out of the line; NOBODY: none */
bool agent_staffed(const struct fc_floor *f, uint32_t queue);
void agent_timer(struct fc_floor *f, const struct fc_timer *timer);

/* floor_after.c */
void after_left(struct fc_floor *f, const struct contact *c);
void after_wrapped(struct fc_floor *f, const struct contact *c);
void after_timer(struct fc_floor *f, uint32_t which);

/* floor_emit.c: nothing is said while the floor is silent. */
struct fc_event emit_make(const struct fc_floor *f, enum fc_kind kind);
void emit_send(struct fc_floor *f, struct fc_event *ev);
struct fc_str emit_id(const struct fc_floor *f, char *buf, uint64_t number); /* buf: EMIT_ID bytes */
struct fc_str emit_customer(char *buf, uint32_t customer);                   /* buf: EMIT_ID bytes */
#define EMIT_ID (sizeof((struct fc_floor *)0)->id_prefix + 24)
void emit_contact(struct fc_floor *f, enum fc_kind kind, int64_t ts_us, const struct contact *c);
void emit_left(struct fc_floor *f, const struct contact *c, enum fc_left reason);
void emit_ended(struct fc_floor *f, int64_t ts_us, const struct contact *c);
void emit_agent(struct fc_floor *f, uint32_t agent);
void emit_heartbeat(struct fc_floor *f);
void emit_start(struct fc_floor *f);

#endif
