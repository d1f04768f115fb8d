/* event -- what a PBX, CRM or survey tool may tell Floorcast: the one table of kinds and keys.
 *
 * FC_EVENT_KEYS and FC_EVENT_KINDS below make the C struct, the codec, the validation and the page EVENTS.md.
 * On the wire an event is a msgpack map, in files one JSON object a line; same keys. Unknown keys are skipped, an
 * unknown kind is FC_ABSENT (count it and go on), anything malformed is FC_INVALID with the reason and the offset.
 * This module knows the form of one event; it refuses to know what a sequence of events means.
 */
#ifndef FC_EVENT_H
#define FC_EVENT_H

#include "mp.h"
#include "status.h"
#include "str.h"

#define FC_EVENT_VERSION 1
#define FC_EVENT_BYTES_MAX 4096 /* of one encoded event; longer ones are refused */
#define FC_ID_MAX 128           /* bytes of an id or a name */
#define FC_TEXT_MAX 200         /* bytes of free text */

/* KEY(c_name, "wire name", type, limit, "help")
 * STR: UTF-8 bytes, at most `limit`.  WORD: one of the words of vocabulary `limit`, held as its index.
 * INT: 0 <= v <= limit.  TIME: microseconds since the Unix epoch, > 0.  BOOL.  SCORES: array of `limit` small integers. */
#define FC_EVENT_KEYS(KEY)                                                                                             \
    KEY(ts, "ts", TIME, 0, "when it happened: microseconds since the Unix epoch, UTC")                                 \
    KEY(src, "src", STR, FC_ID_MAX, "the producer's name")                                                             \
    KEY(seq, "seq", INT, INT64_MAX, "the producer's own rising number, for de-duplication per `src`")                  \
    KEY(tenant, "tenant", STR, FC_ID_MAX, "whose data it is")                                                          \
    KEY(site, "site", STR, FC_ID_MAX, "where it happened")                                                             \
    KEY(contact, "contact", STR, FC_ID_MAX, "id of one visit of a contact to a queue")                                 \
    KEY(queue, "queue", STR, FC_ID_MAX, "queue name")                                                                  \
    KEY(agent, "agent", STR, FC_ID_MAX, "agent id")                                                                    \
    KEY(root, "root", STR, FC_ID_MAX, "ties the visits of one customer contact together")                              \
    KEY(customer, "customer", STR, FC_ID_MAX, "phone number or id; kept as a keyed hash unless told otherwise")        \
    KEY(channel, "channel", WORD, FC_VOCAB_CHANNEL, "how the customer came")                                           \
    KEY(topic, "topic", STR, FC_TEXT_MAX, "what it is about")                                                          \
    KEY(lang, "lang", STR, 35, "customer's language, BCP 47")                                                          \
    KEY(priority, "priority", INT, 1000000, "higher is served first")                                                  \
    KEY(reason, "reason", STR, FC_TEXT_MAX, "of `left`: one of the words; of `agent` and `gap`: free text")            \
    KEY(by, "by", WORD, FC_VOCAB_BY, "who ended it; `lost`: the source lost sight of it, its length adds to no mean")   \
    KEY(state, "state", STR, FC_TEXT_MAX, "of `agent`, `snapshot`, `heartbeat`, `gap`: one of the kind's words")       \
    KEY(name, "name", STR, FC_TEXT_MAX, "agent's name to show")                                                        \
    KEY(case_id, "case", STR, FC_ID_MAX, "id of a case or complaint")                                                  \
    KEY(outcome, "outcome", WORD, FC_VOCAB_OUTCOME, "whether it was resolved")                                         \
    KEY(cause, "cause", WORD, FC_VOCAB_CAUSE, "where the trouble came from")                                           \
    KEY(csat, "csat", INT, 5, "satisfaction, 1 to 5")                                                                  \
    KEY(nps, "nps", INT, 10, "likelihood to recommend, 0 to 10")                                                       \
    KEY(resolved, "resolved", BOOL, 0, "the customer's own word on whether it was resolved")                           \
    KEY(rater, "rater", SCORES, 5, "reliability, assurance, tangibles, empathy, responsiveness, each 1 to 5")          \
    KEY(assess, "assess", SCORES, 10, "self-assessment, ten answers each 0 to 3")                                      \
    KEY(stage, "stage", WORD, FC_VOCAB_STAGE, "step of a complaint")                                                   \
    KEY(epoch, "epoch", STR, FC_ID_MAX, "which life of the source: changes when it starts anew")

/* KIND(c_name, "wire name", required keys, optional keys, vocabulary of `state`/`reason` or NONE, "help") */
#define FC_EVENT_KINDS(KIND)                                                                                           \
    KIND(OFFERED, "offered", K(contact) | K(queue), K(root) | K(customer) | K(channel) | K(topic) | K(lang) | K(priority), \
         NONE, "a contact enters a queue")                                                                             \
    KIND(ALERTED, "alerted", K(contact) | K(queue) | K(agent), 0, NONE, "an agent is being rung")                      \
    KIND(MISSED, "missed", K(contact) | K(queue) | K(agent), 0, NONE,                                                  \
         "that agent did not take it (the loser of a ring-all race is not a miss)")                                    \
    KIND(ANSWERED, "answered", K(contact) | K(queue) | K(agent), 0, NONE, "connected to an agent: the wait ends")      \
    KIND(HELD, "held", K(contact), 0, NONE, "put on hold")                                                             \
    KIND(RESUMED, "resumed", K(contact), 0, NONE, "back from hold")                                                    \
    KIND(LEFT, "left", K(contact) | K(queue) | K(reason), 0, LEFT, "left the queue unanswered")                        \
    KIND(ENDED, "ended", K(contact), K(by), NONE, "conversation over")                                                 \
    KIND(WRAPPED, "wrapped", K(contact) | K(agent), 0, NONE, "after-contact work over")                                \
    KIND(AGENT, "agent", K(agent) | K(state), K(reason) | K(name), AGENT, "the agent's state")                         \
    KIND(JOINED, "joined", K(agent) | K(queue), K(name), NONE, "the agent serves the queue from now on")               \
    KIND(PARTED, "parted", K(agent) | K(queue), 0, NONE, "the agent no longer serves the queue")                       \
    KIND(RESOLVED, "resolved", K(outcome), K(contact) | K(case_id) | K(cause), NONE, "disposition; contact or case")   \
    KIND(SURVEYED, "surveyed", 0,                                                                                      \
         K(contact) | K(customer) | K(queue) | K(agent) | K(csat) | K(nps) | K(resolved) | K(rater) | K(assess), NONE, \
         "a customer's or self-assessed answer; contact or customer")                                                  \
    KIND(COMPLAINT, "complaint", K(case_id) | K(stage), K(customer) | K(queue) | K(agent) | K(cause), NONE,            \
         "a complaint opens or goes a step further")                                                                   \
    KIND(HELLO, "hello", K(src), K(epoch), NONE, "the source started")                                                 \
    KIND(SNAPSHOT, "snapshot", K(src) | K(state), K(epoch), SNAPSHOT,                                                  \
         "between begin and end the source relists what is live; what it does not list ends as `unknown`")             \
    KIND(HEARTBEAT, "heartbeat", K(src), K(state), SOURCE, "the source is alive; `down`: its own feed is not")         \
    KIND(GAP, "gap", K(src), K(reason), NONE, "the source lost something: what happened meanwhile is not known")

enum fc_vocab {
    FC_VOCAB_CHANNEL,  /* voice chat email sms ticket internal */
    FC_VOCAB_BY,       /* agent customer transfer unknown lost */
    FC_VOCAB_OUTCOME,  /* yes no */
    FC_VOCAB_CAUSE,    /* frontline process support */
    FC_VOCAB_STAGE,    /* opened acknowledged resolved reopened */
    FC_VOCAB_LEFT,     /* abandoned timeout key empty full overflow callback transferred withdrawn unknown */
    FC_VOCAB_AGENT,    /* offline available alerting busy hold wrap paused */
    FC_VOCAB_SNAPSHOT, /* begin end */
    FC_VOCAB_SOURCE,   /* up down */
    FC_VOCAB_COUNT,
    FC_VOCAB_NONE = FC_VOCAB_COUNT,
};

enum fc_channel { FC_CHANNEL_VOICE, FC_CHANNEL_CHAT, FC_CHANNEL_EMAIL, FC_CHANNEL_SMS, FC_CHANNEL_TICKET, FC_CHANNEL_INTERNAL, FC_CHANNEL_COUNT };
enum fc_by { FC_BY_AGENT, FC_BY_CUSTOMER, FC_BY_TRANSFER, FC_BY_UNKNOWN, FC_BY_LOST };
enum fc_outcome { FC_OUTCOME_YES, FC_OUTCOME_NO };
enum fc_cause { FC_CAUSE_FRONTLINE, FC_CAUSE_PROCESS, FC_CAUSE_SUPPORT, FC_CAUSE_COUNT };
enum fc_stage { FC_STAGE_OPENED, FC_STAGE_ACKNOWLEDGED, FC_STAGE_RESOLVED, FC_STAGE_REOPENED };
enum fc_left { FC_LEFT_ABANDONED, FC_LEFT_TIMEOUT, FC_LEFT_KEY, FC_LEFT_EMPTY, FC_LEFT_FULL, FC_LEFT_OVERFLOW, FC_LEFT_CALLBACK, FC_LEFT_TRANSFERRED, FC_LEFT_WITHDRAWN, FC_LEFT_UNKNOWN, FC_LEFT_COUNT };
enum fc_agent_state { FC_AGENT_OFFLINE, FC_AGENT_AVAILABLE, FC_AGENT_ALERTING, FC_AGENT_BUSY, FC_AGENT_HOLD, FC_AGENT_WRAP, FC_AGENT_PAUSED, FC_AGENT_STATE_COUNT };
enum fc_snapshot { FC_SNAPSHOT_BEGIN, FC_SNAPSHOT_END };
enum fc_source_state { FC_SOURCE_UP, FC_SOURCE_DOWN };

/* The words of a vocabulary, in the order of its enum; NULL past the last. fc_word_find: -1 when there is none. */
const char *fc_word(enum fc_vocab vocab, unsigned index);
int fc_word_find(enum fc_vocab vocab, struct fc_str word);

enum fc_key {
#define KEY(id, wire, type, limit, help) FC_KEY_##id,
    FC_EVENT_KEYS(KEY)
#undef KEY
        FC_KEY_COUNT,
};

#define FC_KEY_BIT(id) (UINT64_C(1) << FC_KEY_##id)

enum fc_kind {
#define KIND(id, wire, required, optional, vocab, help) FC_##id,
    FC_EVENT_KINDS(KIND)
#undef KIND
        FC_KIND_COUNT,
};

/* One decoded event. A member is meaningful only where its bit in `present` is set. Strings are views into the bytes it
 * was decoded from (or whatever the maker pointed them at) and live as long as those. */
struct fc_event {
    uint64_t present; /* FC_KEY_BIT(..) */
    enum fc_kind kind;
    uint8_t word; /* `left`: enum fc_left; `agent`: enum fc_agent_state; `snapshot`, `heartbeat`: their enum (heartbeat without state: up) */
    int64_t ts, seq, priority, csat, nps;
    struct fc_str src, tenant, site, contact, queue, agent, root, customer, topic, lang, reason, state, name, case_id, epoch;
    uint8_t channel, by, outcome, cause, stage;
    bool resolved;
    uint8_t rater[5], assess[10];
};

const char *fc_kind_name(enum fc_kind kind);

/* The only ways to make an event in C: start with its kind and time, then set what it has. `word` follows from
 * fc_event_set_state/_reason. The strings are not copied. Thread: any */
struct fc_event fc_event_make(enum fc_kind kind, int64_t ts_us);
#define FC_EVENT_STR(ev, key, value) ((ev)->key = (value), (ev)->present |= FC_KEY_BIT(key))
#define FC_EVENT_NUM(ev, field, value) ((ev)->field = (value), (ev)->present |= FC_KEY_BIT(field))
void fc_event_set_left(struct fc_event *ev, enum fc_left reason);
void fc_event_set_agent(struct fc_event *ev, enum fc_agent_state state);
void fc_event_set_snapshot(struct fc_event *ev, enum fc_snapshot state);
void fc_event_set_source(struct fc_event *ev, enum fc_source_state state);

/* fc_event_decode -- reads one event from `mp` and checks it whole: version, kind, every key the kind requires, types,
 * lengths, ranges, words. Allocation-free, bounded by the bytes given.
 * Shape:   on FC_OK and FC_ABSENT mp stands behind the event; on FC_INVALID mp is unchanged
 * Errors:  FC_ABSENT unknown kind (err names it); FC_INVALID with reason and offset from mp->start
 * Owns:    strings of `out` are views into mp's buffer.  Thread: any, wait-free */
FC_MUST_USE enum fc_status fc_event_decode(struct fc_mp *mp, struct fc_event *out, struct fc_error *err);

/* fc_event_encode -- the canonical map: "v", "kind", then the present keys in table order.
 * Law: decode(encode(e)) == e for every valid e (tests/unit/event.c). Overflow shows in w->overflow. Thread: any */
void fc_event_encode(struct fc_mpw *w, const struct fc_event *ev);

/* fc_event_json_to_mp -- turns one JSON object (text of n bytes) into the bytes fc_event_decode reads, types kept as
 * they are: whether it is an event is decided by fc_event_decode alone.
 * Errors: FC_INVALID not JSON (line/column named) or not an object; FC_FULL more than cap bytes. Allocates (jansson). */
FC_MUST_USE enum fc_status fc_event_json_to_mp(const char *text, size_t n, uint8_t *buf, size_t cap, size_t *len,
                                               struct fc_error *err);

/* fc_event_print_table -- the table as the Markdown page EVENTS.md, on `out` (a FILE *). */
void fc_event_print_table(void *out);

#endif
