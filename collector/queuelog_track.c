#include "queuelog_state.h"

#include <stdio.h>
#include <stdlib.h>

struct fc_qtrack *fc_qtrack_create(const struct fc_qconf *conf, void (*emit)(void *ctx, struct fc_event *ev), void *ctx) {
    struct fc_qtrack *t = fc_qalloc(sizeof *t);
    t->conf = conf;
    t->emit = emit;
    t->ctx = ctx;
    fc_qmap_init(&t->calls);
    fc_qmap_init(&t->agents);
    return t;
}

void fc_qtrack_destroy(struct fc_qtrack *t) {
    while (t->calls.head != NULL) fc_qcall_free(t, (struct fc_qcall *)t->calls.head);
    while (t->agents.head != NULL) fc_qagent_free(t, (struct fc_qagent *)t->agents.head);
    fc_qmap_fini(&t->calls);
    fc_qmap_fini(&t->agents);
    free(t);
}

void fc_qtrack_forget(struct fc_qtrack *t) { fc_qvisit_forget(t); }
const struct fc_qtrack_counts *fc_qtrack_counts(const struct fc_qtrack *t) { return &t->counts; }
uint32_t fc_qtrack_open(const struct fc_qtrack *t) { return t->open; }

static void tell_hello(struct fc_qtrack *t, int64_t ts_us) {
    char epoch[24];
    t->epoch_s = ts_us / FC_SECOND_US;
    int n = snprintf(epoch, sizeof epoch, "%lld", (long long)t->epoch_s);
    struct fc_event ev = fc_event_make(FC_HELLO, ts_us);
    FC_EVENT_STR(&ev, epoch, fc_str_n(epoch, (size_t)n));
    t->emit(t->ctx, &ev);
    fc_qmember_started(t, ts_us);
}

/* Asterisk is there anew. Whoever was in a queue or in a talk is not any more, and how that ended stands nowhere. */
static void restarted(struct fc_qtrack *t, int64_t ts_us) {
    char reason[FC_TEXT_MAX];
    uint32_t open = t->open;
    fc_qvisit_end_all(t, ts_us);
    int n = snprintf(reason, sizeof reason, "Asterisk started anew: %u open visit%s ended without a line", open, open == 1 ? "" : "s");
    struct fc_event ev = fc_event_make(FC_GAP, ts_us);
    FC_EVENT_STR(&ev, reason, fc_str_n(reason, (size_t)n));
    t->emit(t->ctx, &ev);
    tell_hello(t, ts_us);
}

/* When it began to ring; whole seconds, so the earliest it can have been. */
static int64_t rang_since_us(const struct fc_qline *line, unsigned field, int64_t unit_us) {
    int64_t v = 0;
    if (line->fields <= field || !fc_str_int(line->field[field], &v) || v < 0 || v > INT64_C(86400000)) return line->ts_us;
    return line->ts_us - v * unit_us;
}

static void caller_line(struct fc_qtrack *t, const struct fc_qline *line) {
    switch (line->event) {
    case FC_Q_ENTERQUEUE: fc_qvisit_enter(t, line); break;
    case FC_Q_ABANDON: fc_qvisit_leave(t, line, FC_LEFT_ABANDONED); break;
    case FC_Q_EXITWITHTIMEOUT: fc_qvisit_leave(t, line, FC_LEFT_TIMEOUT); break;
    case FC_Q_EXITEMPTY: fc_qvisit_leave(t, line, FC_LEFT_EMPTY); break;
    case FC_Q_EXITWITHKEY: fc_qvisit_leave(t, line, FC_LEFT_KEY); break;
    case FC_Q_WITHDRAW: fc_qvisit_leave(t, line, FC_LEFT_WITHDRAWN); break;
    case FC_Q_SYSCOMPAT: fc_qvisit_leave(t, line, FC_LEFT_UNKNOWN); break; /* dropped by Asterisk, not by the caller */
    case FC_Q_COMPLETEAGENT: fc_qvisit_end(t, line, FC_BY_AGENT); break;
    case FC_Q_COMPLETECALLER: fc_qvisit_end(t, line, FC_BY_CUSTOMER); break;
    case FC_Q_BLINDTRANSFER:
    case FC_Q_TRANSFER:
    case FC_Q_ATTENDEDTRANSFER: fc_qvisit_end(t, line, FC_BY_TRANSFER); break;
    default: break;
    }
}

static void agent_line(struct fc_qtrack *t, const struct fc_qline *line) {
    switch (line->event) {
    case FC_Q_CONNECT:
        fc_qmember_seen(t, line, rang_since_us(line, 2, FC_SECOND_US));
        fc_qvisit_connect(t, line);
        break;
    case FC_Q_RINGNOANSWER:
        fc_qmember_seen(t, line, rang_since_us(line, 0, 1000) / FC_SECOND_US * FC_SECOND_US);
        fc_qvisit_miss(t, line);
        break;
    case FC_Q_AGENTDUMP: fc_qvisit_miss(t, line); break; /* she hung up on the announcement; the caller waits on */
    case FC_Q_ADDMEMBER: fc_qmember_added(t, line); break;
    case FC_Q_REMOVEMEMBER: fc_qmember_removed(t, line); break;
    case FC_Q_PAUSE: fc_qmember_pause(t, line, true); break;
    case FC_Q_UNPAUSE: fc_qmember_pause(t, line, false); break;
    case FC_Q_PAUSEALL: fc_qmember_pause_all(t, line, true); break;
    case FC_Q_UNPAUSEALL: fc_qmember_pause_all(t, line, false); break;
    case FC_Q_AGENTLOGIN:
    case FC_Q_AGENTCALLBACKLOGIN: fc_qmember_login(t, line, true); break;
    case FC_Q_AGENTLOGOFF:
    case FC_Q_AGENTCALLBACKLOGOFF: fc_qmember_login(t, line, false); break;
    default: break; /* RINGCANCELED: the loser of a ring-all race, or the caller was faster */
    }
}

void fc_qtrack_line(struct fc_qtrack *t, const struct fc_qline *line) {
    bool first = t->epoch_s == 0;
    if (line->ts_us > t->now_us) t->now_us = line->ts_us;
    if (first) {
        t->swept_us = t->now_us;
        tell_hello(t, line->ts_us);
    } else if (line->event == FC_Q_QUEUESTART) {
        restarted(t, line->ts_us);
    }
    t->counts.starts += line->event == FC_Q_QUEUESTART;
    caller_line(t, line);
    agent_line(t, line);
    if (t->now_us - t->swept_us >= FC_QSWEEP_US) {
        t->swept_us = t->now_us;
        fc_qvisit_sweep(t);
    }
}
