/* What is said after a contact: dispositions, surveys, complaints. */
#include "floor_inner.h"

#define AFTER_US (8 * MINUTE) /* of a contact: with the longest delay still within the late window */

static void tell_disposition(struct floor_make *m, struct fc_event ev) {
    FC_EVENT_NUM(&ev, outcome, (uint8_t)floor_between(m, FC_OUTCOME_YES, FC_OUTCOME_NO));
    if (floor_pct(m, 50)) FC_EVENT_NUM(&ev, cause, (uint8_t)floor_between(m, FC_CAUSE_FRONTLINE, FC_CAUSE_SUPPORT));
    floor_tell(m, ev);
}

static void fill_survey(struct floor_make *m, struct fc_event *ev) {
    if (floor_pct(m, 60)) FC_EVENT_NUM(ev, csat, floor_between(m, 1, 5));
    if (floor_pct(m, 50)) FC_EVENT_NUM(ev, nps, floor_between(m, 0, 10));
    if (floor_pct(m, 60)) FC_EVENT_NUM(ev, resolved, floor_pct(m, 60));
    if (floor_pct(m, 30)) {
        for (int i = 0; i < 5; i++) ev->rater[i] = (uint8_t)floor_between(m, 1, 5);
        ev->present |= FC_KEY_BIT(rater);
    }
    if (floor_pct(m, 30)) {
        for (int i = 0; i < 10; i++) ev->assess[i] = (uint8_t)floor_between(m, 0, 3);
        ev->present |= FC_KEY_BIT(assess);
    }
}

static void tell_survey(struct floor_make *m, struct fc_event ev, int queue, int agent) {
    if (queue != NOBODY) FC_EVENT_STR(&ev, queue, fc_str(m->f->queues[queue]));
    if (agent != NOBODY) FC_EVENT_STR(&ev, agent, fc_str(m->f->agents[agent]));
    fill_survey(m, &ev);
    floor_tell(m, ev);
}

void floor_after_contact(struct floor_make *m, struct fc_str contact, struct fc_str customer, int queue, int agent, int64_t over_us) {
    for (int64_t n = floor_between(m, -2, 2); n > 0; n--) {
        struct fc_event ev = fc_event_make(FC_RESOLVED, floor_stamp(m, over_us + floor_between(m, 2000, AFTER_US)));
        FC_EVENT_STR(&ev, contact, contact);
        tell_disposition(m, ev);
    }
    for (int64_t n = floor_between(m, -3, 2); n > 0; n--) {
        struct fc_event ev = fc_event_make(FC_SURVEYED, floor_stamp(m, over_us + floor_between(m, 2000, AFTER_US)));
        FC_EVENT_STR(&ev, contact, contact);
        if (customer.n > 0 && floor_pct(m, 50)) FC_EVENT_STR(&ev, customer, customer);
        tell_survey(m, ev, floor_pct(m, 30) ? queue : NOBODY, floor_pct(m, 30) ? agent : NOBODY);
    }
}

static int64_t any_time(struct floor_make *m) { return floor_stamp(m, m->f->start_us + floor_between(m, MINUTE, m->spec->span_us)); }

/* Of a customer, a queue or an agent, or of a contact that never was; and dispositions of one. */
void floor_loose_surveys(struct floor_make *m) {
    for (int i = m->spec->contacts / 8; i >= 0; i--) {
        struct fc_event ev = fc_event_make(FC_SURVEYED, any_time(m));
        FC_EVENT_STR(&ev, customer, floor_named(m, 'p', (int)floor_between(m, 0, m->customers)));
        int queue = floor_pct(m, 60) ? (int)floor_between(m, 0, m->f->queues_n - 1) : NOBODY;
        tell_survey(m, ev, queue, floor_pct(m, 40) ? (int)floor_between(m, 0, m->f->agents_n - 1) : NOBODY);
    }
    struct fc_event ev = fc_event_make(FC_RESOLVED, any_time(m));
    FC_EVENT_STR(&ev, contact, fc_str("nowhere"));
    if (floor_pct(m, 40)) tell_disposition(m, ev);
}

/* ---- complaints ------------------------------------------------------------------------------------------------- */

static void tell_stage(struct floor_make *m, struct fc_str case_id, int queue, int agent, enum fc_stage stage) {
    struct fc_event ev = fc_event_make(FC_COMPLAINT, any_time(m));
    FC_EVENT_STR(&ev, case_id, case_id);
    FC_EVENT_NUM(&ev, stage, (uint8_t)stage);
    if (queue != NOBODY && floor_pct(m, 50)) FC_EVENT_STR(&ev, queue, fc_str(m->f->queues[queue]));
    if (agent != NOBODY && floor_pct(m, 30)) FC_EVENT_STR(&ev, agent, fc_str(m->f->agents[agent]));
    if (floor_pct(m, 40)) FC_EVENT_NUM(&ev, cause, (uint8_t)floor_between(m, FC_CAUSE_FRONTLINE, FC_CAUSE_SUPPORT));
    floor_tell(m, ev);
}

/* Most open first; the rest is in any order, queue and agent told with any stage, or never. */
void floor_cases(struct floor_make *m) {
    for (int i = m->spec->contacts / 6; i >= 0; i--) {
        struct fc_str case_id = floor_named(m, 'k', i);
        int queue = floor_pct(m, 80) ? (int)floor_between(m, 0, m->f->queues_n - 1) : NOBODY, agent = (int)floor_between(m, -1, m->f->agents_n - 1);
        if (floor_pct(m, 85)) tell_stage(m, case_id, queue, agent, FC_STAGE_OPENED);
        for (int64_t n = floor_between(m, 0, 5); n > 0; n--) tell_stage(m, case_id, queue, agent, (enum fc_stage)floor_between(m, FC_STAGE_OPENED, FC_STAGE_REOPENED));
        for (int64_t n = floor_between(m, -2, 2); n > 0; n--) {
            struct fc_event ev = fc_event_make(FC_RESOLVED, any_time(m));
            FC_EVENT_STR(&ev, case_id, case_id);
            tell_disposition(m, ev);
        }
    }
}
