/* engine_internal -- the engine's things, for its own files only.
 *
 *   engine.c       leads each event to its place        owner.c     queues, groups, agents' lists: what exists, what changed
 *   feed.c         the sources themselves               ledger.c    facts and time into series, windows, days
 *   contact*.c     contacts, see contact.h              topics.c    whole states for displays
 *   live.c         contacts that are there, one by one
 *   agent.c        agents' states and queues            checkpoint.c, restore.c   the store's records
 *   ahead.c        fetches what comes next
 * Arrows go one way: engine -> feed -> contact -> agent -> ledger -> owner.
 *
 * State is a function of the set of events. A contact, a customer's chain, a complaint and an agent's timeline keep what
 * was said; what follows is derived from that before and after each event, and only the difference is entered.
 */
#ifndef FC_ENGINE_INTERNAL_H
#define FC_ENGINE_INTERNAL_H

#include "cases.h"
#include "chains.h"
#include "due.h"
#include "engine.h"
#include "leap.h"
#include "levels.h"
#include "map.h"
#include "place.h"
#include "rolling.h"
#include "seen.h"
#include "skew.h"
#include "steps.h"
#include "timeline.h"

#define SOURCE_SILENT_MS 15000                        /* three missed heartbeats */
#define SOURCE_GIVEN_UP_US (24 * 60 * FC_MINUTE_US)   /* lost for so long it is not waited for any more: its tiles are as good as ever */
#define FC_FEEDS_MAX 8                                /* sources of one queue that are remembered */
#define FC_LOST_MAX 16                                /* sources that an item names */

struct fc_list_of { /* a plain growing array of pointers */
    void **at;
    uint32_t n, cap;
};

struct fc_cell { /* of one owner: what came by one channel, or by none */
    struct fc_series series;
    int64_t waiting;
    struct fc_contact *wait_first, *wait_last; /* of a queue's: waiting contacts by offered time */
    struct fc_contact *talk_first;             /* likewise: those that talk, as it came */
};

/* A queue, a group of queues, `all` or an agent: what has a name, tallies and topics. The others begin with it. */
struct fc_entity {
    /* what every fact touches: 64 bytes, as a line of the processor's cache */
    struct fc_str name; /* owned; first, for the map */
    enum fc_scope scope;
    bool in_publish_list; /* its window topics changed */
    bool in_list_list;    /* its agent list changed (queue, all) */
    bool in_store_list;   /* changed since the last checkpoint */
    bool day_turned;      /* scratch of ledger.c */
    int64_t day_start_us, day_end_us;
    int64_t complaints_open;
    struct fc_mono published;
    /* 64 more */
    struct fc_cell *cells[FC_CELLS]; /* made when first needed; an agent's: the plain one */
    struct fc_mono list_published;
    struct fc_levels levels; /* agents by state, now and over time; 64 a state */
    bool behind; /* since the last checkpoint a step came from beyond what may be late: time is entered as they come */
    struct fc_roster { /* agents, sorted by label; of queues and `all` */
        struct fc_agent **at;
        uint32_t n, cap;
    } roster;
};

struct fc_group { /* `all` is one too; it lists no queues since it has every one */
    struct fc_entity e;
    const struct fc_group_rules *rules; /* NULL: `all` */
    struct fc_list_of queues;
    bool day_known; /* its record was read, and it still has the same queues */
};

struct fc_queue {
    struct fc_entity e;
    const struct fc_queue_rules *rules;
    struct fc_list_of groups; /* struct fc_group * */
    struct fc_want *want;     /* somebody wants to see who waits; or NULL */
    struct fc_source_state_of *feeds[FC_FEEDS_MAX]; /* whose events it has had since the start or in restored contacts */
    uint32_t feeds_n;
};

struct fc_membership;

#define FC_NEVER_SEEN INT64_MAX

struct fc_agent {
    struct fc_entity e;
    struct fc_str label, reason; /* owned; reason: of the latest state said */
    int64_t first_us, said_us; /* first word of its work, or FC_NEVER_SEEN; when its latest state was said */
    struct fc_timeline line;
    enum fc_agent_state said;        /* latest state said, at said_us */
    struct fc_queue *alert;          /* rings for it */
    struct fc_contact *talk;         /* the latest it talks with */
    struct fc_membership *queues;    /* agent.h: which queues it serves or served */
    uint32_t queues_n, queues_cap;
};

enum fc_contact_state { CONTACT_UNPLACED, CONTACT_WAITING, CONTACT_TALKING, CONTACT_OVER };

struct fc_wait_link {
    struct fc_contact *prev, *next;
};

/* What was said while a contact went on, besides its fixed points. */
struct fc_contact_mark {
    int64_t ts_us;
    struct fc_agent *agent; /* alerted, missed */
    uint8_t kind;           /* FC_ALERTED, FC_MISSED, FC_HELD or FC_RESUMED */
};

struct fc_contact_survey { /* an answer that names the contact, kept since where it counts follows the contact */
    int64_t ts_us;
    struct fc_queue *queue; /* told with it, or NULL: the contact's */
    struct fc_agent *agent; /* likewise */
    uint64_t present;       /* which of the answers there are, as in struct fc_event */
    uint8_t csat, nps;
    bool resolved;
    uint8_t rater[5], assess[10];
};

struct fc_contact_said { /* by its offer, for lists alone: texts one behind the other */
    char *text; /* NULL: none; behind the id where there is room, else owned */
    int32_t priority; /* -1: none */
    uint8_t customer_n, topic_n, lang_n, root_n;
};

struct fc_filed { /* where a contact's record among those that are over is, see card.h; over_us 0: it has none */
    int64_t over_us;
    uint8_t kind;
};

/* Times are 0 where nothing was said. */
struct fc_contact {
    struct fc_str id; /* into id_bytes; first, for the map */
    char id_bytes[FC_ID_MAX];
    enum fc_contact_state state;
    bool to_store, stored, linked_over;
    bool breached; /* it still waits and its threshold has elapsed */
    bool presumed; /* its end is ours, because its source lost sight of it: any word of a source replaces it */
    bool has_customer;
    uint8_t channel, left, by, outcome, cause, told; /* cause: FC_CAUSE_COUNT none; told: 0 nothing, 1 yes, 2 no */
    uint32_t life; /* rises when the memory is used anew */
    struct fc_queue *queue;
    struct fc_agent *agent;
    struct fc_source_state_of *source; /* who told of it, or NULL */
    uint64_t listed;                   /* number of the source's snapshot that listed it last */
    int64_t offered_us, answered_us, left_us, ended_us, wrapped_us, disposed_us, told_us;
    int64_t threshold_us, short_us;    /* those of its queue and channel when it was offered */
    int64_t over_us;                   /* since when nothing goes on any more; decides when it is forgotten */
    struct fc_contact_mark *marks;     /* by time; owned */
    struct fc_contact_survey *surveys; /* owned */
    uint16_t marks_n, marks_cap, surveys_n;
    struct fc_chain_key customer;
    uint64_t root, hash; /* hash: of its id, 0 until it is needed */
    struct fc_contact_said said;
    struct fc_filed filed;
    struct fc_wait_link in_queue, in_over; /* in_queue: while it waits, and while it talks */
};

struct fc_source_state_of {
    struct fc_str name; /* owned; first, for the map */
    char epoch[FC_ID_MAX + 1];
    bool down, beats; /* beats: it sends heartbeats, so that their absence means something */
    int64_t since_us, heard_us, gap_us; /* heard_us: engine's time */
    struct fc_mono heard;  /* ns 0: not since the start */
    struct fc_skew skew;
    int64_t skew_us;       /* as last told */
    bool skew_known, skewed;
    struct fc_source_state_of *via; /* the collector that its events come through, or NULL: when that is lost, so is this */
    struct fc_queue *fed;  /* the queue of its latest event */
    int64_t gaps;
    char gap_reason[FC_TEXT_MAX + 1];
    uint64_t snapshot;      /* rises with every begin */
    int64_t snapshot_us;    /* time of the begin that has no end yet, or 0 */
    bool silent, to_store;
};

struct fc_applied {
    struct fc_str spool; /* owned; first, for the map */
    uint64_t next;
    bool to_store;
};

/* What an event that comes soon will touch, as far as it is known; only ever fetched, never relied on. */
struct fc_expected {
    uint64_t contact_hash, queue_hash, agent_hash; /* 0: not named */
    struct fc_contact *contact;
    struct fc_queue *queue;
    struct fc_agent *agent;
};

#define FC_EXPECTED 16 /* power of two, above the farthest look ahead */

struct fc_engine {
    const struct fc_rules *rules;
    bool event_clock;
    struct fc_wall wall; /* as last told by fc_engine_watch */
    struct fc_mono mono, looked; /* likewise; when sources were last looked through */
    struct fc_leap leap;
    struct fc_source_state_of *via; /* the collector whose batch is being applied, or NULL */
    bool shows_tallies; /* groups' items hold what they are worked out from */
    int64_t now_us, next_turn_us; /* next_turn_us: when the first owner's day ends */
    struct fc_map queues, agents, contacts, sources, marks;
    struct fc_group all;
    struct fc_list_of groups, owners; /* struct fc_group * of the config; every struct fc_entity * */
    struct fc_rolling rolling;
    struct fc_steps *steps;
    struct fc_due breaches; /* waiting contacts by the time their threshold elapses */
    struct fc_chains *chains;
    struct fc_cases *cases;
    struct fc_seen *surveys;

    struct fc_contact *pool;                   /* free contacts, by in_over.next */
    struct fc_list_of slabs;                   /* their memory */
    struct fc_contact *over_first, *over_last; /* over or unplaced, in the order they will be forgotten */

    struct fc_list_of publish, lists, store, contacts_store;
    struct fc_list_of forgotten, groups_gone; /* owned copies of ids and names that may be stored (struct fc_str *) */
    struct fc_list_of topics_gone;            /* owned topics whose owner is no more (struct fc_str *) */
    bool queues_to_publish, sources_to_publish, sources_to_store, marks_to_store, meta_to_store;
    struct fc_mono queues_published, sources_published;
    uint64_t version;        /* of the last topic state */
    struct fc_tally merged; /* scratch: an owner's cells together */
    struct fc_delta minute; /* scratch of checkpoint.c */
    struct fc_contact_spans { /* scratch of contact_follow.c: before and after an event */
        struct fc_contact_span *at;
        uint32_t n, cap;
    } spans[2];
    uint8_t *scratch;        /* FC_RECORD_BLOCK_BYTES, for encoding records */
    struct fc_expected expected[FC_EXPECTED]; /* ahead.c */
    struct fc_live { /* live.c */
        struct fc_list_of wants, found; /* struct fc_want *; scratch */
        struct fc_want *all;            /* one of them, or NULL */
    } live;
    bool restoring;          /* agents' time told now is in the stored tallies already */
    struct fc_engine_counters counters;
};

/* ---- owner.c: what exists, and for whom something changed */
void fc_list_push(struct fc_list_of *l, void *item);
struct fc_str fc_str_own(struct fc_str s); /* a copy on the heap */
void fc_str_replace(struct fc_str *owned, struct fc_str with);

void *fc_owner_alloc(size_t size); /* zeroed, at the beginning of a cache line; free() */
void fc_entity_init(struct fc_engine *e, struct fc_entity *x, enum fc_scope scope, struct fc_str name);
void fc_entity_fini(struct fc_entity *x);
struct fc_cell *fc_entity_cell(struct fc_entity *x, uint8_t channel);  /* made when absent */
struct fc_queue *fc_engine_queue(struct fc_engine *e, struct fc_str name); /* made when absent */
struct fc_group *fc_engine_group(const struct fc_engine *e, struct fc_str name); /* of the config, or NULL */
void fc_engine_regroup(struct fc_engine *e); /* groups as the rules say: at the start and after a reload; those with other queues begin anew */
void fc_engine_free_groups(struct fc_engine *e);
void fc_engine_group_gone(struct fc_engine *e, struct fc_str name); /* what is stored of it goes: its day would not go on */
void fc_engine_topics_gone(struct fc_engine *e, struct fc_entity *x); /* topics.c: displays are told that it is no more */
struct fc_str *fc_str_copy_own(struct fc_str s);                      /* head and bytes in one piece of memory */
void fc_engine_drop_owner(struct fc_engine *e, struct fc_entity *x);
const struct fc_settings *fc_entity_settings(const struct fc_engine *e, const struct fc_entity *x, int channel); /* -1: all */
double fc_entity_goal(const struct fc_engine *e, const struct fc_entity *x, int channel);
struct fc_variants fc_entity_variants(const struct fc_engine *e, const struct fc_entity *x);

/* Calls f for every owner that a thing at `queue` (NULL: none), of `agent` (NULL: none) concerns: the queue, its groups, `all`, the agent. */
typedef void fc_owner_fn(struct fc_engine *e, struct fc_entity *x, void *ctx);
void fc_engine_each_owner(struct fc_engine *e, struct fc_queue *queue, struct fc_agent *agent, fc_owner_fn *f, void *ctx);

/* Calls f for every owner there is. */
void fc_engine_every_owner(struct fc_engine *e, fc_owner_fn *f, void *ctx);

void fc_engine_touch(struct fc_engine *e, struct fc_entity *x);        /* to publish and to store */
void fc_engine_touch_gauges(struct fc_engine *e, struct fc_entity *x); /* to publish only */
void fc_engine_touch_list(struct fc_engine *e, struct fc_entity *x);
void fc_roster_insert(struct fc_roster *r, struct fc_agent *a);
void fc_roster_remove(struct fc_roster *r, const struct fc_agent *a);
int64_t fc_entity_longest_wait_since_us(const struct fc_engine *e, const struct fc_entity *x, int channel); /* -1: all; 0: nobody waits */

struct fc_entity *fc_engine_find(struct fc_engine *e, enum fc_scope scope, struct fc_str name); /* engine.c; NULL: none */

/* ---- ahead.c: into the processor's caches before it is needed */
void fc_ahead_events(struct fc_engine *e, const struct fc_event *events, uint32_t at, uint32_t n); /* before events[at] is applied */
void fc_ahead_owner(const struct fc_entity *x, bool near); /* its levels; near: what time is entered into too */
void fc_ahead_leaving(const struct fc_second *s, uint32_t at);                                   /* before fact `at` of the second leaves */

/* ---- ledger.c: facts, time and the days */
void fc_engine_fact(struct fc_engine *e, const struct fc_place *place, const struct fc_fact *fact);
void fc_engine_add_logged(struct fc_engine *e, const struct fc_logged *l); /* into the rolling windows alone */
void fc_engine_move_now(struct fc_engine *e, int64_t now_us);              /* windows and days follow */
void fc_engine_start_day(struct fc_engine *e, struct fc_entity *x);        /* of an owner that is new, at now */
void fc_engine_settle(struct fc_engine *e, struct fc_entity *x);           /* agents' time up to now is in its tallies */
void fc_engine_touch_behind(struct fc_engine *e);                          /* those of whom that is not so, though they are at work */
void fc_engine_sum_group(struct fc_engine *e, struct fc_group *g);         /* a group that is new: what its queues have counted */
void fc_engine_sum_group_day(struct fc_engine *e, struct fc_group *g);     /* the day of it alone */
struct fc_step_sink fc_engine_step_sink(struct fc_engine *e); /* where agents' timelines hand their steps */

/* All channels (-1) or one, over one window, agents' time included; *wait_us_max goes with it. Into *out, which is cleared first. */
void fc_engine_merge_window(struct fc_engine *e, struct fc_entity *x, int channel, enum fc_window window, struct fc_tally *out);

/* ---- contact.c */
void fc_contact_apply(struct fc_engine *e, const struct fc_event *ev, struct fc_source_state_of *src);
void fc_contact_disposed(struct fc_engine *e, const struct fc_event *ev);
void fc_contact_surveyed(struct fc_engine *e, const struct fc_event *ev);
void fc_contact_presume_over(struct fc_engine *e, struct fc_contact *c, int64_t ts_us);
void fc_contact_breaches(struct fc_engine *e);
void fc_contact_forget_old(struct fc_engine *e);
struct fc_contact *fc_contact_new(struct fc_engine *e, struct fc_str id); /* in the map, blank */
void fc_contact_add_mark(struct fc_contact *c, struct fc_contact_mark mark);
void fc_contact_add_survey(struct fc_contact *c, const struct fc_contact_survey *s);
void fc_contact_restored(struct fc_engine *e, struct fc_contact *c); /* its record is read: lists, agents and gauges follow */

/* ---- contact_facts.c: pure */
enum fc_contact_slot {
    SLOT_OFFERED, SLOT_EXIT, SLOT_SERVICE, SLOT_WITHIN, SLOT_SHORT, SLOT_TALK, SLOT_HOLD, SLOT_HANDLE, SLOT_WRAP, SLOT_TRANSFER, SLOT_DISPOSED, SLOT_CAUSE, SLOT_COUNT,
};
struct fc_contact_facts {
    struct fc_place place;
    uint32_t used, of_agent; /* bits by slot: there is such a fact; it concerns the agent too */
    struct fc_fact at[SLOT_COUNT];
};
enum fc_contact_state fc_contact_state_of(const struct fc_contact *c);
void fc_contact_derive(const struct fc_contact *c, struct fc_contact_facts *out);
int64_t fc_contact_hold_us(const struct fc_contact *c, int64_t from_us, int64_t to_us);

/* Spans for agents' timelines; `out` grows. */
struct fc_contact_span {
    struct fc_agent *agent;
    enum fc_span kind;
    int64_t from_us, to_us;
    struct fc_queue *queue;
};
void fc_contact_spans_of(const struct fc_contact *c, struct fc_contact_spans *out);

/* ---- agent.c */
void fc_agent_apply(struct fc_engine *e, const struct fc_event *ev);
struct fc_agent *fc_engine_agent(struct fc_engine *e, struct fc_str id, int64_t ts_us); /* made when absent; there from ts_us on at the latest */
struct fc_agent *fc_engine_agent_named(struct fc_engine *e, struct fc_str id); /* made when absent; being named in a survey or a complaint is not being there */
void fc_agent_serves(struct fc_engine *e, struct fc_agent *a, struct fc_queue *q, int64_t ts_us); /* a contact of the queue reached it */
void fc_agent_span(struct fc_engine *e, const struct fc_contact_span *s, int sign);
void fc_agent_span_ends(struct fc_engine *e, const struct fc_contact_span *was, int64_t to_us); /* earlier or later than was said */
void fc_agent_restored(struct fc_engine *e, struct fc_agent *a); /* its record is read: agents by state follow */
void fc_agent_feed_group(struct fc_engine *e, struct fc_group *g, int sign); /* agents' time counts in it, or no longer */
void fc_agent_busy_with(struct fc_engine *e, struct fc_agent *a, struct fc_contact *c, enum fc_contact_state state); /* for its line in lists */
void fc_engine_touch_agent(struct fc_engine *e, struct fc_agent *a); /* its own topics and every list that shows it */

/* ---- feed.c */
void fc_feed_apply(struct fc_engine *e, const struct fc_event *ev, struct fc_source_state_of *s);
struct fc_source_state_of *fc_feed_heard(struct fc_engine *e, const struct fc_event *ev); /* NULL when the event names no source */
struct fc_source_state_of *fc_feed_source(struct fc_engine *e, struct fc_str name);
bool fc_feed_is_collector(const struct fc_source_state_of *s); /* what it says is of itself; NULL: no */
void fc_feed_fed(struct fc_engine *e, const struct fc_event *ev, struct fc_source_state_of *s); /* its queue has this source */
void fc_feed_link(struct fc_queue *q, struct fc_source_state_of *s);
void fc_feed_look(struct fc_engine *e);  /* once a second: who has not been heard for too long, whose clock is off */
void fc_feed_leapt(struct fc_engine *e); /* lags from before say nothing any more */

/* The sources of an owner that are silent or down, each once; says how many (at most FC_LOST_MAX). */
uint32_t fc_feed_lost(const struct fc_engine *e, const struct fc_entity *x, const struct fc_source_state_of **out);
const char *fc_feed_state_word(const struct fc_source_state_of *s); /* up, down or silent */

#endif
