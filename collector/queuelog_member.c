/* Who serves which queue, and who is paused.
 *
 * An agent is a member name. She is paused only when she is in all the queues she is known to serve, and away when she
 * serves none: as long as one queue can ring her she is available. PAUSEALL is told once, by the first line of the lot.
 */
#include "log.h"
#include "queuelog_state.h"

#include <stdlib.h>

static bool is_interface(struct fc_str name) { return name.n > 0 && memchr(name.p, '/', name.n) != NULL; }

struct fc_qagent *fc_qagent_get(struct fc_qtrack *t, struct fc_str name) {
    struct fc_qagent *a = (struct fc_qagent *)fc_qmap_find(&t->agents, name);
    if (a != NULL) return a;
    a = fc_qalloc(sizeof *a);
    a->state = a->login = -1;
    fc_qmap_add(&t->agents, &a->node, name);
    return a;
}

struct fc_qserve *fc_qserve_get(struct fc_qagent *agent, struct fc_str queue) {
    for (uint32_t i = 0; i < agent->n; i++)
        if (fc_str_eq(fc_str(agent->serves[i].queue), queue)) return &agent->serves[i];
    agent->serves = realloc(agent->serves, (agent->n + 1) * sizeof *agent->serves);
    FC_ASSERT(agent->serves != NULL);
    agent->serves[agent->n] = (struct fc_qserve){.queue = fc_qdup(queue), .parted_us = -1};
    return &agent->serves[agent->n++];
}

void fc_qagent_free(struct fc_qtrack *t, struct fc_qagent *agent) {
    for (uint32_t i = 0; i < agent->n; i++) free(agent->serves[i].queue);
    free(agent->serves);
    free(agent->reason);
    fc_qmap_remove(&t->agents, &agent->node);
    free(agent);
}

/* ---- what is told ---------------------------------------------------------------------------------------------- */

static enum fc_agent_state state_of(const struct fc_qagent *agent) {
    uint32_t joined = 0, paused = 0;
    for (uint32_t i = 0; i < agent->n; i++) {
        joined += agent->serves[i].joined;
        paused += agent->serves[i].joined && agent->serves[i].paused;
    }
    if (agent->login == 0 || (joined == 0 && agent->login < 0)) return FC_AGENT_OFFLINE;
    return joined > 0 && paused == joined ? FC_AGENT_PAUSED : FC_AGENT_AVAILABLE;
}

/* Tells the agent's state when it has changed, or when she is paused for another reason now. */
static void tell_state(struct fc_qtrack *t, struct fc_qagent *agent, int64_t ts_us, struct fc_str reason) {
    enum fc_agent_state state = state_of(agent);
    if (state != FC_AGENT_PAUSED || reason.n > FC_TEXT_MAX) reason = (struct fc_str){0};
    if (agent->state == (int64_t)state && fc_str_eq(fc_str(agent->reason), reason)) return;
    char *kept = reason.n == 0 ? NULL : fc_qdup(reason); /* before the free: it may be a view of the old one */
    free(agent->reason);
    agent->reason = kept;
    agent->state = (int64_t)state;
    struct fc_event ev = fc_event_make(FC_AGENT, ts_us);
    FC_EVENT_STR(&ev, agent, agent->node.key);
    FC_EVENT_STR(&ev, name, agent->node.key);
    fc_event_set_agent(&ev, state);
    if (kept != NULL) FC_EVENT_STR(&ev, reason, fc_str(kept));
    t->emit(t->ctx, &ev);
}

static void tell_serve(struct fc_qtrack *t, const struct fc_qagent *agent, const struct fc_qserve *serve, int64_t ts_us) {
    struct fc_event ev = fc_event_make(serve->joined ? FC_JOINED : FC_PARTED, ts_us);
    FC_EVENT_STR(&ev, agent, agent->node.key);
    FC_EVENT_STR(&ev, queue, fc_str(serve->queue));
    if (serve->joined) FC_EVENT_STR(&ev, name, agent->node.key);
    t->emit(t->ctx, &ev);
}

static void part(struct fc_qtrack *t, struct fc_qagent *agent, struct fc_qserve *serve, int64_t ts_us) {
    if (!serve->joined) return;
    serve->joined = serve->paused = serve->added = false;
    serve->parted_us = ts_us;
    tell_serve(t, agent, serve, ts_us);
    tell_state(t, agent, ts_us, fc_str(agent->reason));
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

/* Names are no interfaces in this log: those taken for agents from ADDMEMBER alone are none. */
static void names_are_plain(struct fc_qtrack *t, int64_t ts_us) {
    t->plain_names = true;
    for (struct fc_qnode *node = t->agents.head; node != NULL; node = node->next) {
        struct fc_qagent *agent = (struct fc_qagent *)node;
        if (agent->seen || !is_interface(node->key)) continue;
        for (uint32_t i = 0; i < agent->n; i++) part(t, agent, &agent->serves[i], ts_us);
    }
}

static struct fc_qagent *agent_named(struct fc_qtrack *t, struct fc_str name, int64_t ts_us) {
    if (!t->plain_names && !is_interface(name)) names_are_plain(t, ts_us);
    struct fc_qagent *agent = fc_qagent_get(t, name);
    agent->seen = true;
    return agent;
}

/* The member's name behind what ADDMEMBER or REMOVEMEMBER names; empty when the log cannot tell. */
static struct fc_str linked_name(struct fc_qtrack *t, const struct fc_qline *line) {
    struct fc_str name = fc_qconf_name(t->conf, line->queue, line->agent);
    if (name.n > 0) return name;
    const struct fc_qagent *agent = (const struct fc_qagent *)fc_qmap_find(&t->agents, line->agent);
    if ((agent != NULL && agent->seen) || !is_interface(line->agent) || !t->plain_names) return line->agent;
    t->counts.members_unlinked++;
    return (struct fc_str){0};
}

/* ---- lines ----------------------------------------------------------------------------------------------------- */

static void join(struct fc_qtrack *t, struct fc_qagent *agent, struct fc_qserve *serve, int64_t ts_us) {
    if (serve->joined) return;
    serve->joined = true;
    tell_serve(t, agent, serve, ts_us);
}

void fc_qmember_seen(struct fc_qtrack *t, const struct fc_qline *line, int64_t since_us) {
    if (line->agent.n == 0 || line->queue.n == 0) return;
    struct fc_qagent *agent = agent_named(t, line->agent, line->ts_us);
    struct fc_qserve *serve = fc_qserve_get(agent, line->queue);
    if (serve->joined || serve->parted_us >= since_us) return; /* removed while it rang: she does not come back by that */
    join(t, agent, serve, line->ts_us);
    tell_state(t, agent, line->ts_us, fc_str(agent->reason));
}

void fc_qmember_added(struct fc_qtrack *t, const struct fc_qline *line) {
    struct fc_str name = linked_name(t, line);
    if (name.n == 0 || line->queue.n == 0) return;
    struct fc_qagent *agent = fc_qagent_get(t, name);
    struct fc_qserve *serve = fc_qserve_get(agent, line->queue);
    join(t, agent, serve, line->ts_us);
    serve->added = true;
    serve->paused = line->fields > 0 && fc_str_is(line->field[0], "PAUSED");
    tell_state(t, agent, line->ts_us, fc_str(agent->reason));
}

void fc_qmember_removed(struct fc_qtrack *t, const struct fc_qline *line) {
    struct fc_str name = linked_name(t, line);
    struct fc_qagent *agent = name.n == 0 ? NULL : (struct fc_qagent *)fc_qmap_find(&t->agents, name);
    if (agent != NULL && line->queue.n > 0) part(t, agent, fc_qserve_get(agent, line->queue), line->ts_us);
}

static struct fc_str reason_of(const struct fc_qline *line) { return line->fields > 0 ? line->field[0] : (struct fc_str){0}; }

void fc_qmember_pause(struct fc_qtrack *t, const struct fc_qline *line, bool paused) {
    if (line->agent.n == 0 || line->queue.n == 0) return;
    struct fc_qagent *agent = agent_named(t, line->agent, line->ts_us);
    struct fc_qserve *serve = fc_qserve_get(agent, line->queue);
    join(t, agent, serve, line->ts_us);
    serve->paused = paused;
    tell_state(t, agent, line->ts_us, reason_of(line));
}

void fc_qmember_pause_all(struct fc_qtrack *t, const struct fc_qline *line, bool paused) {
    if (line->agent.n == 0) return;
    struct fc_qagent *agent = agent_named(t, line->agent, line->ts_us);
    for (uint32_t i = 0; i < agent->n; i++) agent->serves[i].paused = agent->serves[i].joined && paused;
    if (agent->n > 0) tell_state(t, agent, line->ts_us, reason_of(line));
}

void fc_qmember_login(struct fc_qtrack *t, const struct fc_qline *line, bool in) {
    if (line->agent.n == 0) return;
    struct fc_qagent *agent = fc_qagent_get(t, line->agent);
    agent->login = in;
    agent->seen = true;
    tell_state(t, agent, line->ts_us, fc_str(agent->reason));
}

void fc_qmember_started(struct fc_qtrack *t, int64_t ts_us) {
    for (struct fc_qnode *node = t->agents.head; node != NULL; node = node->next) {
        struct fc_qagent *agent = (struct fc_qagent *)node;
        for (uint32_t i = 0; i < agent->n; i++) agent->serves[i].paused &= agent->serves[i].added;
        if (agent->n > 0) tell_state(t, agent, ts_us, fc_str(agent->reason));
    }
    for (struct fc_qnode *node = t->conf == NULL ? NULL : t->conf->members.head; node != NULL; node = node->next) {
        const struct fc_qconf_member *m = (const struct fc_qconf_member *)node;
        if (!m->fixed) continue;
        struct fc_qagent *agent = agent_named(t, fc_str(m->name), ts_us);
        join(t, agent, fc_qserve_get(agent, fc_str(m->queue)), ts_us);
        tell_state(t, agent, ts_us, fc_str(agent->reason));
    }
}
