#include "plan.h"

#include <stdio.h>

void fc_plan_init(struct fc_plan *plan) {
    memset(plan, 0, sizeof *plan);
    plan->seed = 1;
    plan->start_us = INT64_C(1767600000000000);
    plan->seq_first = 1;
    plan->rate_factor = 1;
    (void)fc_str_copy(plan->src, sizeof plan->src, FC_STR_LIT("sim"));
    (void)fc_str_copy(plan->epoch, sizeof plan->epoch, FC_STR_LIT("1"));
}

struct fc_plan_queue *fc_plan_add_queue(struct fc_plan *plan, const char *name) {
    FC_ASSERT(plan->queues_n < FC_PLAN_QUEUES_MAX && strlen(name) < FC_PLAN_NAME_MAX);
    struct fc_plan_queue *q = &plan->queues[plan->queues_n++];
    *q = (struct fc_plan_queue){.transfer_to = FC_PLAN_NOWHERE, .overflow_to = FC_PLAN_NOWHERE};
    (void)fc_str_copy(q->name, sizeof q->name, fc_str(name));
    return q;
}

struct fc_plan_agent *fc_plan_add_agent(struct fc_plan *plan, const char *id, const char *name, uint64_t queues) {
    FC_ASSERT(plan->agents_n < FC_PLAN_AGENTS_MAX && strlen(id) < FC_PLAN_NAME_MAX && strlen(name) < FC_PLAN_NAME_MAX);
    struct fc_plan_agent *a = &plan->agents[plan->agents_n++];
    *a = (struct fc_plan_agent){.queues = queues};
    (void)fc_str_copy(a->id, sizeof a->id, fc_str(id));
    (void)fc_str_copy(a->name, sizeof a->name, fc_str(name));
    return a;
}

void fc_plan_profile_day(struct fc_plan *plan) {
    static const double hours[24] = {0.05, 0.03, 0.02, 0.02, 0.03, 0.08, 0.25, 0.6,  1.0,  1.25, 1.35, 1.2,
                                     0.85, 0.95, 1.15, 1.1,  1.0,  0.8,  0.5,  0.35, 0.25, 0.18, 0.12, 0.08};
    memcpy(plan->profile, hours, sizeof hours);
}

static void quicken(struct fc_span *span, double factor) { span->mean_s /= factor; }

static void quicken_queue(struct fc_plan_queue *q, double factor) {
    q->rate_per_hour *= factor;
    q->timeout_s /= factor;
    quicken(&q->patience, factor);
    quicken(&q->talk, factor);
    quicken(&q->hold, factor);
    quicken(&q->wrap, factor);
}

void fc_plan_pace(struct fc_plan *plan, double factor) {
    FC_ASSERT(factor > 0);
    struct fc_span *const spans[] = {&plan->ring,   &plan->miss_pause,   &plan->pause_every,  &plan->login,
                                     &plan->logout, &plan->repeat_after, &plan->survey_after, &plan->acknowledge_after,
                                     &plan->resolve_after};
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) quicken(spans[i], factor);
    for (uint32_t i = 0; i < plan->queues_n; i++) quicken_queue(&plan->queues[i], factor);
    for (uint32_t i = 0; i < plan->pauses_n; i++) quicken(&plan->pauses[i].length, factor);
    plan->warm_s /= factor;
    plan->miss_after_s /= factor;
}

/* ---- checking -------------------------------------------------------------------------------------------------- */

static bool span_ok(struct fc_span s) {
    return s.law == FC_LAW_NONE || (s.mean_s > 0 && s.mean_s < 1e9 && (s.law != FC_LAW_LOGNORMAL || s.cv > 0));
}

static bool share_ok(double share) { return share >= 0 && share <= 1; }

static bool place_ok(const struct fc_plan *plan, int to) { return to == FC_PLAN_NOWHERE || (to >= 0 && to < (int)plan->queues_n); }

static const char *queue_fault(const struct fc_plan *plan, const struct fc_plan_queue *q) {
    if (q->name[0] == '\0') return "needs a name";
    if (q->talk.law == FC_LAW_NONE) return "talk must be set";
    if (!span_ok(q->talk) || !span_ok(q->patience) || !span_ok(q->hold) || !span_ok(q->wrap))
        return "every span needs a mean above 0 s (and a cv where it is log-normal)";
    if (!(q->rate_per_hour >= 0 && q->rate_per_hour < 1e9)) return "rate_per_hour must be 0 or more";
    if (!share_ok(q->hold_share) || !share_ok(q->transfer_share) || !share_ok(q->key_share + q->callback_share))
        return "shares must lie in 0..1";
    if (!place_ok(plan, q->transfer_to) || !place_ok(plan, q->overflow_to)) return "transfer_to and overflow_to must be queues of the plan";
    return q->priority < 0 ? "priority must be 0 or more" : NULL;
}

static const char *callers_fault(const struct fc_plan *p) {
    if (!share_ok(p->anonymous_share) || !share_ok(p->repeat_share) || !share_ok(p->repeat_unresolved_share) ||
        !share_ok(p->disposition_share) || !share_ok(p->resolved_share) || !share_ok(p->survey_share) ||
        !share_ok(p->complaint_share) || !share_ok(p->reopen_share) || !share_ok(p->miss_share))
        return "shares must lie in 0..1";
    return p->miss_share == 1 ? "miss_share 1 means that nobody ever answers" : NULL;
}

static const char *floor_fault(const struct fc_plan *p) {
    const struct fc_span spans[] = {p->ring,   p->miss_pause,   p->pause_every,  p->login,
                                    p->logout, p->repeat_after, p->survey_after, p->acknowledge_after,
                                    p->resolve_after};
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
        if (!span_ok(spans[i])) return "every span needs a mean above 0 s (and a cv where it is log-normal)";
    if (p->queues_n == 0) return "needs a queue";
    if (!(p->rate_factor > 0 && p->rate_factor < 1e6)) return "rate_factor must be above 0";
    if (p->start_us <= (int64_t)(p->warm_s * 1e6)) return "start must be after 1970";
    if ((p->login.law == FC_LAW_NONE) != (p->logout.law == FC_LAW_NONE)) return "login and logout go together";
    if (p->pause_every.law != FC_LAW_NONE && p->pauses_n == 0) return "pause_every needs a pause";
    for (uint32_t i = 0; i < p->pauses_n; i++)
        if (!span_ok(p->pauses[i].length) || !(p->pauses[i].weight > 0)) return "a pause needs a length and a weight above 0";
    return callers_fault(p);
}

enum fc_status fc_plan_check(const struct fc_plan *plan, struct fc_error *err) {
    const char *fault = floor_fault(plan);
    if (fault != NULL) return fc_fail(err, FC_CONFIG, "plan: %s", fault);
    for (uint32_t i = 0; i < plan->queues_n; i++) {
        fault = queue_fault(plan, &plan->queues[i]);
        if (fault != NULL) return fc_fail(err, FC_CONFIG, "plan: queue %u \"%s\": %s", i, plan->queues[i].name, fault);
    }
    uint64_t all = plan->queues_n == 64 ? UINT64_MAX : (UINT64_C(1) << plan->queues_n) - 1;
    for (uint32_t i = 0; i < plan->agents_n; i++)
        if ((plan->agents[i].queues & ~all) != 0)
            return fc_fail(err, FC_CONFIG, "plan: agent %u \"%s\": serves a queue the plan does not have", i, plan->agents[i].id);
    return FC_OK;
}
