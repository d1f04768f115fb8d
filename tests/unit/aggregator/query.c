/* Range questions against a real store: whatever is asked, the answer is what a plain sum over the facts gives. */
#include "query.h"
#include "intervals.h"

#define DAY_US (1440 * FC_MINUTE_US)
#define T0 (20454 * DAY_US) /* a midnight of UTC */
#define DAYS 5
#define FACTS 4000

static struct fc_rules *rules;
static uint64_t seed;

/* ---- the floor: facts, and what a plain sum makes of them -------------------------------------------------------- */

static const char *const queues[] = {"sales", "sales-2", "billing", "s", "sales\x01odd"};
static const char *const agents[] = {"ann", "bo"};
#define QUEUES 5

struct plain {
    int64_t ts_us, wait_us;
    int queue, agent;
    uint8_t channel;
};
static struct plain facts[FACTS];

struct sum {
    int64_t offered, wait_us, wait_us_max;
    unsigned channels;
};

static bool concerns(const struct plain *f, const char *scope, const char *name, int channel) {
    if (channel >= 0 && f->channel != channel) return false;
    if (strcmp(scope, "all") == 0) return true;
    if (strcmp(scope, "agent") == 0) return strcmp(name, agents[f->agent]) == 0;
    if (strcmp(scope, "queue") == 0) return strcmp(name, queues[f->queue]) == 0;
    for (uint32_t i = 0; i < rules->groups_n; i++)
        for (uint32_t k = 0; strcmp(rules->groups[i].name, name) == 0 && k < rules->groups[i].queues_n; k++)
            if (strcmp(rules->groups[i].queues[k], queues[f->queue]) == 0) return true;
    return false;
}

static struct sum sum_of(const char *scope, const char *name, int channel, int64_t from_us, int64_t to_us) {
    struct sum s = {0};
    for (int i = 0; i < FACTS; i++) {
        const struct plain *f = &facts[i];
        if (f->ts_us < from_us || f->ts_us >= to_us || !concerns(f, scope, name, channel)) continue;
        s.offered++;
        s.wait_us += f->wait_us;
        if (f->wait_us > s.wait_us_max) s.wait_us_max = f->wait_us;
        if (f->channel != FC_INTERVAL_PLAIN && strcmp(scope, "agent") != 0) s.channels |= 1u << f->channel;
    }
    return s;
}

static void store_fact(const struct plain *f) {
    struct fc_tally t = {0};
    struct fc_fact offered = {.ts_us = f->ts_us, .sign = 1, .count = FC_TALLY_offered, .sum = FC_TALLY_NONE};
    struct fc_fact answered = {
        .ts_us = f->ts_us, .sign = 1, .count = FC_TALLY_answered, .sum = FC_TALLY_wait_us, .value = f->wait_us};
    fc_tally_apply(&t, &offered, 1);
    fc_tally_apply(&t, &answered, 1);
    put_all(FC_SCOPE_QUEUE, f->channel, fc_str(queues[f->queue]), f->ts_us, &t);
    put_all(FC_SCOPE_GROUP, f->channel, FC_STR_LIT("all"), f->ts_us, &t);
    put_all(FC_SCOPE_AGENT, FC_INTERVAL_PLAIN, fc_str(agents[f->agent]), f->ts_us, &t);
    fc_tally_fini(&t);
}

static struct fc_rules *read_rules(const char *yaml) {
    char path[200];
    struct fc_rules *r = NULL;
    struct fc_error err = {""};
    (void)snprintf(path, sizeof path, "%s.yaml", dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(yaml, f) >= 0);
    assert_int_equal(fclose(f), 0);
    if (fc_rules_read(path, &r, &err) != FC_OK) fail_msg("%s", err.text);
    assert_int_equal(unlink(path), 0);
    return r;
}

static int fill(void **state) {
    uint64_t rng = seed;
    static const uint8_t channels[] = {FC_CHANNEL_VOICE, FC_CHANNEL_VOICE, FC_CHANNEL_CHAT, FC_INTERVAL_PLAIN};
    (void)open_intervals(state);
    rules = read_rules(
        "queues:\n  - name: sales\n    threshold_s: 7\n    goal: 0.9\n    service_level: answered\n  - name: quiet\n"
        "groups:\n  - name: front\n    queues: [sales, sales-2, ghost]\n    goal: 0.7\n  - name: back\n    queues: "
        "[billing]\n");
    for (int i = 0; i < FACTS; i++) {
        facts[i] = (struct plain){.ts_us = T0 + (int64_t)(scratch_rng(&rng) % (uint64_t)(DAYS * DAY_US)),
                                  .wait_us = (int64_t)(scratch_rng(&rng) % 300) * 1000000,
                                  .queue = (int)(scratch_rng(&rng) % QUEUES),
                                  .agent = (int)(scratch_rng(&rng) % 2),
                                  .channel = channels[scratch_rng(&rng) % 4]};
        if (facts[i].queue == 2 && facts[i].channel == FC_CHANNEL_CHAT)
            facts[i].channel = FC_CHANNEL_VOICE; /* billing has none */
        store_fact(&facts[i]);
    }
    commit_block();
    return 0;
}

static int empty(void **state) {
    fc_rules_free(rules);
    return close_intervals(state);
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

struct ask {
    const char *scope, *name, *channel;
    int64_t from_us, to_us, step_us, now_us;
};

static uint8_t *answer;
static size_t answer_n;

static void str_pair(struct fc_mpw *w, const char *key, const char *value) {
    fc_mpw_key(w, key);
    fc_mpw_key(w, value);
}

static void int_pair(struct fc_mpw *w, const char *key, int64_t value) {
    fc_mpw_key(w, key);
    fc_mpw_int(w, value);
}

static size_t write_question(const struct ask *a, uint8_t *to, size_t cap) {
    struct fc_mpw w;
    fc_mpw_init(&w, to, cap);
    fc_mpw_map(&w, 5u + (a->name != NULL) + (a->channel != NULL) + (a->step_us != 0));
    int_pair(&w, "id", 7);
    str_pair(&w, "op", "range");
    str_pair(&w, "scope", a->scope);
    int_pair(&w, "from_us", a->from_us);
    int_pair(&w, "to_us", a->to_us);
    if (a->name != NULL) str_pair(&w, "name", a->name);
    if (a->channel != NULL) str_pair(&w, "channel", a->channel);
    if (a->step_us != 0) int_pair(&w, "step_us", a->step_us);
    assert_false(w.overflow);
    return w.len;
}

static void put_question(const struct ask *a) {
    uint8_t bytes[1000];
    size_t n = write_question(a, bytes, sizeof bytes);
    free(answer);
    fc_query_answer(&(struct fc_query_base){.store = store, .rules = rules, .now_us = a->now_us}, bytes, n, &answer, &answer_n);
}

static bool find(struct fc_mp map, const char *key, struct fc_mp *value) {
    uint32_t pairs;
    struct fc_str k;
    assert_true(fc_mp_map(&map, &pairs));
    for (uint32_t i = 0; i < pairs; i++) {
        assert_true(fc_mp_str(&map, &k));
        *value = map;
        if (fc_str_is(k, key)) return true;
        assert_true(fc_mp_skip(&map));
    }
    return false;
}

static int64_t number(struct fc_mp item, const char *key) {
    struct fc_mp at;
    int64_t v;
    if (!find(item, key, &at)) fail_msg("no %s", key);
    if (fc_mp_nil(&at)) return -1;
    assert_true(fc_mp_i64(&at, &v));
    return v;
}

static struct fc_str text(struct fc_mp item, const char *key) {
    struct fc_mp at;
    struct fc_str v = {0};
    if (!find(item, key, &at) || !fc_mp_str(&at, &v)) fail_msg("no %s", key);
    return v;
}

static unsigned channels_of(struct fc_mp item) {
    struct fc_mp at;
    uint32_t n = 0;
    struct fc_str word;
    unsigned bits = 0;
    assert_true(find(item, "channels", &at) && fc_mp_array(&at, &n));
    for (uint32_t i = 0; i < n; i++) {
        assert_true(fc_mp_str(&at, &word));
        bits |= 1u << fc_word_find(FC_VOCAB_CHANNEL, word);
    }
    return bits;
}

/* How many items; *at stands at the first. */
static uint32_t items(struct fc_mp *at) {
    struct fc_mp all = fc_mp_open(answer, answer_n);
    uint32_t n = 0;
    bool ok = false;
    assert_int_equal(number(all, "id"), 7);
    assert_true(find(all, "ok", at) && fc_mp_bool(at, &ok));
    if (!ok) fail_msg("refused: %.*s", FC_STR_ARG(text(all, "error")));
    assert_true(find(all, "items", at) && fc_mp_array(at, &n));
    return n;
}

static void expect_refused(const struct ask *a, const char *code, const char *words) {
    put_question(a);
    struct fc_mp all = fc_mp_open(answer, answer_n);
    if (!fc_str_is(text(all, "code"), code) || !fc_str_is(text(all, "error"), words))
        fail_msg("%.*s: %.*s", FC_STR_ARG(text(all, "code")), FC_STR_ARG(text(all, "error")));
}

static int64_t mean_ms(const struct sum *s) {
    return s->offered == 0 ? -1 : (s->wait_us + s->offered * 500) / (s->offered * 1000);
}

static void expect_item(struct fc_mp item, const struct ask *a, const char *name, int64_t from_us, int64_t to_us) {
    int channel = a->channel == NULL ? -1 : fc_word_find(FC_VOCAB_CHANNEL, fc_str(a->channel));
    struct sum want = sum_of(a->scope, name, channel, from_us, to_us);
    assert_true(fc_str_is(text(item, "scope"), a->scope));
    assert_true(fc_str_is(text(item, "name"), name));
    assert_true(fc_str_is(text(item, "channel"), a->channel == NULL ? "all" : a->channel));
    assert_int_equal(number(item, "from_us"), from_us);
    assert_int_equal(number(item, "to_us"), to_us);
    assert_int_equal(number(item, "offered"), want.offered);
    assert_int_equal(number(item, "asa_ms"), mean_ms(&want));
    assert_int_equal(number(item, "wait_max_ms"), want.offered == 0 ? -1 : want.wait_us_max / 1000);
    assert_int_equal(channels_of(item), want.channels);
}

/* Every step of a named thing, empty ones too. */
static void expect_steps(const struct ask *a) {
    struct fc_mp at;
    int64_t from_us = a->from_us / FC_MINUTE_US * FC_MINUTE_US,
            to_us = (a->to_us + FC_MINUTE_US - 1) / FC_MINUTE_US * FC_MINUTE_US;
    int64_t step_us = a->step_us > 0 ? a->step_us : to_us - from_us;
    put_question(a);
    uint32_t n = items(&at);
    assert_int_equal(n, (to_us - from_us + step_us - 1) / step_us);
    for (uint32_t i = 0; i < n; i++) {
        int64_t start_us = from_us + i * step_us, end_us = start_us + step_us < to_us ? start_us + step_us : to_us;
        expect_item(at, a, a->name == NULL ? "all" : a->name, start_us, end_us);
        assert_true(fc_mp_skip(&at));
    }
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void random_range(struct ask *a, uint64_t *rng) {
    static const int64_t grain[] = {FC_MINUTE_US, 15 * FC_MINUTE_US, 60 * FC_MINUTE_US, DAY_US, 1};
    int64_t g = grain[scratch_rng(rng) % 5];
    a->from_us = T0 - DAY_US + (int64_t)(scratch_rng(rng) % (uint64_t)((DAYS + 1) * DAY_US));
    a->to_us = a->from_us + 1 + (int64_t)(scratch_rng(rng) % (uint64_t)((DAYS + 1) * DAY_US));
    a->from_us = a->from_us / g * g;
    a->to_us = (a->to_us + g - 1) / g * g;
    if (a->to_us == a->from_us) a->to_us += FC_MINUTE_US;
    a->step_us = 0;
    if (scratch_rng(rng) % 2 == 0) return;
    static const int64_t steps[] = {7, 15, 16, 45, 60, 24 * 60, 36 * 60};
    a->step_us = steps[scratch_rng(rng) % 7] * FC_MINUTE_US;
}

static void any_range_is_the_sum_of_its_facts(void **state) {
    (void)state;
    uint64_t rng = seed ^ 0x9e3779b97f4a7c15;
    static const char *const channels[] = {NULL, NULL, "voice", "chat"};
    for (int round = 0; round < 150; round++) {
        struct ask a = {.scope = "queue", .name = queues[scratch_rng(&rng) % QUEUES]};
        int which = (int)(scratch_rng(&rng) % 4);
        if (which == 1) a.scope = "all", a.name = NULL;
        if (which == 2) a.scope = "agent", a.name = agents[scratch_rng(&rng) % 2];
        if (which == 3) a.scope = "group", a.name = scratch_rng(&rng) % 2 == 0 ? "front" : "back";
        bool no_chat = a.name != NULL && a.name[0] == 'b'; /* billing, and back, which is billing alone */
        if (which != 2) a.channel = channels[scratch_rng(&rng) % (no_chat ? 3 : 4)];
        random_range(&a, &rng);
        expect_steps(&a);
    }
}

static void without_a_name_every_one_answers(void **state) {
    (void)state;
    struct fc_mp at;
    struct ask a = {.scope = "queue", .from_us = T0 + 7 * FC_MINUTE_US, .to_us = T0 + 3 * DAY_US, .step_us = DAY_US};
    put_question(&a);
    uint32_t n = items(&at);
    assert_int_equal(n, 3 * QUEUES);
    static const char *const sorted[] = {"billing", "s", "sales", "sales\x01odd", "sales-2"};
    for (uint32_t i = 0; i < n; i++) {
        int64_t from_us = a.from_us + i / QUEUES * DAY_US,
                to_us = from_us + DAY_US < a.to_us ? from_us + DAY_US : a.to_us;
        expect_item(at, &a, sorted[i % QUEUES], from_us, to_us);
        assert_true(fc_mp_skip(&at));
    }
    a = (struct ask){.scope = "agent", .from_us = T0, .to_us = T0 + DAYS * DAY_US};
    put_question(&a);
    assert_int_equal(items(&at), 2);
    a = (struct ask){.scope = "group", .from_us = T0, .to_us = T0 + DAYS * DAY_US};
    put_question(&a);
    assert_int_equal(items(&at), 2);
    expect_item(at, &a, "back", a.from_us, a.to_us);
    a = (struct ask){.scope = "queue", .channel = "chat", .from_us = T0, .to_us = T0 + DAYS * DAY_US};
    put_question(&a);
    assert_int_equal(items(&at), QUEUES - 1); /* billing has no chats */
}

static void items_follow_the_rules_of_today(void **state) {
    (void)state;
    struct fc_mp at, variants;
    struct fc_rules *before = rules;
    struct ask a = {.scope = "queue", .name = "sales", .from_us = T0, .to_us = T0 + DAY_US};
    put_question(&a);
    (void)items(&at);
    assert_int_equal(number(at, "threshold_ms"), 7000);
    assert_true(find(at, "variants", &variants));
    assert_true(fc_str_is(text(variants, "service_level"), "answered"));
    rules = read_rules("groups:\n  - name: front\n    queues: [billing]\n");
    put_question(&a);
    (void)items(&at);
    assert_int_equal(number(at, "threshold_ms"), 20000);
    a = (struct ask){.scope = "group", .name = "front", .from_us = T0, .to_us = T0 + DAYS * DAY_US, .step_us = DAY_US};
    expect_steps(&a); /* the group is billing alone now, also for what happened before */
    fc_rules_free(rules);
    rules = before;
}

static void quiet_is_not_unknown(void **state) {
    (void)state;
    struct fc_mp at;
    struct ask a = {.scope = "queue", .from_us = T0 - 9 * DAY_US, .to_us = T0 - 8 * DAY_US};
    static const char *const known[] = {"sales", "quiet", "ghost"}; /* stored; in the rules; only in a group's list */
    for (int i = 0; i < 3; i++) {
        a.name = known[i];
        put_question(&a);
        assert_int_equal(items(&at), 1);
        assert_int_equal(number(at, "offered"), 0);
        assert_int_equal(number(at, "asa_ms"), -1);
    }
    a.name = "sale";
    expect_refused(&a, "absent", "queue \"sale\": no such queue");
    a.name = "billing";
    a.channel = "chat";
    expect_refused(&a, "absent", "channel \"chat\" of queue \"billing\": no such channel here");
    a.name = "sales";
    put_question(&a);
    assert_int_equal(items(&at), 1);
    a = (struct ask){.scope = "agent", .name = "zoe", .from_us = T0, .to_us = T0 + DAY_US};
    expect_refused(&a, "absent", "agent \"zoe\": no such agent");
    a.scope = "group";
    expect_refused(&a, "absent", "group \"zoe\": no such group");
    a.name = "all";
    put_question(&a);
    (void)items(&at);
    assert_true(fc_str_is(text(at, "scope"), "all"));
}

/* Where minutes are no longer kept, bounds widen to quarters instead of answering too little. */
static void old_minutes_are_not_asked_for(void **state) {
    (void)state;
    struct fc_mp at;
    int64_t now_us = T0 + 9 * DAY_US + FC_MINUTE_US; /* minutes from T0 + 2 days on */
    struct ask a = {.scope = "queue",
                    .name = "sales",
                    .from_us = T0 + 8 * FC_MINUTE_US,
                    .to_us = T0 + 50 * FC_MINUTE_US,
                    .now_us = now_us};
    put_question(&a);
    (void)items(&at);
    expect_item(at, &a, "sales", T0, T0 + 60 * FC_MINUTE_US);
    a.to_us = T0 + 3 * DAY_US + FC_MINUTE_US;
    put_question(&a);
    (void)items(&at);
    expect_item(at, &a, "sales", T0, a.to_us);
    a.step_us = 10 * FC_MINUTE_US;
    expect_refused(&a, "invalid",
                   "step_us: minutes are kept for 7 days, expected whole quarters of an hour from before that");
    a.from_us = T0 + 2 * DAY_US + 8 * FC_MINUTE_US;
    expect_steps(&a);
}

static void bad_questions_are_named(void **state) {
    (void)state;
    struct ask a = {.scope = "floor", .from_us = T0, .to_us = T0 + 1};
    expect_refused(&a, "invalid", "scope \"floor\": expected queue, group, all or agent");
    a.scope = "queue";
    a.channel = "fax";
    expect_refused(&a, "invalid", "channel \"fax\": expected all, voice, chat, email, sms, ticket or internal");
    a.channel = "voice";
    a.scope = "agent";
    expect_refused(&a, "invalid", "channel: an agent's numbers are kept for all channels together");
    a = (struct ask){.scope = "queue", .from_us = T0, .to_us = T0};
    expect_refused(&a, "invalid", "from_us, to_us: expected microseconds since 1970 with from_us < to_us");
    a.to_us = T0 + DAY_US;
    a.step_us = 90 * FC_SECOND_US;
    expect_refused(&a, "invalid", "step_us: expected whole minutes");
    a.to_us = T0 + 10001 * FC_MINUTE_US;
    a.step_us = FC_MINUTE_US;
    expect_refused(&a, "invalid", "step_us: 10001 steps, at most 10000 are allowed");
    free(answer);
    fc_query_refuse((const uint8_t *)"\x81\xa2id\x05", 5, FC_AGAIN, "busy", &answer, &answer_n);
    assert_int_equal(number(fc_mp_open(answer, answer_n), "id"), 5);
    assert_true(fc_str_is(text(fc_mp_open(answer, answer_n), "error"), "busy"));
}

/* By the thread, as the publisher does it. */
static void put_job(struct fc_query *q, const struct ask *a, struct fc_wake *wake) {
    struct fc_job *job = calloc(1, sizeof *job);
    assert_non_null(job);
    job->request_n = (uint32_t)write_question(a, job->request, sizeof job->request);
    assert_true(FC_RING_PUSH(fc_query_jobs(q), &job));
    fc_wake_signal(fc_query_wake(q));
    while (!FC_RING_POP(fc_query_done(q), &job)) {
        fc_wake_prepare(wake);
        if (fc_ring_is_empty(fc_query_done(q))) fc_wake_wait(wake, -1);
        fc_wake_done(wake);
    }
    free(answer);
    answer = job->reply;
    answer_n = job->reply_n;
    free(job);
}

static void the_thread_takes_new_rules(void **state) {
    (void)state;
    struct fc_error err;
    struct fc_query *q;
    struct fc_wake wake;
    struct fc_counter now_us = {0};
    struct fc_mp at;
    struct fc_rules *plain_rules = fc_rules_default();
    struct ask a = {.scope = "queue", .name = "sales", .from_us = T0, .to_us = T0 + DAY_US};
    assert_int_equal(fc_wake_init(&wake, &err), FC_OK);
    assert_int_equal(fc_query_start(store, rules, &now_us, &q, &err), FC_OK);
    fc_query_set_publisher(q, &wake);
    put_job(q, &a, &wake);
    (void)items(&at);
    assert_int_equal(number(at, "threshold_ms"), 7000);
    for (int i = 0; i < 1000; i++)
        assert_true(fc_query_configure(q, i % 2 == 0 ? rules : plain_rules)); /* nobody asks meanwhile */
    put_job(q, &a, &wake);
    (void)items(&at);
    assert_int_equal(number(at, "threshold_ms"), 20000);
    fc_query_stop(q);
    fc_wake_fini(&wake);
    fc_rules_free(plain_rules);
}

int main(void) {
    seed = scratch_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_range_is_the_sum_of_its_facts), cmocka_unit_test(without_a_name_every_one_answers),
        cmocka_unit_test(items_follow_the_rules_of_today),   cmocka_unit_test(quiet_is_not_unknown),
        cmocka_unit_test(old_minutes_are_not_asked_for),     cmocka_unit_test(bad_questions_are_named),
        cmocka_unit_test(the_thread_takes_new_rules),
    };
    int failed = cmocka_run_group_tests(tests, fill, empty);
    free(answer);
    return failed;
}
