/* engine_internal -- the engine's things, for its own files only: ledger.c (facts, windows, what changed), contact.c, agent.c, feed.c (sources),
 * topics.c, checkpoint.c; engine.c leads each event to its
 * place. Arrows go one way: engine -> feed -> contact -> agent -> ledger. */
#ifndef FC_ENGINE_INTERNAL_H
#define FC_ENGINE_INTERNAL_H

#include "engine.h"
#include "map.h"
#include "rolling.h"

#define CONTACT_KEPT_US (10 * FC_MINUTE_US) /* how long a contact that is over can still be wrapped or repeated */
#define SOURCE_SILENT_US (15 * FC_SECOND_US) /* three missed heartbeats */

/* A queue, an agent or the whole floor: what has a name, tallies and topics. Queue and agent begin with it. */
struct fc_entity {
    struct fc_str name; /* owned; first, for the map */
    enum fc_scope scope;
    struct fc_series series;
    int64_t waiting;
    int64_t state_n[FC_AGENT_STATE_COUNT];      /* agents by state; of an agent: its own */
    struct fc_contact *wait_first, *wait_last;  /* waiting contacts by offered time (not of an agent) */
    const struct fc_settings *settings;
    bool to_publish, in_publish_list;           /* its window topics changed */
    bool list_to_publish, in_list_list;         /* its agent list changed (queue, floor) */
    bool to_store, in_store_list;               /* changed since the last checkpoint */
    struct fc_mono published, list_published;
};

struct fc_queue {
    struct fc_entity e;
    struct fc_agent **members; /* sorted by label */
    uint32_t members_n, members_cap;
    struct fc_contact *unbreached; /* first waiting contact whose threshold has not elapsed */
};

struct fc_agent {
    struct fc_entity e;
    struct fc_str label; /* owned */
    struct fc_str reason; /* owned; of base */
    enum fc_agent_state base, shown;
    bool parted_all;      /* offline because it serves no queue any more, not because a source said so */
    int64_t since_us;     /* of shown */
    int32_t talking, held;
    struct fc_contact *alert, *talk; /* being rung for; the latest it talks with */
    struct fc_agent *alert_next;     /* others rung for the same contact */
    struct fc_queue **queues;
    uint32_t queues_n, queues_cap;
};

enum fc_contact_state { CONTACT_WAITING, CONTACT_TALKING, CONTACT_OVER };

struct fc_wait_link {
    struct fc_contact *prev, *next;
};

struct fc_contact {
    struct fc_str id; /* into id_bytes; first, for the map */
    enum fc_contact_state state;
    bool on_hold, wrapped, to_store, stored;
    struct fc_queue *queue;
    struct fc_agent *agent;
    struct fc_source_state_of *source; /* who told of it, or NULL */
    uint64_t listed;                   /* number of the source's snapshot that listed it last */
    int64_t breached_us; /* where sl_missed was counted for it: offered + T; 0: it was not */
    int64_t offered_us, answered_us, over_us, held_us, hold_us, talk_us;
    struct fc_agent *alerted;          /* agents being rung for it */
    struct fc_wait_link in_queue, in_all;
    struct fc_contact *over_next;      /* in the list of those to forget */
    char id_bytes[FC_ID_MAX];
};

struct fc_source_state_of {
    struct fc_str name; /* owned; first, for the map */
    char epoch[FC_ID_MAX + 1];
    bool down, beats; /* beats: it sends heartbeats, so that their absence means something */
    int64_t since_us, heard_us, gap_us;
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

struct fc_list_of { /* a plain growing array of pointers */
    void **at;
    uint32_t n, cap;
};

struct fc_engine {
    const struct fc_rules *rules;
    bool event_clock;
    int64_t now_us, day_start_us, day_end_us;
    struct fc_map queues, agents, contacts, sources, marks;
    struct fc_queue all; /* members: every agent */
    struct fc_rolling rolling;

    struct fc_contact *pool;                   /* free contacts, by over_next */
    struct fc_list_of slabs;                   /* their memory */
    struct fc_contact *over_first, *over_last; /* over, in the order they will be forgotten */

    struct fc_list_of publish, lists, store, contacts_store, forgotten; /* forgotten: owned copies of stored ids (struct fc_str *) */
    struct fc_list_of to_alert; /* while restoring: agent, id (struct fc_str *) in turn */
    bool queues_to_publish, sources_to_publish, sources_to_store, marks_to_store, meta_to_store;
    struct fc_mono queues_published, sources_published;
    uint64_t version; /* of the last topic state */
    uint8_t *scratch; /* FC_RECORD_BLOCK_BYTES, for encoding records */
    struct fc_engine_counters counters;
};

/* ---- ledger.c */
void fc_list_push(struct fc_list_of *l, void *item);
struct fc_str fc_str_own(struct fc_str s); /* a copy on the heap */
void fc_str_replace(struct fc_str *owned, struct fc_str with);

/* Adds a fact to the queue's, the floor's and the agent's (may be NULL) series, and to the day and the pending interval. */
void fc_engine_fact(struct fc_engine *e, struct fc_queue *q, struct fc_agent *a, struct fc_fact fact);
struct fc_queue *fc_engine_queue(struct fc_engine *e, struct fc_str name); /* made when absent */
void fc_engine_touch(struct fc_engine *e, struct fc_entity *x);      /* to publish and to store */
void fc_engine_touch_gauges(struct fc_engine *e, struct fc_entity *x); /* to publish only */
void fc_engine_touch_agent(struct fc_engine *e, struct fc_agent *a);     /* its own topics and every list that shows it */
void fc_engine_move_now(struct fc_engine *e, int64_t now_us);            /* windows and the day follow */
void fc_engine_touch_list(struct fc_engine *e, struct fc_entity *x);
void fc_engine_add_logged(struct fc_engine *e, const struct fc_logged *l); /* into the rolling windows alone */

/* ---- contact.c */
void fc_contact_apply(struct fc_engine *e, const struct fc_event *ev, struct fc_source_state_of *src);
void fc_contact_end_unknown(struct fc_engine *e, struct fc_contact *c, int64_t ts_us);
void fc_contact_breaches(struct fc_engine *e);
void fc_contact_forget_old(struct fc_engine *e);
struct fc_contact *fc_contact_new(struct fc_engine *e, struct fc_str id); /* in the map, blank */
void fc_contact_link_waiting(struct fc_engine *e, struct fc_contact *c);
void fc_contact_link_over(struct fc_engine *e, struct fc_contact *c);

/* ---- agent.c */
void fc_agent_apply(struct fc_engine *e, const struct fc_event *ev);
struct fc_agent *fc_engine_agent(struct fc_engine *e, struct fc_str id, int64_t ts_us); /* made when absent */
void fc_agent_join(struct fc_engine *e, struct fc_agent *a, struct fc_queue *q);
void fc_agent_settle(struct fc_engine *e, struct fc_agent *a, int64_t ts_us); /* works out `shown` anew, moves the counts */
void fc_agent_alert(struct fc_engine *e, struct fc_agent *a, struct fc_contact *c, int64_t ts_us);
void fc_agent_unalert(struct fc_engine *e, struct fc_agent *a, int64_t ts_us);
void fc_agent_label(struct fc_engine *e, struct fc_agent *a, struct fc_str label);

/* ---- feed.c */
void fc_feed_apply(struct fc_engine *e, const struct fc_event *ev, struct fc_source_state_of *s);
struct fc_source_state_of *fc_feed_heard(struct fc_engine *e, const struct fc_event *ev); /* NULL when the event names no source */
struct fc_source_state_of *fc_feed_source(struct fc_engine *e, struct fc_str name);
void fc_feed_silence(struct fc_engine *e); /* who has not been heard for too long */

const char *fc_feed_state_word(const struct fc_source_state_of *s); /* up, down or silent */

#endif
