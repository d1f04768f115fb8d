/* The floor's events. Ids are written into buffers on the stack: the sink has them until it returns. */
#include "floor_inner.h"

static size_t put_number(char *buf, uint64_t number) {
    char digits[20];
    size_t n = 0;
    do digits[n++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    for (size_t i = 0; i < n; i++) buf[i] = digits[n - 1 - i];
    return n;
}

struct fc_str emit_id(const struct fc_floor *f, char *buf, uint64_t number) {
    memcpy(buf, f->id_prefix, f->id_prefix_n);
    return fc_str_n(buf, f->id_prefix_n + put_number(buf + f->id_prefix_n, number));
}

struct fc_str emit_customer(char *buf, uint32_t customer) {
    static const char prefix[] = "customer-";
    memcpy(buf, prefix, sizeof prefix - 1);
    return fc_str_n(buf, sizeof prefix - 1 + put_number(buf + sizeof prefix - 1, customer));
}

struct fc_event emit_make(const struct fc_floor *f, enum fc_kind kind) { return fc_event_make(kind, f->now_us); }

void emit_send(struct fc_floor *f, struct fc_event *ev) {
    if (f->silent) return;
    FC_EVENT_STR(ev, src, fc_str(f->plan.src));
    FC_EVENT_NUM(ev, seq, (int64_t)f->seq++);
    f->sink(f->ctx, ev);
}

static void add_offer(const struct fc_floor *f, const struct contact *c, struct fc_event *ev, char *customer) {
    const struct fc_plan_queue *q = &f->plan.queues[c->queue];
    if (c->customer != 0) FC_EVENT_STR(ev, customer, emit_customer(customer, c->customer));
    if (q->lang != NULL) FC_EVENT_STR(ev, lang, fc_str(q->lang));
    FC_EVENT_NUM(ev, channel, (uint8_t)q->channel);
    FC_EVENT_NUM(ev, priority, q->priority);
}

void emit_contact(struct fc_floor *f, enum fc_kind kind, int64_t ts_us, const struct contact *c) {
    if (f->silent) return;
    char id[EMIT_ID], root[EMIT_ID], customer[EMIT_ID];
    struct fc_event ev = fc_event_make(kind, ts_us);
    bool queue = kind != FC_HELD && kind != FC_RESUMED && kind != FC_WRAPPED;
    bool agent = kind == FC_ALERTED || kind == FC_MISSED || kind == FC_ANSWERED || kind == FC_WRAPPED;
    FC_EVENT_STR(&ev, contact, emit_id(f, id, c->number));
    if (queue) FC_EVENT_STR(&ev, queue, fc_str(f->plan.queues[c->queue].name));
    if (agent) FC_EVENT_STR(&ev, agent, fc_str(f->plan.agents[c->agent].id));
    if (kind == FC_OFFERED) FC_EVENT_STR(&ev, root, emit_id(f, root, c->root));
    if (kind == FC_OFFERED) add_offer(f, c, &ev, customer);
    emit_send(f, &ev);
}

void emit_left(struct fc_floor *f, const struct contact *c, enum fc_left reason) {
    char id[EMIT_ID];
    struct fc_event ev = emit_make(f, FC_LEFT);
    FC_EVENT_STR(&ev, contact, emit_id(f, id, c->number));
    FC_EVENT_STR(&ev, queue, fc_str(f->plan.queues[c->queue].name));
    fc_event_set_left(&ev, reason);
    emit_send(f, &ev);
}

void emit_ended(struct fc_floor *f, int64_t ts_us, const struct contact *c) {
    if (f->silent) return;
    char id[EMIT_ID];
    struct fc_event ev = fc_event_make(FC_ENDED, ts_us);
    FC_EVENT_STR(&ev, contact, emit_id(f, id, c->number));
    FC_EVENT_NUM(&ev, by, c->transfers ? FC_BY_TRANSFER : c->agent_ends ? FC_BY_AGENT : FC_BY_CUSTOMER);
    emit_send(f, &ev);
}

void emit_agent(struct fc_floor *f, uint32_t a) {
    if (f->silent) return;
    const struct agent *agent = &f->agents[a];
    struct fc_event ev = fc_event_make(FC_AGENT, agent->since_us);
    FC_EVENT_STR(&ev, agent, fc_str(f->plan.agents[a].id));
    FC_EVENT_STR(&ev, name, fc_str(f->plan.agents[a].name));
    fc_event_set_agent(&ev, agent->state);
    if (agent->state == FC_AGENT_PAUSED) FC_EVENT_STR(&ev, reason, fc_str(agent->reason));
    emit_send(f, &ev);
}

void emit_heartbeat(struct fc_floor *f) {
    struct fc_event ev = emit_make(f, FC_HEARTBEAT);
    fc_event_set_source(&ev, FC_SOURCE_UP);
    emit_send(f, &ev);
}

/* ---- the start -------------------------------------------------------------------------------------------------- */

static void emit_source(struct fc_floor *f, enum fc_kind kind, enum fc_snapshot state) {
    struct fc_event ev = emit_make(f, kind);
    FC_EVENT_STR(&ev, epoch, fc_str(f->plan.epoch));
    if (kind == FC_SNAPSHOT) fc_event_set_snapshot(&ev, state);
    emit_send(f, &ev);
}

static void emit_memberships(struct fc_floor *f, uint32_t a) {
    const struct fc_plan_agent *agent = &f->plan.agents[a];
    for (uint32_t q = 0; q < f->plan.queues_n; q++) {
        if ((agent->queues >> q & 1) == 0) continue;
        struct fc_event ev = emit_make(f, FC_JOINED);
        FC_EVENT_STR(&ev, agent, fc_str(agent->id));
        FC_EVENT_STR(&ev, queue, fc_str(f->plan.queues[q].name));
        FC_EVENT_STR(&ev, name, fc_str(agent->name));
        emit_send(f, &ev);
    }
}

/* What a contact has been through so far, with the times when it happened. */
static void emit_live(struct fc_floor *f, const struct contact *c) {
    if (c->phase == FREE) return;
    emit_contact(f, FC_OFFERED, c->offered_us, c);
    if (c->phase == WAITING) return;
    emit_contact(f, FC_ALERTED, c->alerted_us, c);
    if (c->phase == RINGING) return;
    emit_contact(f, FC_ANSWERED, c->answered_us, c);
    if (c->phase == ON_HOLD) emit_contact(f, FC_HELD, c->held_us, c);
    if (c->phase == WRAPPING) emit_ended(f, c->ended_us, c);
}

void emit_start(struct fc_floor *f) {
    emit_source(f, FC_HELLO, FC_SNAPSHOT_BEGIN);
    emit_source(f, FC_SNAPSHOT, FC_SNAPSHOT_BEGIN);
    for (uint32_t a = 0; a < f->plan.agents_n; a++) emit_memberships(f, a);
    for (uint32_t i = 0; i < f->contacts_n; i++) emit_live(f, contact_at(f, i));
    for (uint32_t a = 0; a < f->plan.agents_n; a++) emit_agent(f, a);
    emit_source(f, FC_SNAPSHOT, FC_SNAPSHOT_END);
    emit_heartbeat(f);
}
