/* Calls and their visits: from QueueCallerJoin to AgentComplete. Why a caller left unanswered is ami_exit.c's. */
#include "ami_state.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- keeping --------------------------------------------------------------------------------------------------- */

/* The part of a Uniqueid that is kept: "/999999" must still fit behind it. */
static struct fc_str clip(struct fc_str uid) {
    return fc_str_n(uid.p, uid.n < FC_ID_MAX - 8 ? uid.n : FC_ID_MAX - 8);
}

struct fc_ami_call *fc_ami_call_find(struct fc_ami_track *t, struct fc_str uid) {
    struct fc_ami_node *node = fc_ami_map_find(&t->calls, clip(uid));
    return node == NULL ? NULL : FC_AMI_OWNER(node, struct fc_ami_call, node);
}

static struct fc_ami_call *call_get(struct fc_ami_track *t, struct fc_str uid) {
    struct fc_ami_call *call = fc_ami_call_find(t, uid);
    if (call == NULL) {
        if (t->calls.n >= FC_AMI_CALLS_MAX || uid.n == 0) {
            FC_AMI_COUNT(t, over_limit);
            return NULL;
        }
        call = fc_ami_alloc(sizeof *call);
        fc_str_copy(call->uid, sizeof call->uid, clip(uid));
        fc_ami_map_add(&t->calls, &call->node, fc_str(call->uid));
    }
    call->heard_us = t->now_us;
    return call;
}

static void open_unlink(struct fc_ami_track *t, struct fc_ami_visit *v) {
    *(v->open_prev != NULL ? &v->open_prev->open_next : &t->open_first) = v->open_next;
    *(v->open_next != NULL ? &v->open_next->open_prev : &t->open_last) = v->open_prev;
    v->open_prev = v->open_next = NULL;
}

static void open_append(struct fc_ami_track *t, struct fc_ami_visit *v) {
    v->open_prev = t->open_last;
    *(t->open_last != NULL ? &t->open_last->open_next : &t->open_first) = v;
    t->open_last = v;
}

static struct fc_ami_visit *visit_create(struct fc_ami_track *t, struct fc_ami_call *call, struct fc_str queue, int64_t offered_us) {
    char id[FC_AMI_NAME_BYTES + 16];
    struct fc_ami_visit *v = fc_ami_alloc(sizeof *v);
    v->call = call;
    v->before = call->last;
    call->last = v;
    call->visits++;
    (void)snprintf(id, sizeof id, call->visits == 1 ? "%s" : "%s/%u", call->uid, call->visits);
    fc_ami_name_set(&v->contact, fc_str(id));
    fc_ami_name_set(&v->queue, queue);
    v->connection = t->connection;
    v->offered_us = v->since_us = offered_us;
    v->hold_s = v->told = -1;
    open_append(t, v);
    FC_AMI_COUNT(t, visits);
    return v;
}

static void visit_over(struct fc_ami_track *t, struct fc_ami_visit *v) {
    open_unlink(t, v);
    v->state = FC_AMI_OVER;
}

void fc_ami_call_free(struct fc_ami_track *t, struct fc_ami_call *call) {
    for (struct fc_ami_visit *v = call->last, *before; v != NULL; v = before) {
        before = v->before;
        if (v->state != FC_AMI_OVER) open_unlink(t, v);
        free(v);
    }
    fc_ami_map_remove(&t->calls, &call->node);
    free(call);
}

/* The call's latest visit to the queue that is in one of the states of `mask`. */
static struct fc_ami_visit *visit_in(struct fc_ami_call *call, struct fc_str queue, unsigned mask) {
    struct fc_ami_visit *v = call == NULL ? NULL : call->last;
    while (v != NULL && ((1u << v->state & mask) == 0 || !fc_str_eq(fc_ami_str(&v->queue), queue))) v = v->before;
    return v;
}

#define IN(state) (1u << FC_AMI_##state)

/* ---- telling --------------------------------------------------------------------------------------------------- */

static struct fc_event visit_event(const struct fc_ami_visit *v, enum fc_kind kind, int64_t ts_us) {
    struct fc_event ev = fc_ami_event(kind, ts_us);
    FC_EVENT_STR(&ev, contact, fc_ami_str(&v->contact));
    if (kind != FC_ENDED && kind != FC_HELD && kind != FC_RESUMED) FC_EVENT_STR(&ev, queue, fc_ami_str(&v->queue));
    return ev;
}

static void tell_answered(struct fc_ami_track *t, struct fc_ami_visit *v) {
    struct fc_event ev = visit_event(v, FC_ANSWERED, v->since_us);
    FC_EVENT_STR(&ev, agent, fc_ami_str(&v->agent));
    fc_ami_out_put(t->out, &ev);
}

static void tell_of_contact(struct fc_ami_track *t, const struct fc_ami_visit *v, enum fc_kind kind) {
    struct fc_event ev = visit_event(v, kind, t->now_us);
    fc_ami_out_put(t->out, &ev);
}

/* The caller's number: its digits, or nothing when there are none ("<unknown>", "anonymous"). */
static struct fc_str digits(struct fc_str number, char *buf, size_t cap) {
    size_t n = 0;
    for (uint32_t i = 0; i < number.n && n < cap; i++) {
        char c = number.p[i];
        if (c >= '0' && c <= '9') buf[n++] = c;
        else if (c != '+' && c != '-' && c != ' ' && c != '(' && c != ')' && c != '.') return (struct fc_str){0};
    }
    return fc_str_n(buf, n);
}

static void tell_offered(struct fc_ami_track *t, const struct fc_ami_visit *v, const struct fc_ami_msg *m) {
    struct fc_ami_name root, lang;
    char number[64];
    struct fc_event ev = visit_event(v, FC_OFFERED, v->offered_us);
    struct fc_str linked = fc_ami_get(m, "Linkedid");
    fc_ami_name_set(&root, linked.n > 0 ? linked : fc_str(v->call->uid));
    FC_EVENT_STR(&ev, root, fc_ami_str(&root));
    FC_EVENT_NUM(&ev, channel, FC_CHANNEL_VOICE);
    struct fc_str customer = digits(fc_ami_get(m, "CallerIDNum"), number, sizeof number);
    if (customer.n > 0) FC_EVENT_STR(&ev, customer, customer);
    fc_ami_name_set(&lang, fc_ami_get(m, "Language"));
    if (lang.n > 0 && lang.n <= 35) FC_EVENT_STR(&ev, lang, fc_ami_str(&lang));
    fc_ami_out_put(t->out, &ev);
}

void fc_ami_visit_tell(struct fc_ami_track *t, struct fc_ami_visit *v) {
    struct fc_ami_name root;
    struct fc_event ev = visit_event(v, FC_OFFERED, v->offered_us);
    fc_ami_name_set(&root, fc_str(v->call->uid));
    FC_EVENT_STR(&ev, root, fc_ami_str(&root));
    FC_EVENT_NUM(&ev, channel, FC_CHANNEL_VOICE);
    fc_ami_out_put(t->out, &ev);
    if (v->state == FC_AMI_TALKING) tell_answered(t, v);
    if (v->held_caller || v->held_agent) tell_of_contact(t, v, FC_HELD);
}

void fc_ami_visit_left(struct fc_ami_track *t, struct fc_ami_visit *v, enum fc_left reason, int64_t ts_us) {
    struct fc_event ev = visit_event(v, FC_LEFT, ts_us);
    fc_event_set_left(&ev, reason);
    fc_ami_out_put(t->out, &ev);
    FC_AMI_COUNT(t, left);
    if (reason == FC_LEFT_UNKNOWN) FC_AMI_COUNT(t, exits_unknown);
    v->given_up = reason == FC_LEFT_UNKNOWN;
    visit_over(t, v);
}

void fc_ami_visit_ended(struct fc_ami_track *t, struct fc_ami_visit *v, enum fc_by by, int64_t ts_us) {
    struct fc_event ev = visit_event(v, FC_ENDED, ts_us);
    FC_EVENT_NUM(&ev, by, (uint8_t)by);
    fc_ami_out_put(t->out, &ev);
    FC_AMI_COUNT(t, ended);
    if (by == FC_BY_LOST) FC_AMI_COUNT(t, ends_unknown);
    visit_over(t, v);
    fc_ami_agent_done(t, v, ts_us, by != FC_BY_LOST);
}

/* ---- waiting --------------------------------------------------------------------------------------------------- */

/* A caller who is in a queue again has left the one before; who still talks there may do so (a transfer back). */
static void leave_others(struct fc_ami_track *t, struct fc_ami_call *call) {
    for (struct fc_ami_visit *v = call->last, *before; v != NULL; v = before) {
        before = v->before;
        if (v->state == FC_AMI_LEAVING || v->state == FC_AMI_LOST) fc_ami_exit_conclude(t, v);
        if (v->state != FC_AMI_WAITING) continue;
        FC_AMI_COUNT(t, orders_odd);
        fc_ami_visit_left(t, v, FC_LEFT_UNKNOWN, t->now_us);
    }
}

void fc_ami_on_join(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    struct fc_str queue = fc_ami_get(m, "Queue");
    struct fc_ami_call *call = call_get(t, fc_ami_get(m, "Uniqueid"));
    if (call == NULL) return;
    struct fc_ami_visit *v = visit_in(call, queue, IN(WAITING));
    if (v != NULL && v->from_list && t->now_us - t->connected_us < FC_AMI_LISTS_US) { /* the list overtook the event */
        FC_AMI_COUNT(t, joins_twice);
        return;
    }
    leave_others(t, call);
    call->gone_us = 0;
    v = visit_create(t, call, queue, t->now_us);
    tell_offered(t, v, m);
}

void fc_ami_on_entry(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    if (t->queues_listed) return; /* a list that somebody else's action brought: nothing new is in it */
    struct fc_str queue = fc_ami_get(m, "Queue");
    struct fc_ami_call *call = call_get(t, fc_ami_get(m, "Uniqueid"));
    if (call == NULL) return;
    struct fc_ami_visit *v = visit_in(call, queue, IN(WAITING));
    if (v == NULL) {
        leave_others(t, call);
        v = visit_create(t, call, queue, t->now_us - fc_ami_int(m, "Wait", 0) * FC_SECOND_US);
        v->from_list = true;
        tell_offered(t, v, m);
    }
    v->listed = true;
    v->connection = t->connection;
}

void fc_ami_on_leave(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    struct fc_str queue = fc_ami_get(m, "Queue");
    struct fc_ami_call *call = fc_ami_call_find(t, fc_ami_get(m, "Uniqueid"));
    struct fc_ami_visit *v = visit_in(call, queue, IN(WAITING));
    if (v != NULL) fc_ami_exit_begin(t, v, FC_AMI_LEAVING);
    else if (visit_in(call, queue, ~0u) == NULL) FC_AMI_COUNT(t, leaves_without_visit);
}

static int64_t distance(int64_t a, int64_t b) { return a > b ? a - b : b - a; }

/* A visit whose begin was missed while the connection was being made: its caller did wait. NULL when it is one that has
 * been given up after a lost connection: that was told already, and a visit counts once. */
static struct fc_ami_visit *visit_late(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    struct fc_str queue = fc_ami_get(m, "Queue");
    struct fc_ami_call *call = call_get(t, fc_ami_get(m, "Uniqueid"));
    if (call == NULL) return NULL;
    int64_t offered_us = t->now_us - fc_ami_int(m, "HoldTime", 0) * FC_SECOND_US;
    struct fc_ami_visit *v = visit_in(call, queue, IN(OVER));
    if (v != NULL && v->given_up && distance(v->offered_us, offered_us) <= 2 * FC_SECOND_US) {
        FC_AMI_COUNT(t, came_back);
        return NULL;
    }
    leave_others(t, call);
    v = visit_create(t, call, queue, offered_us);
    tell_offered(t, v, m);
    FC_AMI_COUNT(t, seen_late);
    return v;
}

void fc_ami_on_abandon(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    struct fc_ami_call *call = fc_ami_call_find(t, fc_ami_get(m, "Uniqueid"));
    struct fc_ami_visit *v = visit_in(call, fc_ami_get(m, "Queue"), IN(WAITING) | IN(LEAVING));
    if (v == NULL) v = visit_late(t, m);
    if (v == NULL) return;
    if (v->unlisted) { /* the list was made before this, and it is this that counts */
        v->unlisted = false;
        v->state = FC_AMI_WAITING;
    }
    fc_ami_exit_begin(t, v, FC_AMI_LOST);
}

/* ---- ringing --------------------------------------------------------------------------------------------------- */

static void tell_of_agent(struct fc_ami_track *t, const struct fc_ami_visit *v, enum fc_kind kind, const struct fc_ami_msg *m) {
    struct fc_ami_name agent;
    fc_ami_name_set(&agent, fc_ami_agent_name(t, m));
    struct fc_event ev = visit_event(v, kind, t->now_us);
    FC_EVENT_STR(&ev, agent, fc_ami_str(&agent));
    fc_ami_out_put(t->out, &ev);
}

void fc_ami_on_called(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    struct fc_ami_visit *v = visit_in(fc_ami_call_find(t, fc_ami_get(m, "Uniqueid")), fc_ami_get(m, "Queue"), IN(WAITING));
    if (v != NULL) tell_of_agent(t, v, FC_ALERTED, m);
}

/* Also after the caller has gone: the ring was missed all the same. */
void fc_ami_on_no_answer(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    struct fc_ami_visit *v = visit_in(fc_ami_call_find(t, fc_ami_get(m, "Uniqueid")), fc_ami_get(m, "Queue"), ~0u);
    FC_AMI_COUNT(t, missed);
    if (v != NULL) {
        tell_of_agent(t, v, FC_MISSED, m);
        return;
    }
    struct fc_ami_visit unseen = {0};
    fc_ami_name_set(&unseen.contact, clip(fc_ami_get(m, "Uniqueid")));
    fc_ami_name_set(&unseen.queue, fc_ami_get(m, "Queue"));
    if (unseen.contact.n > 0 && unseen.queue.n > 0) tell_of_agent(t, &unseen, FC_MISSED, m);
}

/* ---- talking --------------------------------------------------------------------------------------------------- */

static void answer(struct fc_ami_track *t, struct fc_ami_visit *v, const struct fc_ami_msg *m) {
    v->state = FC_AMI_TALKING;
    v->since_us = t->now_us;
    v->connection = t->connection;
    v->hold_s = fc_ami_int(m, "HoldTime", -1);
    fc_ami_name_set(&v->interface, fc_ami_get(m, "Interface"));
    fc_ami_name_set(&v->agent, fc_ami_agent_name(t, m));
    fc_ami_name_set(&v->agent_channel, fc_ami_get(m, "DestUniqueid"));
    fc_ami_agent_talks(t, v);
    tell_answered(t, v);
    FC_AMI_COUNT(t, answered);
}

void fc_ami_on_connect(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    struct fc_str queue = fc_ami_get(m, "Queue");
    struct fc_ami_call *call = fc_ami_call_find(t, fc_ami_get(m, "Uniqueid"));
    struct fc_ami_visit *v = visit_in(call, queue, IN(WAITING) | IN(LEAVING) | IN(LOST));
    if (v == NULL) {
        struct fc_ami_visit *talking = visit_in(call, queue, IN(TALKING));
        if (talking != NULL && fc_str_eq(fc_ami_str(&talking->agent_channel), fc_ami_get(m, "DestUniqueid"))) {
            FC_AMI_COUNT(t, orders_odd);
            return;
        }
        v = visit_late(t, m);
    }
    if (v == NULL) return;
    if (v->state == FC_AMI_LOST) FC_AMI_COUNT(t, orders_odd);
    answer(t, v, m);
}

/* The oldest conversation that the Uniqueid names: at one member if there is one, else in the queue. */
static struct fc_ami_visit *ending_by_uid(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    struct fc_ami_call *call = fc_ami_call_find(t, fc_ami_get(m, "Uniqueid"));
    struct fc_str queue = fc_ami_get(m, "Queue"), interface = fc_ami_get(m, "Interface");
    struct fc_ami_visit *exact = NULL, *other = NULL;
    for (struct fc_ami_visit *v = call == NULL ? NULL : call->last; v != NULL; v = v->before) {
        if (v->state != FC_AMI_TALKING || !fc_str_eq(fc_ami_str(&v->queue), queue)) continue;
        *(fc_str_eq(fc_ami_str(&v->interface), interface) ? &exact : &other) = v;
    }
    return exact != NULL ? exact : other;
}

/* Without a Uniqueid: the member's conversation whose wait and talk are those that are told. Whole seconds of two
 * clocks that are rounded apart, so one second of the wait and two of the talk may differ; what is further off is
 * another conversation, whose own end is to come. */
static struct fc_ami_visit *ending_by_member(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    struct fc_str queue = fc_ami_get(m, "Queue"), interface = fc_ami_get(m, "Interface"), channel = fc_ami_get(m, "DestUniqueid");
    int64_t hold_s = fc_ami_int(m, "HoldTime", -1), talk_s = fc_ami_int(m, "TalkTime", -1), best = INT64_MAX;
    struct fc_ami_visit *found = NULL;
    for (struct fc_ami_visit *v = t->open_first; v != NULL; v = v->open_next) {
        if (v->state != FC_AMI_TALKING || !fc_str_eq(fc_ami_str(&v->queue), queue) || !fc_str_eq(fc_ami_str(&v->interface), interface)) continue;
        if (channel.n > 0 && fc_str_eq(fc_ami_str(&v->agent_channel), channel)) return v;
        int64_t hold_off = hold_s < 0 || v->hold_s < 0 ? 0 : distance(hold_s, v->hold_s);
        int64_t talk_off_us = talk_s < 0 ? 0 : distance(talk_s * FC_SECOND_US, t->now_us - v->since_us);
        int64_t off_us = hold_off * 10 * FC_SECOND_US + talk_off_us;
        if (channel.n > 0 || hold_off > 1 || talk_off_us > 2 * FC_SECOND_US || off_us >= best) continue;
        best = off_us;
        found = v;
    }
    return found;
}

void fc_ami_on_complete(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    bool named = fc_ami_get(m, "Uniqueid").n > 0;
    struct fc_ami_visit *v = named ? ending_by_uid(t, m) : ending_by_member(t, m);
    if (v == NULL) {
        FC_AMI_COUNT(t, ends_without_visit);
        return;
    }
    if (!named) FC_AMI_COUNT(t, ends_matched);
    struct fc_str reason = fc_ami_get(m, "Reason");
    enum fc_by by = fc_str_is(reason, "agent")      ? FC_BY_AGENT
                    : fc_str_is(reason, "caller")   ? FC_BY_CUSTOMER
                    : fc_str_is(reason, "transfer") ? FC_BY_TRANSFER
                                                    : FC_BY_UNKNOWN;
    fc_ami_visit_ended(t, v, by, t->now_us);
}

/* The conversation that a channel, the caller's or the agent's, takes part in. */
static struct fc_ami_visit *talk_of(struct fc_ami_track *t, struct fc_str uid, bool *agent) {
    for (struct fc_ami_visit *v = t->open_last; v != NULL; v = v->open_prev) {
        if (v->state != FC_AMI_TALKING) continue;
        *agent = fc_str_eq(fc_ami_str(&v->agent_channel), uid);
        if (*agent || fc_str_eq(fc_str(v->call->uid), clip(uid))) return v;
    }
    return NULL;
}

static void hold(struct fc_ami_track *t, const struct fc_ami_msg *m, bool on) {
    bool agent;
    struct fc_ami_visit *v = talk_of(t, fc_ami_get(m, "Uniqueid"), &agent);
    if (v == NULL) return;
    bool before = v->held_caller || v->held_agent;
    *(agent ? &v->held_agent : &v->held_caller) = on;
    bool after = v->held_caller || v->held_agent;
    if (before != after) tell_of_contact(t, v, after ? FC_HELD : FC_RESUMED);
}

void fc_ami_on_hold(struct fc_ami_track *t, const struct fc_ami_msg *m) { hold(t, m, true); }
void fc_ami_on_unhold(struct fc_ami_track *t, const struct fc_ami_msg *m) { hold(t, m, false); }
