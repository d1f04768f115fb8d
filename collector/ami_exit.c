/* Why a caller left a queue unanswered.
 *
 * QueueCallerLeave alone: an agent (AgentConnect follows within milliseconds) or a key (nothing follows).
 * QueueCallerAbandon: in this order of trust
 *   1. the channel was asked to hang up while it waited (HangupRequest, class call): the caller gave up;
 *   2. VarSet QUEUESTATUS (class dialplan) right after it names timeout, empty or withdrawn;
 *   3. the class dialplan is sent and no QUEUESTATUS came before the next step, the Hangup, or the time is over: the
 *      caller gave up, or was redirected by somebody, which queue_log calls ABANDON, too;
 *   4. without the class dialplan: the caller's music stopped just before (class call). Asterisk stops it first where the
 *      channel is taken from the queue (gave up, redirected), and last where the queue lets it go on (timeout, empty,
 *      withdrawn: which of them, that class does not tell);
 *   5. no HangupRequest was ever sent on this connection: a Hangup at once is a caller who gave up;
 *   6. nothing told: unknown.
 */
#include "ami_state.h"

#define AT_ONCE_US (FC_SECOND_US / 10)

void fc_ami_exit_begin(struct fc_ami_track *t, struct fc_ami_visit *v, enum fc_ami_visit_state state) {
    if (v->state == FC_AMI_WAITING) v->since_us = t->now_us;
    v->state = state;
    if (state == FC_AMI_LOST && v->hangup_asked) fc_ami_visit_left(t, v, FC_LEFT_ABANDONED, v->since_us);
    else if (state == FC_AMI_LOST && v->told >= 0) fc_ami_visit_left(t, v, (enum fc_left)v->told, v->since_us);
    else fc_ami_due(t, v->since_us + FC_AMI_DECIDE_US);
}

void fc_ami_exit_conclude(struct fc_ami_track *t, struct fc_ami_visit *v) {
    bool taken = t->saw_dialplan || (v->music_off_us > 0 && v->since_us - v->music_off_us <= AT_ONCE_US);
    enum fc_left reason = v->unlisted                  ? FC_LEFT_UNKNOWN
                          : v->told >= 0               ? (enum fc_left)v->told
                          : v->state == FC_AMI_LEAVING ? FC_LEFT_KEY
                          : taken                      ? FC_LEFT_ABANDONED
                                                       : FC_LEFT_UNKNOWN;
    fc_ami_visit_left(t, v, reason, fc_ami_exit_us(v));
}

/* The call's visit that has not been answered and is not over: there is one at most, the latest. */
static struct fc_ami_visit *unanswered(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    struct fc_ami_call *call = fc_ami_call_find(t, fc_ami_get(m, "Uniqueid"));
    struct fc_ami_visit *v = call == NULL ? NULL : call->last;
    return v != NULL && v->state < FC_AMI_TALKING ? v : NULL;
}

/* What QUEUESTATUS says of an exit; -1 nothing (CONTINUE follows a conversation). */
static int told_by(struct fc_str status) {
    static const struct {
        const char *word;
        enum fc_left reason;
    } words[] = {
        {"TIMEOUT", FC_LEFT_TIMEOUT},      {"LEAVEEMPTY", FC_LEFT_EMPTY}, {"JOINEMPTY", FC_LEFT_EMPTY}, {"LEAVEUNAVAIL", FC_LEFT_EMPTY},
        {"JOINUNAVAIL", FC_LEFT_EMPTY}, {"FULL", FC_LEFT_FULL},        {"WITHDRAW", FC_LEFT_WITHDRAWN},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (fc_str_is(status, words[i].word)) return (int)words[i].reason;
    return -1;
}

void fc_ami_on_varset(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    t->saw_dialplan = true;
    if (!fc_str_is(fc_ami_get(m, "Variable"), "QUEUESTATUS")) return;
    struct fc_str status = fc_ami_get(m, "Value");
    int told = told_by(status);
    struct fc_ami_visit *v = unanswered(t, m);
    if (told < 0) return;
    if (v == NULL) {
        if (told == FC_LEFT_FULL || fc_str_starts(status, "JOIN")) FC_AMI_COUNT(t, refused);
        return;
    }
    v->told = told;
    if (v->state != FC_AMI_WAITING) fc_ami_exit_conclude(t, v);
}

void fc_ami_on_dialplan(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    t->saw_dialplan = true;
    if (fc_str_is(fc_ami_get(m, "Application"), "Queue")) return; /* also said anew while the caller is in it */
    struct fc_ami_visit *v = unanswered(t, m);
    if (v != NULL && v->state != FC_AMI_WAITING) fc_ami_exit_conclude(t, v);
}

/* The music's stop counts while the caller waits; a new start takes it back (an announcement was played). */
void fc_ami_on_music(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    struct fc_ami_visit *v = unanswered(t, m);
    if (v == NULL || v->state != FC_AMI_WAITING) return;
    v->music_off_us = fc_str_is(m->fields[0].value, "MusicOnHoldStop") ? t->now_us : 0;
}

void fc_ami_on_hangup_request(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    t->saw_hangup_request = true;
    struct fc_ami_visit *v = unanswered(t, m);
    if (v != NULL && v->state == FC_AMI_WAITING) v->hangup_asked = true;
}

/* A Leave may still be followed by its AgentConnect, and a conversation by its AgentComplete: those get their time. */
void fc_ami_on_hangup(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    struct fc_ami_call *call = fc_ami_call_find(t, fc_ami_get(m, "Uniqueid"));
    if (call == NULL) return;
    call->gone_us = t->now_us;
    fc_ami_due(t, t->now_us + FC_AMI_END_LOST_US);
    struct fc_ami_visit *v = unanswered(t, m);
    if (v == NULL || v->state != FC_AMI_LOST) return;
    bool at_once = t->now_us - v->since_us <= AT_ONCE_US;
    if (!t->saw_dialplan && !t->saw_hangup_request && at_once) fc_ami_visit_left(t, v, FC_LEFT_ABANDONED, v->since_us);
    else fc_ami_exit_conclude(t, v);
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

static void tick_gone(struct fc_ami_track *t, struct fc_ami_visit *v) {
    int64_t gone_us = v->call->gone_us;
    if (t->now_us < gone_us + FC_AMI_END_LOST_US) fc_ami_due(t, gone_us + FC_AMI_END_LOST_US);
    else if (v->state == FC_AMI_TALKING) fc_ami_visit_ended(t, v, FC_BY_LOST, gone_us);
    else fc_ami_visit_left(t, v, FC_LEFT_UNKNOWN, gone_us);
}

void fc_ami_visits_tick(struct fc_ami_track *t) {
    for (struct fc_ami_visit *v = t->open_first, *next; v != NULL; v = next) {
        next = v->open_next;
        if (v->state == FC_AMI_LEAVING || v->state == FC_AMI_LOST) {
            if (t->now_us >= v->since_us + FC_AMI_DECIDE_US) fc_ami_exit_conclude(t, v);
            else fc_ami_due(t, v->since_us + FC_AMI_DECIDE_US);
        } else if (v->call->gone_us > 0) {
            tick_gone(t, v);
        }
    }
}

static void sweep_call(void *ctx, struct fc_ami_node *node) {
    struct fc_ami_track *t = ctx;
    struct fc_ami_call *call = FC_AMI_OWNER(node, struct fc_ami_call, node);
    bool gone = call->gone_us > 0 && t->now_us - call->gone_us > 2 * FC_AMI_END_LOST_US;
    bool silent = t->now_us - call->heard_us > FC_AMI_FORGET_US;
    if (!gone && !silent) return;
    for (struct fc_ami_visit *v = call->last; v != NULL; v = v->before)
        if (v->state != FC_AMI_OVER) return;
    fc_ami_call_free(t, call);
}

void fc_ami_visits_sweep(struct fc_ami_track *t) {
    fc_ami_map_walk(&t->calls, sweep_call, t);
}
