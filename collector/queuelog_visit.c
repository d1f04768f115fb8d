/* Visits: finding the one a line is about, and what is told of it.
 *
 * A call has one current visit, the last one it entered. A late end may belong to an earlier one, which a transfer back
 * into a queue has left behind: that is found by its queue and agent.
 */
#include "queuelog_state.h"

#include <stdio.h>
#include <stdlib.h>

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }

/* The event's own field decides; without one the line's time, but never before what came earlier. */
static int64_t at_us(const struct fc_qline *line, int64_t since_us, int64_t span_us) {
    return span_us >= 0 ? since_us + span_us : later(line->ts_us, since_us);
}

static void emit(struct fc_qtrack *t, struct fc_event *ev, const struct fc_qvisit *v) {
    FC_EVENT_STR(ev, contact, fc_str(v->contact));
    if (ev->kind != FC_ENDED) FC_EVENT_STR(ev, queue, fc_str(v->queue));
    t->emit(t->ctx, ev);
}

/* ---- finding --------------------------------------------------------------------------------------------------- */

static struct fc_qcall *call_find(const struct fc_qtrack *t, struct fc_str callid) {
    return (struct fc_qcall *)fc_qmap_find(&t->calls, callid);
}

struct fc_qcall *fc_qcall_get(struct fc_qtrack *t, struct fc_str callid) {
    struct fc_qcall *call = call_find(t, callid);
    if (call != NULL) return call;
    call = fc_qalloc(sizeof *call);
    fc_qmap_add(&t->calls, &call->node, callid);
    return call;
}

static struct fc_qvisit *current(const struct fc_qcall *call) {
    struct fc_qvisit *v = call == NULL ? NULL : call->open;
    while (v != NULL && !v->current) v = v->next;
    return v;
}

static struct fc_qvisit *waiting_in(const struct fc_qcall *call, struct fc_str queue) {
    struct fc_qvisit *v = current(call);
    return v != NULL && v->agent == NULL && fc_str_eq(fc_str(v->queue), queue) ? v : NULL;
}

static struct fc_qvisit *talking_to(const struct fc_qcall *call, const struct fc_qline *line) {
    struct fc_qvisit *v = call == NULL ? NULL : call->open;
    while (v != NULL && !(v->agent != NULL && fc_str_eq(fc_str(v->queue), line->queue) && fc_str_eq(fc_str(v->agent), line->agent))) v = v->next;
    return v;
}

/* ---- coming and going ------------------------------------------------------------------------------------------ */

struct fc_qvisit *fc_qvisit_add(struct fc_qtrack *t, struct fc_qcall *call, struct fc_str contact, struct fc_str queue) {
    struct fc_qvisit *v = fc_qalloc(sizeof *v);
    v->contact = fc_qdup(contact);
    v->queue = fc_qdup(queue);
    v->next = call->open;
    call->open = v;
    t->open++;
    return v;
}

static void unlink_visit(struct fc_qcall *call, struct fc_qvisit *v) {
    struct fc_qvisit **at = &call->open;
    while (*at != v) at = &(*at)->next;
    *at = v->next;
}

static void drop(struct fc_qtrack *t, struct fc_qcall *call, struct fc_qvisit *v) {
    unlink_visit(call, v);
    free(v->contact);
    free(v->queue);
    free(v->agent);
    free(v);
    t->open--;
}

void fc_qcall_free(struct fc_qtrack *t, struct fc_qcall *call) {
    while (call->open != NULL) drop(t, call, call->open);
    fc_qmap_remove(&t->calls, &call->node);
    free(call->moved);
    free(call);
}

/* ---- what is told ---------------------------------------------------------------------------------------------- */

static void tell_left(struct fc_qtrack *t, struct fc_qcall *call, struct fc_qvisit *v, int64_t ts_us, enum fc_left reason) {
    struct fc_event ev = fc_event_make(FC_LEFT, ts_us);
    fc_event_set_left(&ev, reason);
    emit(t, &ev, v);
    drop(t, call, v);
}

static void tell_ended(struct fc_qtrack *t, struct fc_qcall *call, struct fc_qvisit *v, int64_t ts_us, enum fc_by by) {
    struct fc_event ev = fc_event_make(FC_ENDED, ts_us);
    FC_EVENT_NUM(&ev, by, (uint8_t)by);
    emit(t, &ev, v);
    drop(t, call, v);
}

/* How it went on is not known. */
static void end_unknown(struct fc_qtrack *t, struct fc_qcall *call, struct fc_qvisit *v, int64_t ts_us) {
    t->counts.ended_unknown++;
    if (v->agent == NULL) tell_left(t, call, v, later(ts_us, v->offered_us), FC_LEFT_UNKNOWN);
    else tell_ended(t, call, v, later(ts_us, v->answered_us), FC_BY_LOST);
}

static bool known_caller(struct fc_str id) { return id.n > 0 && id.n <= FC_ID_MAX && !fc_str_is(id, "<unknown>") && !fc_str_is(id, "NONE"); }

void fc_qvisit_enter(struct fc_qtrack *t, const struct fc_qline *line) {
    char contact[FC_ID_MAX + 24];
    if (line->callid.n == 0 || line->queue.n == 0) return;
    struct fc_qcall *call = fc_qcall_get(t, line->callid);
    struct fc_qvisit *before = current(call);
    if (before != NULL && before->agent == NULL) end_unknown(t, call, before, line->ts_us);
    else if (before != NULL) before->current = false;
    call->last_us = line->ts_us;
    int n = ++call->number == 1 ? snprintf(contact, sizeof contact, "%.*s", FC_STR_ARG(line->callid))
                                : snprintf(contact, sizeof contact, "%.*s/%lld", FC_STR_ARG(line->callid), (long long)call->number);
    struct fc_qvisit *v = fc_qvisit_add(t, call, fc_str_n(contact, (size_t)n), line->queue);
    v->offered_us = line->ts_us;
    v->current = true;
    t->counts.visits++;
    struct fc_event ev = fc_event_make(FC_OFFERED, line->ts_us);
    FC_EVENT_STR(&ev, root, line->callid);
    FC_EVENT_NUM(&ev, channel, FC_CHANNEL_VOICE);
    if (line->fields > 1 && known_caller(line->field[1])) FC_EVENT_STR(&ev, customer, line->field[1]);
    emit(t, &ev, v);
}

void fc_qvisit_leave(struct fc_qtrack *t, const struct fc_qline *line, enum fc_left reason) {
    struct fc_qcall *call = call_find(t, line->callid);
    struct fc_qvisit *v = waiting_in(call, line->queue);
    if (v == NULL) {
        t->counts.exits_unmatched++;
        return;
    }
    call->last_us = line->ts_us;
    if (reason == FC_LEFT_UNKNOWN) t->counts.ended_unknown++;
    tell_left(t, call, v, at_us(line, v->offered_us, fc_qline_wait_us(line)), reason);
}

/* A consultation call that is transferred into the queue goes on under the first caller's call id: the answer names
 * that one. The only visit of this queue that has waited exactly as long as the answer says is the one. */
static struct fc_qvisit *take_over(struct fc_qtrack *t, const struct fc_qline *line) {
    int64_t hold_us = fc_qline_wait_us(line);
    struct fc_qcall *from = NULL;
    for (struct fc_qnode *node = t->calls.head; node != NULL; node = node->next) {
        struct fc_qcall *call = (struct fc_qcall *)node;
        struct fc_qvisit *v = waiting_in(call, line->queue);
        if (v == NULL || v->offered_us + hold_us != line->ts_us) continue;
        if (from != NULL) return NULL; /* two of them: it would be a guess */
        from = call;
    }
    if (from == NULL || hold_us < 0 || line->callid.n == 0) return NULL;
    struct fc_qvisit *v = current(from);
    struct fc_qcall *to = fc_qcall_get(t, line->callid);
    struct fc_qvisit *before = current(to);
    if (before != NULL) before->current = false;
    unlink_visit(from, v);
    v->next = to->open;
    to->open = v;
    free(from->moved);
    from->moved = fc_qdup(line->callid);
    t->counts.changed_callid++;
    return v;
}

void fc_qvisit_connect(struct fc_qtrack *t, const struct fc_qline *line) {
    struct fc_qvisit *v = waiting_in(call_find(t, line->callid), line->queue);
    if (v == NULL && line->agent.n > 0) v = take_over(t, line);
    if (v == NULL || line->agent.n == 0) {
        t->counts.connects_unmatched++;
        return;
    }
    call_find(t, line->callid)->last_us = line->ts_us;
    v->agent = fc_qdup(line->agent);
    v->answered_us = at_us(line, v->offered_us, fc_qline_wait_us(line));
    struct fc_event ev = fc_event_make(FC_ANSWERED, v->answered_us);
    FC_EVENT_STR(&ev, agent, line->agent);
    emit(t, &ev, v);
}

void fc_qvisit_end(struct fc_qtrack *t, const struct fc_qline *line, enum fc_by by) {
    struct fc_qcall *call = call_find(t, line->callid);
    struct fc_qvisit *v = talking_to(call, line);
    if (v == NULL && call != NULL && call->moved != NULL) {
        call = call_find(t, fc_str(call->moved));
        v = talking_to(call, line);
    }
    if (v == NULL) {
        t->counts.ends_unmatched++;
        return;
    }
    call->last_us = line->ts_us;
    tell_ended(t, call, v, at_us(line, v->answered_us, fc_qline_talk_us(line)), by);
}

void fc_qvisit_miss(struct fc_qtrack *t, const struct fc_qline *line) {
    struct fc_qvisit *v = current(call_find(t, line->callid));
    if (line->callid.n == 0 || line->queue.n == 0 || line->agent.n == 0) return;
    struct fc_event ev = fc_event_make(FC_MISSED, v == NULL ? line->ts_us : later(line->ts_us, v->offered_us));
    FC_EVENT_STR(&ev, contact, v == NULL ? line->callid : fc_str(v->contact));
    FC_EVENT_STR(&ev, queue, line->queue);
    FC_EVENT_STR(&ev, agent, line->agent);
    t->emit(t->ctx, &ev);
}

/* ---- many at once ---------------------------------------------------------------------------------------------- */

void fc_qvisit_end_all(struct fc_qtrack *t, int64_t ts_us) {
    for (struct fc_qnode *node = t->calls.head; node != NULL; node = node->next) {
        struct fc_qcall *call = (struct fc_qcall *)node;
        while (call->open != NULL) end_unknown(t, call, call->open, ts_us);
    }
}

void fc_qvisit_forget(struct fc_qtrack *t) {
    for (struct fc_qnode *node = t->calls.head; node != NULL; node = node->next) {
        struct fc_qcall *call = (struct fc_qcall *)node;
        while (call->open != NULL) drop(t, call, call->open);
    }
}

void fc_qvisit_sweep(struct fc_qtrack *t) {
    struct fc_qnode *next;
    for (struct fc_qnode *node = t->calls.head; node != NULL; node = next) {
        struct fc_qcall *call = (struct fc_qcall *)node;
        struct fc_qvisit *v, *older;
        next = node->next;
        for (v = call->open; v != NULL; v = older) {
            older = v->next;
            if (t->now_us - later(v->offered_us, v->answered_us) > FC_QVISIT_OPEN_US) end_unknown(t, call, v, t->now_us);
        }
        if (call->open == NULL && t->now_us - call->last_us > FC_QCALL_KEPT_US) fc_qcall_free(t, call);
    }
}
