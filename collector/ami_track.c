/* The connection as the tracker sees it: time, gaps, and which message goes where. */
#include "ami_state.h"

#include <stdlib.h>

#define SWEEP_US (60 * FC_SECOND_US)

static int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }

struct fc_event fc_ami_event(enum fc_kind kind, int64_t ts_us) {
    return fc_event_make(kind, max64(ts_us, 1));
}

void fc_ami_due(struct fc_ami_track *t, int64_t us) {
    if (us < t->due_us) t->due_us = us;
}

/* How many bytes the UTF-8 sequence at `p` has; 0 when it is none, or a zero byte, which no event may carry. */
static size_t utf8_len(const uint8_t *p, size_t left) {
    size_t n = *p == 0 ? 0 : *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : *p >= 0xe0 && *p < 0xf0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;
    if (n == 0 || n > left) return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    bool overlong = (*p == 0xe0 && p[1] < 0xa0) || (*p == 0xf0 && p[1] < 0x90);
    bool beyond = (*p == 0xed && p[1] > 0x9f) || (*p == 0xf4 && p[1] > 0x8f);
    return overlong || beyond ? 0 : n;
}

void fc_ami_name_set(struct fc_ami_name *name, struct fc_str from) {
    size_t n = 0;
    for (size_t i = 0; i < from.n;) {
        size_t k = utf8_len((const uint8_t *)from.p + i, from.n - i);
        if (n + (k == 0 ? 1 : k) > FC_ID_MAX) break;
        if (k == 1 && from.p[i] == '\0') k = 0; /* no event holds one */
        if (k == 0) name->z[n++] = '?';
        else memcpy(name->z + n, from.p + i, k);
        n += k;
        i += k == 0 ? 1 : k;
    }
    name->z[n] = '\0';
    name->n = (uint8_t)n;
}

struct fc_ami_track *fc_ami_track_create(struct fc_ami_out *out) {
    struct fc_ami_track *t = fc_ami_alloc(sizeof *t);
    t->out = out;
    t->due_us = INT64_MAX;
    fc_ami_map_init(&t->calls);
    fc_ami_map_init(&t->members);
    fc_ami_map_init(&t->agents);
    return t;
}

static void free_call(void *ctx, struct fc_ami_node *node) {
    fc_ami_call_free(ctx, FC_AMI_OWNER(node, struct fc_ami_call, node));
}

void fc_ami_track_destroy(struct fc_ami_track *t) {
    fc_ami_map_walk(&t->calls, free_call, t);
    fc_ami_agents_free(t);
    fc_ami_map_fini(&t->calls);
    fc_ami_map_fini(&t->members);
    fc_ami_map_fini(&t->agents);
    free(t->channels);
    free(t);
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

static void heartbeat(struct fc_ami_track *t, enum fc_source_state state, int64_t ts_us) {
    struct fc_event ev = fc_ami_event(FC_HEARTBEAT, ts_us);
    fc_event_set_source(&ev, state);
    fc_ami_out_put(t->out, &ev);
    t->heartbeat_us = ts_us;
}

static void run_timers(struct fc_ami_track *t) {
    t->due_us = INT64_MAX;
    fc_ami_visits_tick(t);
    fc_ami_agents_tick(t);
    fc_ami_sync_tick(t);
    if (t->now_us - t->swept_us >= SWEEP_US) {
        fc_ami_visits_sweep(t);
        t->swept_us = t->now_us;
    }
    fc_ami_due(t, t->swept_us + SWEEP_US);
    if (!t->connected) return;
    if (t->now_us - t->heartbeat_us >= FC_AMI_HEARTBEAT_US) heartbeat(t, FC_SOURCE_UP, t->now_us);
    fc_ami_due(t, t->heartbeat_us + FC_AMI_HEARTBEAT_US);
}

static void advance(struct fc_ami_track *t, int64_t ts_us) {
    t->now_us = max64(t->now_us, ts_us);
    if (t->swept_us == 0) t->swept_us = t->now_us;
    if (t->now_us >= t->due_us) run_timers(t);
}

void fc_ami_track_tick(struct fc_ami_track *t, int64_t ts_us) {
    advance(t, ts_us);
}

/* ---- the connection -------------------------------------------------------------------------------------------- */

void fc_ami_track_connected(struct fc_ami_track *t, int64_t ts_us) {
    if (t->connected) fc_ami_track_disconnected(t, ts_us, "connected anew");
    advance(t, ts_us);
    t->connected = true;
    t->shutdown = false;
    t->connection++;
    t->connected_us = t->now_us;
    FC_AMI_COUNT(t, connects);
    fc_ami_sync_begin(t);
    heartbeat(t, FC_SOURCE_UP, t->now_us);
    fc_ami_due(t, t->heartbeat_us + FC_AMI_HEARTBEAT_US);
}

void fc_ami_track_gap(struct fc_ami_track *t, int64_t ts_us, const char *why) {
    struct fc_event ev = fc_ami_event(FC_GAP, ts_us);
    FC_EVENT_STR(&ev, reason, fc_str(why));
    fc_ami_out_put(t->out, &ev);
    FC_AMI_COUNT(t, gaps);
}

/* What came after the Leave or the Abandon is lost. */
static void undecided_unknown(struct fc_ami_track *t) {
    for (struct fc_ami_visit *v = t->open_first, *next; v != NULL; v = next) {
        next = v->open_next;
        if (v->state == FC_AMI_LEAVING || v->state == FC_AMI_LOST) fc_ami_visit_left(t, v, FC_LEFT_UNKNOWN, fc_ami_exit_us(v));
    }
}

void fc_ami_track_disconnected(struct fc_ami_track *t, int64_t ts_us, const char *why) {
    if (!t->connected) return;
    advance(t, ts_us);
    undecided_unknown(t);
    t->connected = false;
    t->disconnected_us = t->now_us;
    fc_ami_track_gap(t, t->now_us, t->shutdown ? "Asterisk shut down or restarts" : why);
    heartbeat(t, FC_SOURCE_DOWN, t->now_us);
}

void fc_ami_track_finish(struct fc_ami_track *t, int64_t ts_us) {
    advance(t, ts_us);
    undecided_unknown(t);
    fc_ami_close_all(t, t->now_us, UINT32_MAX);
    t->connected = false;
}

/* ---- messages -------------------------------------------------------------------------------------------------- */

static void on_shutdown(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    (void)m;
    t->shutdown = true;
}

typedef void handler(struct fc_ami_track *t, const struct fc_ami_msg *m);

static const struct {
    const char *event;
    handler *handle;
} handlers[] = {
    /* the frequent ones first */
    {"VarSet", fc_ami_on_varset},
    {"Newexten", fc_ami_on_dialplan},
    {"QueueMemberStatus", fc_ami_on_member},
    {"Hangup", fc_ami_on_hangup},
    {"HangupRequest", fc_ami_on_hangup_request},
    {"QueueCallerJoin", fc_ami_on_join},
    {"QueueCallerLeave", fc_ami_on_leave},
    {"QueueCallerAbandon", fc_ami_on_abandon},
    {"AgentCalled", fc_ami_on_called},
    {"AgentConnect", fc_ami_on_connect},
    {"AgentComplete", fc_ami_on_complete},
    {"AgentRingNoAnswer", fc_ami_on_no_answer},
    {"QueueMemberPause", fc_ami_on_member},
    {"QueueMemberAdded", fc_ami_on_member},
    {"QueueMemberRemoved", fc_ami_on_member_removed},
    {"MusicOnHoldStop", fc_ami_on_music},
    {"MusicOnHoldStart", fc_ami_on_music},
    {"Hold", fc_ami_on_hold},
    {"Unhold", fc_ami_on_unhold},
    {"QueueMember", fc_ami_on_member},
    {"QueueEntry", fc_ami_on_entry},
    {"QueueStatusComplete", fc_ami_on_queues_listed},
    {"CoreShowChannel", fc_ami_on_channel},
    {"CoreShowChannelsComplete", fc_ami_on_channels_listed},
    {"Shutdown", on_shutdown},
};

static handler *handler_of(struct fc_str event) {
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
        if (fc_str_is(event, handlers[i].event)) return handlers[i].handle;
    return NULL;
}

void fc_ami_track_message(struct fc_ami_track *t, const struct fc_ami_msg *msg, int64_t ts_us) {
    advance(t, ts_us);
    if (msg->greeting || msg->n == 0 || !t->connected) return;
    struct fc_str event = fc_str_is(msg->fields[0].key, "Event") ? msg->fields[0].value : (struct fc_str){0};
    handler *handle = event.n == 0 ? NULL : handler_of(event);
    if (handle != NULL) handle(t, msg);
    else if (event.n == 0 && fc_ami_get(msg, "CoreStartupDate").n > 0) fc_ami_on_core_status(t, msg);
}

/* ---- looking at it --------------------------------------------------------------------------------------------- */

uint64_t fc_ami_track_count(const struct fc_ami_track *t, enum fc_ami_counter counter) {
    FC_ASSERT(counter < FC_AMI_COUNT_COUNT);
    return t->counts[counter];
}

static unsigned count_open(const struct fc_ami_track *t, enum fc_ami_visit_state state) {
    unsigned n = 0;
    for (const struct fc_ami_visit *v = t->open_first; v != NULL; v = v->open_next) n += v->state == state;
    return n;
}

unsigned fc_ami_track_waiting(const struct fc_ami_track *t) { return count_open(t, FC_AMI_WAITING); }
unsigned fc_ami_track_talking(const struct fc_ami_track *t) { return count_open(t, FC_AMI_TALKING); }

void fc_ami_counters(const struct fc_ami_track *t, const struct fc_ami_parse *p, const struct fc_ami_out *out,
                     void (*each)(void *ctx, const char *name, uint64_t value), void *ctx) {
    static const char *const names[] = {
#define COUNT(name, help) #name,
        FC_AMI_COUNTERS(COUNT)
#undef COUNT
    };
    each(ctx, "bytes", p->bytes);
    each(ctx, "messages", p->messages);
    each(ctx, "messages_skipped", p->skipped);
    each(ctx, "fields_dropped", p->fields_dropped);
    each(ctx, "lines_bad", p->lines_bad);
    each(ctx, "events", out->made);
    each(ctx, "events_invalid", out->invalid);
    for (size_t i = 0; i < FC_AMI_COUNT_COUNT; i++) each(ctx, names[i], t->counts[i]);
    each(ctx, "waiting_now", fc_ami_track_waiting(t));
    each(ctx, "talking_now", fc_ami_track_talking(t));
}
