#include "survey.h"

/* One survey on its way to the sink. */
struct telling {
    const struct fc_place *place;
    const struct fc_fact_sink *sink;
    int64_t ts_us;
};

static void tell(const struct telling *t, enum fc_tally_count count, enum fc_tally_count sum, int64_t points) {
    struct fc_fact f = {.ts_us = t->ts_us, .value = points, .sign = 1, .count = (uint8_t)count, .sum = (uint8_t)sum};
    t->sink->fact(t->sink->ctx, t->place, &f);
}

static void tell_csat(const struct telling *t, int64_t points) {
    tell(t, FC_TALLY_csat_n, FC_TALLY_csat_sum, points);
    if (points >= 4) tell(t, FC_TALLY_csat_top, FC_TALLY_NONE, 0);
}

static void tell_nps(const struct telling *t, int64_t points) {
    tell(t, FC_TALLY_nps_n, FC_TALLY_NONE, 0);
    if (points >= 9) tell(t, FC_TALLY_nps_promoters, FC_TALLY_NONE, 0);
    if (points <= 6) tell(t, FC_TALLY_nps_detractors, FC_TALLY_NONE, 0);
}

static void tell_rater(const struct telling *t, const uint8_t points[5]) {
    static const enum fc_tally_count dimension[5] = {FC_TALLY_rater_reliability, FC_TALLY_rater_assurance,
                                                     FC_TALLY_rater_tangibles, FC_TALLY_rater_empathy,
                                                     FC_TALLY_rater_responsiveness};
    for (int i = 0; i < 5; i++) tell(t, i == 0 ? FC_TALLY_rater_n : FC_TALLY_NONE, dimension[i], points[i]);
}

static void tell_assess(const struct telling *t, const uint8_t answers[10]) {
    int64_t points = 0;
    for (int i = 0; i < 10; i++) points += answers[i];
    tell(t, FC_TALLY_assess_n, FC_TALLY_assess_sum, points);
}

void fc_survey_facts(const struct fc_event *ev, const struct fc_place *place, const struct fc_fact_sink *sink) {
    FC_ASSERT(ev->kind == FC_SURVEYED);
    const struct telling t = {place, sink, ev->ts};
    if ((ev->present & FC_KEY_BIT(csat)) != 0) tell_csat(&t, ev->csat);
    if ((ev->present & FC_KEY_BIT(nps)) != 0) tell_nps(&t, ev->nps);
    if ((ev->present & FC_KEY_BIT(rater)) != 0) tell_rater(&t, ev->rater);
    if ((ev->present & FC_KEY_BIT(assess)) != 0) tell_assess(&t, ev->assess);
}

/* ---- fingerprint ------------------------------------------------------------------------------------------------ */

static uint64_t mix(uint64_t h, uint64_t v) {
    h = (h ^ v) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

/* The length goes in as well: "ab" "c" is not "a" "bc". */
static uint64_t mix_str(uint64_t h, struct fc_str s) {
    h = mix(h, s.n);
    for (uint32_t i = 0; i < s.n; i++) h = mix(h, (uint8_t)s.p[i]);
    return h;
}

static struct fc_str told(const struct fc_event *ev, uint64_t bit, struct fc_str value) {
    return (ev->present & bit) != 0 ? value : (struct fc_str){0};
}

uint64_t fc_survey_fingerprint(const struct fc_event *ev) {
    struct fc_str contact = told(ev, FC_KEY_BIT(contact), ev->contact);
    uint64_t h = mix(contact.n > 0 ? 1 : 2, (uint64_t)ev->ts);
    h = mix_str(h, contact.n > 0 ? contact : told(ev, FC_KEY_BIT(customer), ev->customer));
    h = mix_str(h, told(ev, FC_KEY_BIT(queue), ev->queue));
    h = mix_str(h, told(ev, FC_KEY_BIT(agent), ev->agent));
    return mix(h, 0);
}
