/* Queue members, and the agents they make up.
 *
 * A member is (queue, interface); an agent is a MemberName, because that is what queue_log calls her. She is paused or
 * offline only when all of her queues say so: a call can still reach her through any other. Whether she talks is never
 * taken from Status or InCall, which come too early, too late or not at all; only AgentConnect and AgentComplete tell.
 */
#include "ami_state.h"

#include <stdlib.h>

enum { DEVICE_INVALID = 4, DEVICE_UNAVAILABLE = 5 };

/* ---- agents ---------------------------------------------------------------------------------------------------- */

static struct fc_ami_agent *agent_find(struct fc_ami_track *t, struct fc_str name) {
    struct fc_ami_node *node = fc_ami_map_find(&t->agents, name);
    return node == NULL ? NULL : FC_AMI_OWNER(node, struct fc_ami_agent, node);
}

static struct fc_ami_agent *agent_get(struct fc_ami_track *t, struct fc_str name) {
    struct fc_ami_agent *a = agent_find(t, name);
    if (a != NULL) return a;
    a = fc_ami_alloc(sizeof *a);
    a->state = -1;
    fc_ami_name_set(&a->name, name);
    fc_ami_map_add(&t->agents, &a->node, fc_ami_str(&a->name));
    return a;
}

static enum fc_agent_state state_now(const struct fc_ami_agent *a, const struct fc_ami_name **reason) {
    bool online = false;
    *reason = NULL;
    for (const struct fc_ami_member *m = a->members; m != NULL; m = m->sibling) {
        bool offline = m->status == DEVICE_INVALID || m->status == DEVICE_UNAVAILABLE;
        online |= !offline;
        if (!offline && !m->paused) return a->wrap_until_us > 0 ? FC_AGENT_WRAP : FC_AGENT_AVAILABLE;
        if (m->paused && m->reason.n > 0 && *reason == NULL) *reason = &m->reason;
    }
    return online ? FC_AGENT_PAUSED : FC_AGENT_OFFLINE;
}

static void tell_state(struct fc_ami_track *t, struct fc_ami_agent *a, int64_t ts_us) {
    struct fc_event ev = fc_ami_event(FC_AGENT, ts_us);
    FC_EVENT_STR(&ev, agent, fc_ami_str(&a->name));
    FC_EVENT_STR(&ev, name, fc_ami_str(&a->name));
    fc_event_set_agent(&ev, (enum fc_agent_state)a->state);
    if (a->state == FC_AGENT_PAUSED && a->reason.n > 0) FC_EVENT_STR(&ev, reason, fc_ami_str(&a->reason));
    fc_ami_out_put(t->out, &ev);
}

static void wrap_unlink(struct fc_ami_track *t, struct fc_ami_agent *a) {
    struct fc_ami_agent **at = &t->wrapping;
    while (*at != a) at = &(*at)->wrap_next;
    *at = a->wrap_next;
    a->wrap_until_us = 0;
}

static void wrap_over(struct fc_ami_track *t, struct fc_ami_agent *a, int64_t ts_us) {
    struct fc_event ev = fc_ami_event(FC_WRAPPED, ts_us);
    FC_EVENT_STR(&ev, contact, fc_ami_str(&a->wrap_contact));
    FC_EVENT_STR(&ev, agent, fc_ami_str(&a->name));
    fc_ami_out_put(t->out, &ev);
    wrap_unlink(t, a);
}

/* Tells the state when it has changed. A pause, or her phone's going offline, also ends the wrap. Until the first lists
 * are whole nothing is told: half a list would show her paused who is paused in one queue only. */
static void agent_update(struct fc_ami_track *t, struct fc_ami_agent *a, int64_t ts_us, bool always) {
    static const struct fc_ami_name none = {.n = 0};
    const struct fc_ami_name *reason;
    if (!t->synced) return;
    enum fc_agent_state state = state_now(a, &reason);
    if (a->wrap_until_us > 0 && state != FC_AGENT_WRAP) wrap_over(t, a, ts_us);
    if (state != FC_AGENT_PAUSED || reason == NULL) reason = &none;
    if (!always && a->state == (int)state && fc_str_eq(fc_ami_str(reason), fc_ami_str(&a->reason))) return;
    a->state = (int)state;
    a->reason = *reason;
    tell_state(t, a, ts_us);
}

void fc_ami_agent_talks(struct fc_ami_track *t, struct fc_ami_visit *v) {
    struct fc_ami_agent *a = agent_get(t, fc_ami_str(&v->agent));
    a->talking++;
    if (a->wrap_until_us == 0) return;
    wrap_over(t, a, t->now_us);
    agent_update(t, a, t->now_us, false);
}

static struct fc_ami_member *member_of(struct fc_ami_track *t, struct fc_str queue, struct fc_str interface);

/* The queue's wrapuptime keeps calls from her for so long: that is her after-contact work, as far as Asterisk knows. */
void fc_ami_agent_done(struct fc_ami_track *t, struct fc_ami_visit *v, int64_t ts_us, bool wrap) {
    struct fc_ami_agent *a = agent_find(t, fc_ami_str(&v->agent));
    const struct fc_ami_member *m = member_of(t, fc_ami_str(&v->queue), fc_ami_str(&v->interface));
    if (a == NULL) return;
    if (a->talking > 0) a->talking--;
    if (!wrap || a->talking > 0 || m == NULL || m->wrapup_s <= 0 || m->agent != a || a->state != FC_AGENT_AVAILABLE) return;
    a->wrap_until_us = ts_us + m->wrapup_s * FC_SECOND_US;
    a->wrap_contact = v->contact;
    a->wrap_next = t->wrapping;
    t->wrapping = a;
    fc_ami_due(t, a->wrap_until_us);
    agent_update(t, a, ts_us, false);
}

void fc_ami_agents_tick(struct fc_ami_track *t) {
    for (struct fc_ami_agent *a = t->wrapping, *next; a != NULL; a = next) {
        next = a->wrap_next;
        int64_t until_us = a->wrap_until_us;
        if (t->now_us < until_us) {
            fc_ami_due(t, until_us);
            continue;
        }
        wrap_over(t, a, until_us);
        agent_update(t, a, until_us, false);
    }
}

/* ---- members --------------------------------------------------------------------------------------------------- */

/* Both parts cut as names are, with a byte between them that neither has. */
static uint32_t member_key(char *key, struct fc_str queue, struct fc_str interface) {
    uint32_t q = queue.n < FC_ID_MAX ? queue.n : FC_ID_MAX, i = interface.n < FC_ID_MAX ? interface.n : FC_ID_MAX;
    if (q > 0) memcpy(key, queue.p, q);
    key[q] = '\n';
    if (i > 0) memcpy(key + q + 1, interface.p, i);
    return q + 1 + i;
}

static struct fc_ami_member *member_of(struct fc_ami_track *t, struct fc_str queue, struct fc_str interface) {
    char key[2 * FC_AMI_NAME_BYTES];
    struct fc_ami_node *node = fc_ami_map_find(&t->members, fc_str_n(key, member_key(key, queue, interface)));
    return node == NULL ? NULL : FC_AMI_OWNER(node, struct fc_ami_member, node);
}

/* Events say Interface and MemberName, list items Location and Name. */
static struct fc_str interface_of(const struct fc_ami_msg *m) {
    struct fc_str s = fc_ami_get(m, "Interface");
    return s.n > 0 ? s : fc_ami_get(m, "Location");
}

static struct fc_str name_of(const struct fc_ami_msg *m) {
    struct fc_str s = fc_ami_get(m, "MemberName");
    if (s.n == 0) s = fc_ami_get(m, "Name");
    return s.n > 0 ? s : interface_of(m);
}

struct fc_str fc_ami_agent_name(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    if (fc_ami_get(m, "MemberName").n > 0) return fc_ami_get(m, "MemberName");
    struct fc_ami_member *member = member_of(t, fc_ami_get(m, "Queue"), interface_of(m));
    return member != NULL ? fc_ami_str(&member->agent->name) : interface_of(m);
}

static void tell_membership(struct fc_ami_track *t, const struct fc_ami_member *m, enum fc_kind kind) {
    struct fc_event ev = fc_ami_event(kind, t->now_us);
    FC_EVENT_STR(&ev, agent, fc_ami_str(&m->agent->name));
    FC_EVENT_STR(&ev, queue, fc_ami_str(&m->queue));
    if (kind == FC_JOINED) FC_EVENT_STR(&ev, name, fc_ami_str(&m->agent->name));
    fc_ami_out_put(t->out, &ev);
}

/* An agent may stand in one queue with two interfaces: she parts from it with the last. */
static bool alone_in_queue(const struct fc_ami_member *m) {
    for (const struct fc_ami_member *s = m->agent->members; s != NULL; s = s->sibling)
        if (s != m && fc_str_eq(fc_ami_str(&s->queue), fc_ami_str(&m->queue))) return false;
    return true;
}

static void member_enlist(struct fc_ami_track *t, struct fc_ami_member *m, struct fc_str name) {
    m->agent = agent_get(t, name);
    m->sibling = m->agent->members;
    m->agent->members = m;
    if (t->synced && alone_in_queue(m)) tell_membership(t, m, FC_JOINED);
}

static void member_withdraw(struct fc_ami_track *t, struct fc_ami_member *m) {
    struct fc_ami_agent *a = m->agent;
    struct fc_ami_member **at = &a->members;
    if (alone_in_queue(m)) tell_membership(t, m, FC_PARTED);
    while (*at != m) at = &(*at)->sibling;
    *at = m->sibling;
    m->agent = NULL;
    agent_update(t, a, t->now_us, false);
}

static struct fc_ami_member *member_create(struct fc_ami_track *t, struct fc_str queue, struct fc_str interface) {
    if (t->members.n >= FC_AMI_MEMBERS_MAX || t->agents.n >= FC_AMI_MEMBERS_MAX || queue.n == 0 || interface.n == 0) {
        FC_AMI_COUNT(t, over_limit);
        return NULL;
    }
    struct fc_ami_member *m = fc_ami_alloc(sizeof *m);
    fc_ami_name_set(&m->queue, queue);
    fc_ami_name_set(&m->interface, interface);
    m->key_n = member_key(m->key, queue, interface);
    fc_ami_map_add(&t->members, &m->node, fc_str_n(m->key, m->key_n));
    return m;
}

static void member_free(struct fc_ami_track *t, struct fc_ami_member *m) {
    fc_ami_map_remove(&t->members, &m->node);
    free(m);
}

void fc_ami_on_member(struct fc_ami_track *t, const struct fc_ami_msg *msg) {
    struct fc_str queue = fc_ami_get(msg, "Queue"), interface = interface_of(msg);
    struct fc_ami_member *m = member_of(t, queue, interface);
    if (m == NULL) m = member_create(t, queue, interface);
    if (m == NULL) return;
    m->listed = true;
    m->status = fc_ami_int(msg, "Status", m->status);
    m->wrapup_s = fc_ami_int(msg, "Wrapuptime", m->wrapup_s);
    m->paused = fc_ami_int(msg, "Paused", m->paused) != 0;
    if (fc_ami_has(msg, "PausedReason")) fc_ami_name_set(&m->reason, fc_ami_get(msg, "PausedReason"));
    if (!m->paused) m->reason.n = 0; /* an unpause carries a reason, too ("meeting over") */
    struct fc_ami_name name;
    fc_ami_name_set(&name, name_of(msg));
    if (m->agent != NULL && !fc_str_eq(fc_ami_str(&m->agent->name), fc_ami_str(&name))) member_withdraw(t, m);
    if (m->agent == NULL) member_enlist(t, m, fc_ami_str(&name));
    agent_update(t, m->agent, t->now_us, false);
}

void fc_ami_on_member_removed(struct fc_ami_track *t, const struct fc_ami_msg *msg) {
    struct fc_ami_member *m = member_of(t, fc_ami_get(msg, "Queue"), interface_of(msg));
    if (m == NULL) return;
    member_withdraw(t, m);
    member_free(t, m);
}

/* ---- snapshots ------------------------------------------------------------------------------------------------- */

static void unlist(void *ctx, struct fc_ami_node *node) {
    (void)ctx;
    FC_AMI_OWNER(node, struct fc_ami_member, node)->listed = false;
}

void fc_ami_members_unlist(struct fc_ami_track *t) {
    fc_ami_map_walk(&t->members, unlist, NULL);
}

static void drop_unlisted(void *ctx, struct fc_ami_node *node) {
    struct fc_ami_track *t = ctx;
    struct fc_ami_member *m = FC_AMI_OWNER(node, struct fc_ami_member, node);
    if (m->listed) return;
    member_withdraw(t, m);
    member_free(t, m);
}

static void tell_agent(void *ctx, struct fc_ami_node *node) {
    struct fc_ami_track *t = ctx;
    struct fc_ami_agent *a = FC_AMI_OWNER(node, struct fc_ami_agent, node);
    for (const struct fc_ami_member *m = a->members; m != NULL; m = m->sibling) tell_membership(t, m, FC_JOINED);
    agent_update(t, a, t->now_us, a->members != NULL);
}

void fc_ami_members_tell(struct fc_ami_track *t) {
    fc_ami_map_walk(&t->members, drop_unlisted, t);
    fc_ami_map_walk(&t->agents, tell_agent, t);
}

static void free_member(void *ctx, struct fc_ami_node *node) {
    member_free(ctx, FC_AMI_OWNER(node, struct fc_ami_member, node));
}

static void free_agent(void *ctx, struct fc_ami_node *node) {
    (void)ctx;
    free(FC_AMI_OWNER(node, struct fc_ami_agent, node));
}

void fc_ami_agents_free(struct fc_ami_track *t) {
    fc_ami_map_walk(&t->members, free_member, t);
    fc_ami_map_walk(&t->agents, free_agent, NULL);
}
