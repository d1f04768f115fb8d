/* engine -- all live state and the only code that changes it: events in, facts into tallies, whole topic states out.
 *
 * One thread owns an engine. It makes no system call and reads no clock: events carry their time, `now` is handed in. So the
 * same events give the same state, at any speed, and every test can hold its own time.
 * The engine never looks at files or sockets: it fills blocks that other threads store (checkpoints) or send (topics).
 */
#ifndef FC_ENGINE_H
#define FC_ENGINE_H

#include "aggregator_figures.h"
#include "clock.h"
#include "contacts.h"
#include "rules.h"
#include "event.h"
#include "handover.h"
#include "state.h"
#include "tally.h"

struct fc_engine;

/* fc_engine_create -- `rules` must outlive the engine (or until fc_engine_configure). event_clock: now is the newest event's time. */
struct fc_engine *fc_engine_create(const struct fc_rules *rules, bool event_clock);
void fc_engine_destroy(struct fc_engine *e);

/* fc_engine_show_tallies -- groups' items also hold what they are worked out from (state.h), for whoever merges cells. Before the first item. */
void fc_engine_show_tallies(struct fc_engine *e);

/* New thresholds hold for contacts from now on; tallies keep what they counted. Formulas, goals and groups hold for everything. A
 * new zone or reset holds from the end of the running day. */
void fc_engine_configure(struct fc_engine *e, const struct fc_rules *rules);

/* fc_engine_apply -- one event. What makes no sense (an answer of nobody) is counted by name, never fatal. */
void fc_engine_apply(struct fc_engine *e, const struct fc_event *ev);

/* The same for many, one after the other, and faster: what later ones need is fetched while earlier ones are applied. */
void fc_engine_apply_all(struct fc_engine *e, const struct fc_event *events, uint32_t n);

/* fc_engine_advance -- moves now to the wall clock's time (ignored with the event clock, where events do it): lets facts grow old, turns the
 * day, counts breaches whose threshold has elapsed. Cheap when nothing is due; call it some ten times a second. */
void fc_engine_advance(struct fc_engine *e, struct fc_wall now);
int64_t fc_engine_now_us(const struct fc_engine *e);

/* fc_engine_watch -- what time it is by both clocks, each turn before events: who is silent is a matter of the monotonic one, whose
 * clock is off of the wall's. Says by how much the wall clock has leapt (leap.h). Now is fc_engine_advance's business. */
int64_t fc_engine_watch(struct fc_engine *e, struct fc_wall wall, struct fc_mono now);

/* fc_engine_held_us -- how far the wall clock is behind now, which never goes back but waits for it; 0: it is not. */
int64_t fc_engine_held_us(const struct fc_engine *e, struct fc_wall wall);

/* fc_engine_via -- the spool that the events applied next have come through; its collector is lost, so are they. {0}: not known. */
void fc_engine_via(struct fc_engine *e, struct fc_str spool);

/* The number of the next event of a spool that is not applied yet: the engine's half of "twice changes nothing". */
uint64_t fc_engine_mark(struct fc_engine *e, struct fc_str spool);
void fc_engine_set_mark(struct fc_engine *e, struct fc_str spool, uint64_t next);

/* fc_engine_peek -- what a window holds now: all channels of an owner together (channel -1) or one, agents' time up to now included, the
 * longest wait in wait_us_max. False: no such owner. `out` is the caller's, initialised; it is cleared first. For tests and tools. */
bool fc_engine_peek(struct fc_engine *e, enum fc_scope scope, struct fc_str name, int channel, enum fc_window window, struct fc_tally *out);

/* ---- topics ---------------------------------------------------------------------------------------------------- */

/* When the events were that the states just handed out come from: the oldest of them. */
struct fc_lag_sign {
    int64_t event_us;
    struct fc_mono received; /* its batch; ns 0: no sign */
};

/* One topic's whole state, encoded. The body's memory stays with the block and is used again. */
struct fc_state_block {
    char topic[FC_TOPIC_MAX];
    uint32_t topic_n;
    struct fc_lag_sign lag; /* received.ns != 0: this block is the sign alone, behind the states it is of, and topic is empty */
    bool gone; /* the topic has no state any more: the body says "gone" */
    void *job; /* not NULL: the body answers that question of the publisher's, and topic is empty */
    uint8_t *body;
    size_t body_n, body_cap;
};

/* Where the engine gets empty blocks and puts full ones. take: NULL when there is none; the change then waits, conflated. */
struct fc_outlet {
    struct fc_state_block *(*take)(void *ctx);
    void (*give)(void *ctx, struct fc_state_block *block);
    void *ctx;
};

#define FC_TOPIC_SPACING_MS 20 /* a topic is sent at most 50 times a second; its first change after that at once */

/* fc_engine_publish -- hands out what changed and is due. Says how many ms until the next is due: -1 nothing waits. */
int64_t fc_engine_publish(struct fc_engine *e, struct fc_outlet *outlet, struct fc_mono now);

/* Marks every topic as changed (at start). */
void fc_engine_publish_all(struct fc_engine *e);

/* ---- contacts one by one --------------------------------------------------------------------------------------- */

/* fc_engine_want -- whether a topic that is made only then is wanted: waiting/QUEUE or waiting/all; others are none of
 * the engine's. At most FC_WANTS_MAX at a time; further ones are not heard. */
#define FC_WANTS_MAX 1024
void fc_engine_want(struct fc_engine *e, struct fc_str topic, bool wanted);

/* fc_engine_contacts -- the answer to a question about contacts that wait or talk, into the block's body; its time is
 * proportional to how many there are. */
void fc_engine_contacts(struct fc_engine *e, const struct fc_contacts_asked *q, struct fc_state_block *block);

/* ---- checkpoints ----------------------------------------------------------------------------------------------- */

/* Whether anything changed since the last checkpoint. */
bool fc_engine_dirty(const struct fc_engine *e);

/* fc_engine_checkpoint -- what changed since the last one, plus the marks, as records: one consistent cut. Takes as many blocks
 * as it needs (take never returns NULL); the last has `last` set. Afterwards nothing is dirty. */
void fc_engine_checkpoint(struct fc_engine *e, struct fc_record_block *(*take)(void *ctx), void (*give)(void *ctx, struct fc_record_block *b), void *ctx);

/* fc_engine_restore -- one stored record, in the order of their keys; then fc_engine_restored once, before the journal's tail is applied.
 * Errors: FC_INVALID a record that this version does not write; the message names its key. */
FC_MUST_USE enum fc_status fc_engine_restore(struct fc_engine *e, struct fc_str key, struct fc_str value, struct fc_error *err);
void fc_engine_restored(struct fc_engine *e);

/* Nearly all records are customers', and they concern nothing else. So two threads may restore them, one of them beside all other
 * records, from the time when all records with lesser keys of their kind are restored: keys from fc_engine_customers_from on (its
 * length is returned) that begin with the same letter, each to fc_engine_restore_customer, in their order. What the second
 * thread restores goes into a part; there only those whose keys begin with the same two bytes must come together and in
 * order. In the end, instead of fc_engine_restored: fc_engine_restored_others after all other records, and, when both
 * threads are done, fc_engine_restored_customers, which takes the part (NULL: there is none) into the engine. */
struct fc_chains;
#define FC_CUSTOMERS_KEY 17
size_t fc_engine_customers_from(char key[FC_CUSTOMERS_KEY]);
FC_MUST_USE enum fc_status fc_engine_restore_customer(struct fc_engine *e, struct fc_chains *part, struct fc_str key, struct fc_str value, struct fc_error *err);
struct fc_chains *fc_engine_customers_part(const struct fc_engine *e);
void fc_engine_restored_others(struct fc_engine *e);
void fc_engine_restored_customers(struct fc_engine *e, struct fc_chains *part);

/* ---- counters -------------------------------------------------------------------------------------------------- */

/* The rows are in contract/aggregator_figures.h. */
struct fc_engine_counters {
#define COUNTER(name, type, help) uint64_t name;
    FC_ENGINE_COUNTERS(COUNTER)
#undef COUNTER
};
const struct fc_engine_counters *fc_engine_counters(struct fc_engine *e);

#endif
