/* Laws of the simulated floor: what is offered is answered, left or waiting, after every single step; agents and contacts
 * go only through the states the header draws; a seed is a run, byte for byte. FC_SEED=N tries another one. */
#include "floor.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HOUR_US INT64_C(3600000000)
#define CONTACTS_MAX 200000u

/* What a listener can know: one entry a contact by its number, one an agent by its place in the plan. */
enum seen { UNSEEN, WAITS, RINGS, TALKS, HOLDS, ENDED, WRAPPED, GONE };

struct listener {
    const struct fc_plan *plan;
    struct { uint8_t seen, queue; uint16_t agent; int64_t since_us; } contacts[CONTACTS_MAX];
    enum fc_agent_state agents[FC_PLAN_AGENTS_MAX];
    struct fc_floor_count counts[FC_PLAN_QUEUES_MAX];
    unsigned kinds[FC_KIND_COUNT], left[FC_LEFT_COUNT];
    int64_t seq, last_ts;
    bool started, overflow;
};

static uint64_t seed(void) {
    const char *given = getenv("FC_SEED");
    uint64_t value = given != NULL ? strtoull(given, NULL, 10) : 20260301;
    printf("FC_SEED=%" PRIu64 "\n", value);
    return value;
}

static uint32_t number_of(struct fc_str id) {
    uint32_t n = 0, i = id.n;
    while (i > 0 && id.p[i - 1] != '-') i--;
    for (; i < id.n; i++) n = n * 10 + (uint32_t)(id.p[i] - '0');
    assert_true(n > 0 && n < CONTACTS_MAX);
    return n;
}

static uint16_t agent_of(const struct listener *l, struct fc_str id) {
    for (uint16_t a = 0; a < l->plan->agents_n; a++)
        if (fc_str_is(id, l->plan->agents[a].id)) return a;
    fail_msg("unknown agent %.*s", FC_STR_ARG(id));
    return 0;
}

static uint8_t queue_of(const struct listener *l, struct fc_str name) {
    for (uint8_t q = 0; q < l->plan->queues_n; q++)
        if (fc_str_is(name, l->plan->queues[q].name)) return q;
    fail_msg("unknown queue %.*s", FC_STR_ARG(name));
    return 0;
}

/* From which states an event may move a contact, as bits, and where to; the arrows of floor.h. */
static const struct arrow {
    unsigned from;
    enum seen to;
} arrows[FC_KIND_COUNT] = {
    [FC_OFFERED] = {1u << UNSEEN, WAITS},           [FC_ALERTED] = {1u << WAITS, RINGS},
    [FC_MISSED] = {1u << RINGS, WAITS},             [FC_ANSWERED] = {1u << RINGS, TALKS},
    [FC_LEFT] = {1u << WAITS | 1u << RINGS, GONE},  [FC_HELD] = {1u << TALKS, HOLDS},
    [FC_RESUMED] = {1u << HOLDS, TALKS},            [FC_ENDED] = {1u << TALKS, ENDED},
    [FC_WRAPPED] = {1u << ENDED, WRAPPED},
};

static void count(struct listener *l, const struct fc_event *ev, uint8_t q) {
    struct fc_floor_count *c = &l->counts[q];
    if (ev->kind == FC_OFFERED) c->offered++, c->waiting++;
    if (ev->kind == FC_ANSWERED) c->answered++, c->waiting--;
    if (ev->kind == FC_LEFT) c->left[ev->word]++, c->waiting--;
    if (ev->kind == FC_MISSED) c->missed++;
    if (ev->kind == FC_ENDED) c->ended++;
    if (ev->kind == FC_WRAPPED) c->wrapped++;
}

static void hear_contact(struct listener *l, const struct fc_event *ev) {
    uint32_t n = number_of(ev->contact);
    unsigned seen = l->contacts[n].seen;
    if ((arrows[ev->kind].from >> seen & 1) == 0) fail_msg("contact %u: %s in state %u", n, fc_kind_name(ev->kind), seen);
    if (ev->kind == FC_OFFERED) l->contacts[n].queue = queue_of(l, ev->queue);
    uint8_t q = l->contacts[n].queue;
    if ((ev->present & FC_KEY_BIT(queue)) != 0) assert_int_equal(q, queue_of(l, ev->queue));
    if (ev->kind == FC_ALERTED) {
        l->contacts[n].agent = agent_of(l, ev->agent);
        assert_true(l->plan->agents[l->contacts[n].agent].queues >> q & 1);
    } else if ((ev->present & FC_KEY_BIT(agent)) != 0) {
        assert_int_equal(l->contacts[n].agent, agent_of(l, ev->agent));
    }
    assert_true(ev->ts >= l->contacts[n].since_us);
    l->contacts[n].since_us = ev->ts;
    l->contacts[n].seen = (uint8_t)arrows[ev->kind].to;
    count(l, ev, q);
}

/* Bits of the states each agent state may come from. */
static void hear_agent(struct listener *l, const struct fc_event *ev) {
    enum { OFF = 1 << FC_AGENT_OFFLINE, FREE = 1 << FC_AGENT_AVAILABLE, RING = 1 << FC_AGENT_ALERTING, BUSY = 1 << FC_AGENT_BUSY,
           HOLD = 1 << FC_AGENT_HOLD, WRAP = 1 << FC_AGENT_WRAP, PAUSE = 1 << FC_AGENT_PAUSED };
    static const int from[FC_AGENT_STATE_COUNT] = {
        [FC_AGENT_OFFLINE] = FREE | RING | BUSY | WRAP | PAUSE, [FC_AGENT_AVAILABLE] = OFF | RING | BUSY | WRAP | PAUSE,
        [FC_AGENT_ALERTING] = FREE, [FC_AGENT_BUSY] = FREE | RING | HOLD, [FC_AGENT_HOLD] = BUSY, [FC_AGENT_WRAP] = BUSY,
        [FC_AGENT_PAUSED] = FREE | RING | BUSY | WRAP | PAUSE}; /* a pause for another reason */
    uint16_t a = agent_of(l, ev->agent);
    if (l->started && (from[ev->word] >> l->agents[a] & 1) == 0)
        fail_msg("agent %u: %d after %d", a, ev->word, (int)l->agents[a]);
    assert_true((ev->present & FC_KEY_BIT(reason)) != 0 || ev->word != FC_AGENT_PAUSED);
    l->agents[a] = (enum fc_agent_state)ev->word;
}

static void hear(void *ctx, const struct fc_event *ev) {
    struct listener *l = ctx;
    assert_true((ev->present & FC_KEY_BIT(seq)) != 0 && ev->seq == l->seq + 1);
    assert_true(fc_str_is(ev->src, l->plan->src));
    if (l->started) assert_true(ev->ts >= l->last_ts);
    else assert_true(ev->ts <= l->plan->start_us);
    l->seq = ev->seq;
    l->kinds[ev->kind]++;
    if (l->started) l->last_ts = ev->ts;
    if (arrows[ev->kind].from != 0) hear_contact(l, ev);
    if (ev->kind == FC_AGENT) hear_agent(l, ev);
    if (ev->kind == FC_LEFT) l->left[ev->word]++;
    if (ev->kind == FC_SNAPSHOT && ev->word == FC_SNAPSHOT_END) l->started = true;
}

static uint64_t sum_left(const struct fc_floor_count *c) {
    uint64_t sum = 0;
    for (int r = 0; r < FC_LEFT_COUNT; r++) sum += c->left[r];
    return sum;
}

static void check_conservation(const struct fc_floor *floor, const struct listener *l) {
    for (uint32_t q = 0; q < l->plan->queues_n; q++) {
        struct fc_floor_count c = fc_floor_count(floor, (int)q);
        assert_true(c.offered == c.answered + sum_left(&c) + c.waiting);
        assert_memory_equal(&c, &l->counts[q], sizeof c);
    }
    struct fc_floor_agents agents = fc_floor_agents(floor);
    uint32_t all = 0;
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++) all += agents.now[s];
    assert_int_equal(all, l->plan->agents_n);
}

static struct fc_plan *preset(const char *name) {
    struct fc_plan *plan = malloc(sizeof *plan);
    struct fc_error err;
    assert_non_null(plan);
    fc_plan_init(plan);
    if (fc_plan_preset(plan, name, &err) != FC_OK) fail_msg("%s", err.text);
    if (fc_plan_check(plan, &err) != FC_OK) fail_msg("%s: %s", name, err.text);
    plan->seed = seed();
    return plan;
}

static struct listener *run(const struct fc_plan *plan, int64_t for_us) {
    struct listener *l = calloc(1, sizeof *l);
    assert_non_null(l);
    l->plan = plan;
    struct fc_floor *floor = fc_floor_create(plan, hear, l);
    fc_floor_begin(floor);
    assert_true(l->started);
    check_conservation(floor, l);
    while (fc_floor_step(floor, plan->start_us + for_us)) check_conservation(floor, l);
    assert_true(fc_floor_now_us(floor) == plan->start_us + for_us && fc_floor_next_us(floor) > plan->start_us + for_us);
    for (uint32_t a = 0; a < plan->agents_n; a++) assert_true(fc_floor_agents(floor).now[l->agents[a]] > 0);
    struct fc_floor_agents spent = fc_floor_agents(floor);
    int64_t sum = 0;
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++) sum += spent.spent_us[s];
    assert_true(sum == for_us * plan->agents_n);
    fc_floor_destroy(floor);
    return l;
}

static void every_preset_obeys_the_arrows_and_loses_nobody(void **state) {
    (void)state;
    const char *name, *help;
    for (unsigned i = 0; fc_plan_preset_help(i, &name, &help); i++) {
        struct fc_plan *plan = preset(name);
        bool large = plan->queues_n > 10;
        struct listener *l = run(plan, (large ? 2 : 12) * HOUR_US);
        printf("%s: offered %u, answered %u, left %u\n", name, l->kinds[FC_OFFERED], l->kinds[FC_ANSWERED], l->kinds[FC_LEFT]);
        assert_true(l->kinds[FC_ANSWERED] > 0 && l->kinds[FC_MISSED] > 0 && l->kinds[FC_SURVEYED] > 0);
        free(l);
        free(plan);
    }
}

/* Too few agents, short limits, everything switched on: every way out of a queue is taken. */
static void a_hard_day_uses_every_way_out(void **state) {
    (void)state;
    struct fc_plan *plan = preset("demo");
    plan->rate_factor = 1.6;
    plan->miss_share = 0.3;
    for (uint32_t q = 0; q < 3; q++) plan->queues[q].capacity = 6;
    plan->queues[2].timeout_s = plan->queues[0].timeout_s = 25;
    plan->logout.mean_s = plan->login.mean_s;
    struct listener *l = run(plan, 24 * HOUR_US);
    static const enum fc_left ways[] = {FC_LEFT_ABANDONED, FC_LEFT_TIMEOUT, FC_LEFT_KEY, FC_LEFT_EMPTY, FC_LEFT_FULL, FC_LEFT_OVERFLOW, FC_LEFT_CALLBACK};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        printf("%s %u  ", fc_word(FC_VOCAB_LEFT, ways[i]), l->left[ways[i]]);
        assert_true(l->left[ways[i]] > 0);
    }
    printf("\n");
    free(l);
    free(plan);
}

static void the_day_profile_shapes_arrivals(void **state) {
    (void)state;
    struct fc_plan *plan = preset("large");
    plan->start_us -= plan->start_us % (24 * HOUR_US);
    fc_plan_profile_day(plan);
    plan->warm_s = 0;
    struct listener *night = run(plan, 4 * HOUR_US);
    plan->start_us += 9 * HOUR_US;
    struct listener *morning = run(plan, 4 * HOUR_US);
    printf("offered 0-4 h: %u, 9-13 h: %u\n", night->kinds[FC_OFFERED], morning->kinds[FC_OFFERED]);
    assert_true(morning->kinds[FC_OFFERED] > 20 * night->kinds[FC_OFFERED]);
    free(night);
    free(morning);
    free(plan);
}

/* ---- a seed is a run --------------------------------------------------------------------------------------------- */

struct digest {
    uint64_t hash, bytes;
};

static void digest(void *ctx, const struct fc_event *ev) {
    struct digest *d = ctx;
    uint8_t buf[FC_EVENT_BYTES_MAX];
    struct fc_mpw w;
    fc_mpw_init(&w, buf, sizeof buf);
    fc_event_encode(&w, ev);
    assert_false(w.overflow);
    for (size_t i = 0; i < w.len; i++) d->hash = (d->hash ^ buf[i]) * UINT64_C(1099511628211);
    d->bytes += w.len;
}

/* `strides` steps by many small targets instead of one: how it is driven must not show. */
static struct digest digest_of(const struct fc_plan *plan, int64_t stride_us) {
    struct digest d = {.hash = UINT64_C(14695981039346656037)};
    struct fc_floor *floor = fc_floor_create(plan, digest, &d);
    fc_floor_begin(floor);
    for (int64_t at = 0; at < 2 * HOUR_US; at += stride_us)
        while (fc_floor_step(floor, plan->start_us + at + stride_us)) {}
    fc_floor_destroy(floor);
    return d;
}

static void same_seed_same_bytes_another_seed_another_run(void **state) {
    (void)state;
    struct fc_plan *plan = preset("small");
    struct digest first = digest_of(plan, 2 * HOUR_US), again = digest_of(plan, 2 * HOUR_US), ticked = digest_of(plan, 50000);
    assert_true(first.hash == again.hash && first.bytes == again.bytes);
    assert_true(first.hash == ticked.hash && first.bytes == ticked.bytes);
    plan->seed++;
    struct digest other = digest_of(plan, 2 * HOUR_US);
    assert_true(first.hash != other.hash);
    free(plan);
}

/* Arrivals come from their own streams: other agents do not move them. */
static int64_t offers[2][400];
static int offers_n[2];

static void note_offers(void *ctx, const struct fc_event *ev) {
    int which = *(int *)ctx;
    if (ev->kind == FC_OFFERED && offers_n[which] < 400) offers[which][offers_n[which]++] = ev->ts;
}

static void arrivals_do_not_depend_on_agents(void **state) {
    (void)state;
    struct fc_plan *plan = preset("small");
    plan->warm_s = 0;
    plan->repeat_after.law = FC_LAW_NONE;
    for (uint32_t q = 0; q < 3; q++) plan->queues[q].transfer_to = plan->queues[q].overflow_to = FC_PLAN_NOWHERE;
    for (int which = 0; which < 2; which++) {
        struct fc_floor *floor = fc_floor_create(plan, note_offers, &which);
        fc_floor_begin(floor);
        while (offers_n[which] < 400) (void)fc_floor_step(floor, INT64_MAX - 1);
        fc_floor_destroy(floor);
        plan->agents_n = 12;
        plan->pause_every.mean_s = 900;
    }
    assert_memory_equal(offers[0], offers[1], sizeof offers[0]);
    free(plan);
}

/* ---- plans ------------------------------------------------------------------------------------------------------- */

static void bad_plans_are_named(void **state) {
    (void)state;
    struct fc_error err;
    struct fc_plan *plan = preset("small");
    assert_int_equal(fc_plan_preset(plan, "huge", &err), FC_CONFIG);
    assert_string_equal(err.text, "unknown preset \"huge\", expected one of: demo, small, large, zh, demo-zh");
    plan->queues[1].transfer_to = 3;
    assert_int_equal(fc_plan_check(plan, &err), FC_CONFIG);
    assert_string_equal(err.text, "plan: queue 1 \"support\": transfer_to and overflow_to must be queues of the plan");
    plan->queues[1].transfer_to = 0;
    plan->agents[4].queues = 8;
    assert_int_equal(fc_plan_check(plan, &err), FC_CONFIG);
    assert_string_equal(err.text, "plan: agent 4 \"agent-05\": serves a queue the plan does not have");
    plan->agents[4].queues = 1;
    plan->miss_share = 1;
    assert_int_equal(fc_plan_check(plan, &err), FC_CONFIG);
    fc_plan_init(plan);
    assert_int_equal(fc_plan_check(plan, &err), FC_CONFIG);
    assert_string_equal(err.text, "plan: needs a queue");
    free(plan);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_preset_obeys_the_arrows_and_loses_nobody),
        cmocka_unit_test(a_hard_day_uses_every_way_out),
        cmocka_unit_test(the_day_profile_shapes_arrivals),
        cmocka_unit_test(same_seed_same_bytes_another_seed_another_run),
        cmocka_unit_test(arrivals_do_not_depend_on_agents),
        cmocka_unit_test(bad_plans_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
