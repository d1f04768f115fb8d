/* The tracker as bytes. One msgpack array:
 *   [1, now, swept, epoch, plain names,
 *    [[call id, number, last, moved|nil, [[contact, queue, agent|nil, offered, answered, current], .. oldest first]], ..],
 *    [[name, state, login, reason|nil, seen, [[queue, joined, paused, added, parted], ..]], ..]]
 * in the order of the maps, so that what is loaded goes on exactly as what was saved.
 */
#include "queuelog_state.h"

#include <stdlib.h>

#define SAVE_VERSION 1

/* ---- writing --------------------------------------------------------------------------------------------------- */

static void put_text(struct fc_mpw *w, const char *text) {
    if (text == NULL) fc_mpw_nil(w);
    else fc_mpw_str(w, fc_str(text));
}

static void put_visits(struct fc_mpw *w, const struct fc_qvisit *newest) {
    uint32_t n = 0;
    for (const struct fc_qvisit *v = newest; v != NULL; v = v->next) n++;
    fc_mpw_array(w, n);
    for (; n > 0; n--) { /* oldest first: loading puts each before the others */
        const struct fc_qvisit *v = newest;
        for (uint32_t k = 1; k < n; k++) v = v->next;
        fc_mpw_array(w, 6);
        put_text(w, v->contact);
        put_text(w, v->queue);
        put_text(w, v->agent);
        fc_mpw_int(w, v->offered_us);
        fc_mpw_int(w, v->answered_us);
        fc_mpw_bool(w, v->current);
    }
}

static void put_call(struct fc_mpw *w, const struct fc_qcall *call) {
    fc_mpw_array(w, 5);
    fc_mpw_str(w, call->node.key);
    fc_mpw_int(w, call->number);
    fc_mpw_int(w, call->last_us);
    put_text(w, call->moved);
    put_visits(w, call->open);
}

static void put_agent(struct fc_mpw *w, const struct fc_qagent *agent) {
    fc_mpw_array(w, 6);
    fc_mpw_str(w, agent->node.key);
    fc_mpw_int(w, agent->state);
    fc_mpw_int(w, agent->login);
    put_text(w, agent->reason);
    fc_mpw_bool(w, agent->seen);
    fc_mpw_array(w, agent->n);
    for (uint32_t i = 0; i < agent->n; i++) {
        const struct fc_qserve *serve = &agent->serves[i];
        fc_mpw_array(w, 5);
        put_text(w, serve->queue);
        fc_mpw_bool(w, serve->joined);
        fc_mpw_bool(w, serve->paused);
        fc_mpw_bool(w, serve->added);
        fc_mpw_int(w, serve->parted_us);
    }
}

static void put_all(struct fc_mpw *w, const struct fc_qtrack *t) {
    fc_mpw_array(w, 7);
    fc_mpw_int(w, SAVE_VERSION);
    fc_mpw_int(w, t->now_us);
    fc_mpw_int(w, t->swept_us);
    fc_mpw_int(w, t->epoch_s);
    fc_mpw_bool(w, t->plain_names);
    fc_mpw_array(w, t->calls.n);
    for (const struct fc_qnode *node = t->calls.head; node != NULL; node = node->next) put_call(w, (const struct fc_qcall *)node);
    fc_mpw_array(w, t->agents.n);
    for (const struct fc_qnode *node = t->agents.head; node != NULL; node = node->next) put_agent(w, (const struct fc_qagent *)node);
}

void fc_qtrack_save(const struct fc_qtrack *t, uint8_t **out, size_t *n) {
    for (size_t cap = 64 * 1024;; cap *= 2) {
        struct fc_mpw w;
        uint8_t *buf = fc_qalloc(cap);
        fc_mpw_init(&w, buf, cap);
        put_all(&w, t);
        *out = buf;
        *n = w.len;
        if (!w.overflow) return;
        free(buf);
    }
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

static bool get_text(struct fc_mp *mp, struct fc_str *out) {
    *out = (struct fc_str){0};
    return fc_mp_nil(mp) || fc_mp_str(mp, out);
}

static bool get_array(struct fc_mp *mp, uint32_t want) {
    uint32_t n;
    return fc_mp_array(mp, &n) && n == want;
}

static char *dup_or_null(struct fc_str s) { return s.p == NULL ? NULL : fc_qdup(s); }

static bool get_visit(struct fc_mp *mp, struct fc_qtrack *t, struct fc_qcall *call) {
    struct fc_str contact, queue, agent;
    int64_t offered, answered;
    bool now;
    if (!get_array(mp, 6) || !fc_mp_str(mp, &contact) || !fc_mp_str(mp, &queue) || !get_text(mp, &agent)) return false;
    if (!fc_mp_i64(mp, &offered) || !fc_mp_i64(mp, &answered) || !fc_mp_bool(mp, &now)) return false;
    struct fc_qvisit *v = fc_qvisit_add(t, call, contact, queue);
    v->agent = dup_or_null(agent);
    v->offered_us = offered;
    v->answered_us = answered;
    v->current = now;
    return true;
}

static bool get_call(struct fc_mp *mp, struct fc_qtrack *t) {
    struct fc_str callid, moved;
    uint32_t n;
    if (!get_array(mp, 5) || !fc_mp_str(mp, &callid) || fc_qmap_find(&t->calls, callid) != NULL) return false;
    struct fc_qcall *call = fc_qcall_get(t, callid);
    if (!fc_mp_i64(mp, &call->number) || !fc_mp_i64(mp, &call->last_us) || !get_text(mp, &moved) || !fc_mp_array(mp, &n)) return false;
    call->moved = dup_or_null(moved);
    while (n > 0 && get_visit(mp, t, call)) n--;
    return n == 0;
}

static bool get_serve(struct fc_mp *mp, struct fc_qagent *agent) {
    struct fc_str queue;
    if (!get_array(mp, 5) || !fc_mp_str(mp, &queue)) return false;
    struct fc_qserve *serve = fc_qserve_get(agent, queue);
    return fc_mp_bool(mp, &serve->joined) && fc_mp_bool(mp, &serve->paused) && fc_mp_bool(mp, &serve->added) && fc_mp_i64(mp, &serve->parted_us);
}

static bool get_agent(struct fc_mp *mp, struct fc_qtrack *t) {
    struct fc_str name, reason;
    uint32_t n;
    if (!get_array(mp, 6) || !fc_mp_str(mp, &name) || fc_qmap_find(&t->agents, name) != NULL) return false;
    struct fc_qagent *agent = fc_qagent_get(t, name);
    if (!fc_mp_i64(mp, &agent->state) || !fc_mp_i64(mp, &agent->login) || !get_text(mp, &reason)) return false;
    agent->reason = dup_or_null(reason);
    if (!fc_mp_bool(mp, &agent->seen) || !fc_mp_array(mp, &n)) return false;
    while (n > 0 && get_serve(mp, agent)) n--;
    return n == 0;
}

static bool get_all(struct fc_mp *mp, struct fc_qtrack *t) {
    int64_t version;
    uint32_t n;
    if (!get_array(mp, 7) || !fc_mp_i64(mp, &version) || version != SAVE_VERSION) return false;
    if (!fc_mp_i64(mp, &t->now_us) || !fc_mp_i64(mp, &t->swept_us) || !fc_mp_i64(mp, &t->epoch_s) || !fc_mp_bool(mp, &t->plain_names)) return false;
    if (!fc_mp_array(mp, &n)) return false;
    while (n > 0 && get_call(mp, t)) n--;
    if (n > 0 || !fc_mp_array(mp, &n)) return false;
    while (n > 0 && get_agent(mp, t)) n--;
    return n == 0 && fc_mp_left(mp) == 0;
}

static void clear(struct fc_qtrack *t) {
    while (t->calls.head != NULL) fc_qcall_free(t, (struct fc_qcall *)t->calls.head);
    while (t->agents.head != NULL) fc_qagent_free(t, (struct fc_qagent *)t->agents.head);
    t->now_us = t->swept_us = t->epoch_s = 0;
    t->plain_names = false;
}

enum fc_status fc_qtrack_load(struct fc_qtrack *t, const uint8_t *bytes, size_t n, struct fc_error *err) {
    FC_ASSERT(t->calls.n == 0 && t->agents.n == 0);
    struct fc_mp mp = fc_mp_open(bytes, n);
    if (get_all(&mp, t)) return FC_OK;
    size_t at = fc_mp_offset(&mp);
    clear(t);
    return fc_fail(err, FC_INVALID, "what was remembered of the log is damaged at byte %zu of %zu", at, n);
}
