/* agent -- agents for the engine's files that store and list them; nobody else's business. */
#ifndef FC_AGENT_H
#define FC_AGENT_H

#include "engine_internal.h"

struct fc_membership_mark {
    int64_t ts_us;
    bool joined; /* by its own word, or because a contact of the queue reached the agent; else parted */
};

struct fc_membership {
    struct fc_queue *queue;
    struct fc_membership_mark *marks; /* by time; owned */
    uint32_t marks_n, marks_cap;
    bool serves; /* as the marks end */
};

void fc_agent_appears(struct fc_engine *e, struct fc_agent *a, int64_t first_us);
void fc_agent_fini(struct fc_agent *a); /* what it owns, not its own memory */
void fc_agent_label(struct fc_engine *e, struct fc_agent *a, struct fc_str label);
void fc_agent_mark_membership(struct fc_engine *e, struct fc_agent *a, struct fc_queue *q, struct fc_membership_mark mark);

/* Which queue rings for it, from a span that begins (+1) or is taken back (-1). */
void fc_agent_rung(const struct fc_contact_span *s, int sign);

/* From a record: only lists follow; the timeline is fed by fc_agent_restored. */
void fc_agent_load_mark(struct fc_engine *e, struct fc_agent *a, struct fc_queue *q, struct fc_membership_mark mark);

#endif
