/* alerts -- the rules held against the latest items: what fires, what has ended, who has seen it.
 *
 * A watch is one rule for one queue, group or agent. It fires when its number has been beyond the limit for `for_us`, and ends when
 * the number is back at `clear`. Time is the aggregator's, as its heartbeats tell it: while they do not come, or say that its
 * engine stands, time stands still here too, so what is stale neither fires nor ends anything; it only gets "stale": true. The
 * same where the number is missing: null, or counted of fewer than `n`. An owner of whom nothing was heard for an hour is taken
 * for gone: its alert ends. Outside a rule's hours nothing of it fires, and what fires ends.
 *
 * An alert is a JSON object {"id","rule","title","scope","name","channel","kpi","window","op","limit","value","level",
 * "state","since_us","ended_us","acked_by","acked_us","stale"}. Firing ones and the last FC_ALERTS_ENDED_MAX that ended are kept
 * on the shelf: a restart forgets no acknowledgement and fires nothing twice. How long a number has been beyond its limit without
 * firing yet is not kept.
 * Refuses to know HTTP and sockets. Thread: service, alone
 */
#ifndef FC_ALERTS_H
#define FC_ALERTS_H

#include "hub.h"
#include "rules.h"
#include "shelf.h"
#include "webhook.h"

#define FC_ALERTS_FIRING_MAX 1000
#define FC_ALERTS_ENDED_MAX 200
#define FC_ALERTS_TOLD_MAX 100 /* of those that fire, in the topic */
#define FC_ALERTS_WATCHES_MAX 20000
#define FC_ALERTS_LOOKS_MAX 2000 /* watches looked at in one beat */

struct fc_watch {
    uint32_t rule;
    char name[FC_QUERY_NAME_MAX + 1];
    char topic[FC_TOPIC_MAX + 1], plain[FC_TOPIC_MAX + 1]; /* plain: of all channels; empty when topic is that */
    int64_t beyond_since_us; /* 0: it is not */
    int64_t quiet_until_us;  /* of the cool-down */
    int64_t heard_us;        /* when it last had an item; 0: never */
    json_t *alert;           /* that fires; NULL. Owned by `firing` */
};

struct fc_alerts {
    struct fc_hub *hub;
    struct fc_shelf *shelf;   /* NULL: nothing is kept */
    struct fc_webhook *hook;  /* NULL: nobody is told */
    struct fc_rules rules;
    struct fc_watch *watches;
    json_t *watched;          /* the same as a set: "rule/name" */
    uint32_t watch_count, next; /* next: the one to look at */
    json_t *firing, *ended;     /* arrays, the newest first */
    uint64_t last, changes;     /* the last number given; of the topic */
    struct fc_mono found, told; /* when watches were looked for; when the topic was told */
    bool changed;               /* since then */
};

void fc_alerts_init(struct fc_alerts *alerts, struct fc_hub *hub);
void fc_alerts_fini(struct fc_alerts *alerts);

/* fc_alerts_found -- takes a record of the shelf in, at the start; false: it is none. */
bool fc_alerts_found(struct fc_alerts *alerts, const struct fc_shelf_record *record);

/* fc_alerts_rule -- from now on these rules hold; taken over, *rules is empty after it. Alerts of rules that are gone end. */
void fc_alerts_rule(struct fc_alerts *alerts, struct fc_rules *rules);

/* fc_alerts_work -- looks at watches; every beat. */
void fc_alerts_work(struct fc_alerts *alerts, struct fc_mono now);

/* fc_alerts_ack -- somebody has seen it; NULL: no such alert. Views the alert. */
const json_t *fc_alerts_ack(struct fc_alerts *alerts, struct fc_str id, const char *by);

#endif
