/* Agents: the line of the idle, pauses and shifts. */
#include "floor_inner.h"

static int64_t draw(struct fc_floor *f, const struct fc_span *span) { return fc_rng_span_us(&f->staff, span); }

static void idle_append(struct fc_floor *f, uint32_t a) {
    struct agent *agent = &f->agents[a];
    agent->next = NOBODY;
    agent->prev = f->idle_tail;
    if (f->idle_tail == NOBODY) f->idle_head = a;
    else f->agents[f->idle_tail].next = a;
    f->idle_tail = a;
}

static void idle_remove(struct fc_floor *f, uint32_t a) {
    struct agent *agent = &f->agents[a];
    if (agent->prev == NOBODY) f->idle_head = agent->next;
    else f->agents[agent->prev].next = agent->next;
    if (agent->next == NOBODY) f->idle_tail = agent->prev;
    else f->agents[agent->next].prev = agent->prev;
}

uint32_t agent_idle_for(struct fc_floor *f, uint32_t queue) {
    for (uint32_t a = f->idle_head; a != NOBODY; a = f->agents[a].next) {
        if ((f->plan.agents[a].queues >> queue & 1) == 0) continue;
        idle_remove(f, a);
        return a;
    }
    return NOBODY;
}

bool agent_staffed(const struct fc_floor *f, uint32_t queue) {
    for (uint32_t a = 0; a < f->plan.agents_n; a++)
        if (f->agents[a].state != FC_AGENT_OFFLINE && (f->plan.agents[a].queues >> queue & 1) != 0) return true;
    return false;
}

void agent_set(struct fc_floor *f, uint32_t a, enum fc_agent_state state) {
    struct agent *agent = &f->agents[a];
    int64_t from = agent->since_us > f->plan.start_us ? agent->since_us : f->plan.start_us;
    if (!f->silent) f->spent_us[agent->state] += f->now_us - from;
    agent->state = state;
    agent->since_us = f->now_us;
    emit_agent(f, a);
}

/* Free, logged in, nothing pending: takes who waits, or joins the line. */
static void serve(struct fc_floor *f, uint32_t a) {
    agent_set(f, a, FC_AGENT_AVAILABLE);
    struct contact *c = contact_next_for(f, f->plan.agents[a].queues);
    if (c != NULL) contact_ring(f, c, a);
    else idle_append(f, a);
}

static void log_out(struct fc_floor *f, uint32_t a) {
    f->agents[a].wants_logout = f->agents[a].wants_pause = false;
    agent_set(f, a, FC_AGENT_OFFLINE);
    floor_set(f, ON_LOGIN, draw(f, &f->plan.logout), a, 0);
}

static void log_in(struct fc_floor *f, uint32_t a) {
    floor_set(f, ON_LOGOUT, draw(f, &f->plan.login), a, 0);
    serve(f, a);
}

void agent_pause(struct fc_floor *f, uint32_t a, const char *reason, int64_t for_us) {
    struct agent *agent = &f->agents[a];
    agent->reason = reason;
    agent_set(f, a, FC_AGENT_PAUSED);
    agent->step = floor_set_step(f, ON_UNPAUSE, for_us, a);
}

static void take_pause(struct fc_floor *f, uint32_t a) {
    const struct fc_plan *plan = &f->plan;
    double all = 0;
    for (uint32_t i = 0; i < plan->pauses_n; i++) all += plan->pauses[i].weight;
    double at = fc_rng_unit(&f->staff) * all;
    uint32_t i = 0;
    while (i + 1 < plan->pauses_n && at > plan->pauses[i].weight) at -= plan->pauses[i++].weight;
    f->agents[a].wants_pause = false;
    agent_pause(f, a, plan->pauses[i].reason, draw(f, &plan->pauses[i].length));
}

void agent_free(struct fc_floor *f, uint32_t a) {
    struct agent *agent = &f->agents[a];
    agent->contact = NOBODY;
    if (agent->wants_logout) log_out(f, a);
    else if (agent->wants_pause) take_pause(f, a);
    else serve(f, a);
}

/* A wish is granted at once to who has no contact, else after it. */
static void wish(struct fc_floor *f, uint32_t a) {
    struct agent *agent = &f->agents[a];
    if (agent->state == FC_AGENT_AVAILABLE) idle_remove(f, a);
    else if (agent->state != FC_AGENT_PAUSED || !agent->wants_logout) return;
    agent_free(f, a);
}

static void pause_due(struct fc_floor *f, uint32_t a) {
    floor_set(f, ON_PAUSE, draw(f, &f->plan.pause_every), a, 0);
    if (f->agents[a].state == FC_AGENT_OFFLINE || f->agents[a].state == FC_AGENT_PAUSED) return;
    f->agents[a].wants_pause = true;
    wish(f, a);
}

void agent_timer(struct fc_floor *f, const struct fc_timer *t) {
    struct agent *agent = &f->agents[t->who];
    switch ((enum timer_what)t->what) {
    case ON_PAUSE: pause_due(f, t->who); break;
    case ON_LOGIN: log_in(f, t->who); break;
    case ON_LOGOUT:
        agent->wants_logout = true;
        wish(f, t->who);
        break;
    default:
        if (agent->state == FC_AGENT_PAUSED && agent->step == t->stamp) agent_free(f, t->who);
    }
}

/* The first stay, absence and pause are cut at a random point, so that the agents' days are not in step. */
static int64_t residual(struct fc_floor *f, const struct fc_span *span) {
    double part = fc_rng_unit(&f->staff);
    return (int64_t)(part * (double)draw(f, span));
}

void agent_start(struct fc_floor *f, uint32_t a) {
    const struct fc_plan *plan = &f->plan;
    bool shifts = plan->login.law != FC_LAW_NONE, out = false;
    if (shifts) out = !chance(&f->staff, plan->login.mean_s / (plan->login.mean_s + plan->logout.mean_s));
    f->agents[a] = (struct agent){.state = out ? FC_AGENT_OFFLINE : FC_AGENT_AVAILABLE, .since_us = f->now_us, .contact = NOBODY};
    if (!out) idle_append(f, a);
    if (shifts) floor_set(f, out ? ON_LOGIN : ON_LOGOUT, residual(f, out ? &plan->logout : &plan->login), a, 0);
    if (plan->pause_every.law != FC_LAW_NONE) floor_set(f, ON_PAUSE, residual(f, &plan->pause_every), a, 0);
}
