/* feed -- the sources themselves: whether they are heard, what they lost, and what they no longer list. */
#include "engine_internal.h"

#include <stdlib.h>

struct fc_source_state_of *fc_feed_source(struct fc_engine *e, struct fc_str name) {
    struct fc_source_state_of *s = fc_map_find(&e->sources, name);
    if (s != NULL) return s;
    s = calloc(1, sizeof *s);
    FC_ASSERT(s != NULL);
    s->name = fc_str_own(name);
    s->since_us = e->now_us;
    fc_map_add(&e->sources, s);
    return s;
}

static void changed(struct fc_engine *e, struct fc_source_state_of *s) {
    s->to_store = e->sources_to_store = true;
    e->sources_to_publish = true;
}

/* Hearing is a matter of when the word arrived, not of the time it speaks of: a source whose clock is wrong is not silent. */
struct fc_source_state_of *fc_feed_heard(struct fc_engine *e, const struct fc_event *ev) {
    if ((ev->present & FC_KEY_BIT(src)) == 0) return NULL;
    bool known = fc_map_find(&e->sources, ev->src) != NULL;
    struct fc_source_state_of *s = fc_feed_source(e, ev->src);
    s->heard_us = e->now_us;
    if (s->silent) {
        s->silent = false;
        s->since_us = e->now_us;
        changed(e, s);
    }
    if (!known) changed(e, s);
    return s;
}

void fc_feed_silence(struct fc_engine *e) {
    struct fc_source_state_of *s;
    for (uint32_t at = 0; (s = fc_map_each(&e->sources, &at)) != NULL;) {
        if (s->heard_us == 0) s->heard_us = e->now_us; /* after a restart: a fresh start for everybody */
        if (s->silent || !s->beats || e->now_us - s->heard_us <= SOURCE_SILENT_US) continue;
        s->silent = true;
        s->since_us = s->heard_us;
        changed(e, s);
    }
}

/* Ends, as unknown, the open contacts of a source that `gone` names. Ending changes no map, so the walk is safe. */
static void end_open(struct fc_engine *e, struct fc_source_state_of *s, int64_t ts_us, bool all) {
    struct fc_contact *c;
    for (uint32_t at = 0; (c = fc_map_each(&e->contacts, &at)) != NULL;) {
        if (c->source != s || (c->state != CONTACT_WAITING && c->state != CONTACT_TALKING)) continue;
        if (!all && (c->listed == s->snapshot || c->offered_us >= s->snapshot_us)) continue;
        fc_contact_presume_over(e, c, ts_us);
    }
}

static void hello(struct fc_engine *e, struct fc_source_state_of *s, const struct fc_event *ev) {
    char epoch[FC_ID_MAX + 1];
    (void)fc_str_copy(epoch, sizeof epoch, ev->epoch);
    bool another_life = s->epoch[0] != '\0' && strcmp(s->epoch, epoch) != 0;
    memcpy(s->epoch, epoch, sizeof epoch);
    if (another_life) end_open(e, s, ev->ts, true); /* what it knew in its last life it cannot end any more */
    if (s->down) s->since_us = ev->ts;
    s->down = false;
    changed(e, s);
}

static void snapshot(struct fc_engine *e, struct fc_source_state_of *s, const struct fc_event *ev) {
    if (ev->word == FC_SNAPSHOT_BEGIN) {
        s->snapshot++;
        s->snapshot_us = ev->ts;
    } else if (s->snapshot_us != 0) {
        end_open(e, s, ev->ts, false);
        s->snapshot_us = 0;
    }
    s->to_store = e->sources_to_store = true;
}

static void heartbeat(struct fc_engine *e, struct fc_source_state_of *s, const struct fc_event *ev) {
    bool down = ev->word == FC_SOURCE_DOWN;
    if (s->beats && s->down == down) return;
    s->beats = true;
    s->down = down;
    s->since_us = ev->ts;
    changed(e, s);
}

static void gap(struct fc_engine *e, struct fc_source_state_of *s, const struct fc_event *ev) {
    s->gaps++;
    s->gap_us = ev->ts;
    (void)fc_str_copy(s->gap_reason, sizeof s->gap_reason, ev->reason);
    changed(e, s);
}

void fc_feed_apply(struct fc_engine *e, const struct fc_event *ev, struct fc_source_state_of *s) {
    switch (ev->kind) {
    case FC_HELLO: hello(e, s, ev); break;
    case FC_SNAPSHOT: snapshot(e, s, ev); break;
    case FC_HEARTBEAT: heartbeat(e, s, ev); break;
    default: gap(e, s, ev); break;
    }
}

const char *fc_feed_state_word(const struct fc_source_state_of *s) { return s->silent ? "silent" : s->down ? "down" : "up"; }
