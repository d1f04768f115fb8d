/* oracle_compare -- what the engine says beside what the oracle says; the first difference ends the test and is named in full. */
#ifndef FC_TEST_ORACLE_COMPARE_H
#define FC_TEST_ORACLE_COMPARE_H

#include "oracle_play.h"

#include "card.h"
#include "chains.h"

struct owner {
    enum fc_scope scope;
    const char *name;
};

#define OWNERS_MAX (2 * (FC_FLOOR_QUEUES_MAX + FC_FLOOR_GROUPS_MAX + FC_FLOOR_AGENTS_MAX) + 1) /* of two floors beside each other */

USED static int owners_of(const struct play *p, struct owner *out) {
    int n = 0;
    out[n++] = (struct owner){FC_SCOPE_GROUP, "all"};
    for (int q = 0; q < p->floor.queues_n; q++) out[n++] = (struct owner){FC_SCOPE_QUEUE, p->floor.queues[q]};
    for (size_t g = 0; g < p->floor.rules.groups_n; g++) out[n++] = (struct owner){FC_SCOPE_GROUP, p->floor.rules.groups[g].name};
    for (int a = 0; a < p->floor.agents_n; a++) out[n++] = (struct owner){FC_SCOPE_AGENT, p->floor.agents[a]};
    return n;
}

static const char *count_name(int count) {
    static const char *const names[FC_TALLY_COUNT_ALL] = {
#define COUNT(name, help) [FC_TALLY_##name] = #name,
        FC_TALLY_COUNTS(COUNT)
#undef COUNT
    };
    static char numbered[64];
    if (count >= FC_TALLY_LEFT && count < FC_TALLY_LEFT + FC_LEFT_COUNT) (void)snprintf(numbered, sizeof numbered, "left %s", fc_word(FC_VOCAB_LEFT, (unsigned)count));
    else if (count >= FC_TALLY_TIME && count < FC_TALLY_TIME + FC_AGENT_STATE_COUNT)
        (void)snprintf(numbered, sizeof numbered, "time %s", fc_word(FC_VOCAB_AGENT, (unsigned)(count - FC_TALLY_TIME)));
    else (void)snprintf(numbered, sizeof numbered, "%s", names[count] == NULL ? "unused" : names[count]);
    return numbered;
}

/* What is being compared, for the message. */
struct place {
    const struct play *play;
    struct owner owner;
    int channel;
    const char *stretch; /* a window, or `stored` */
    int64_t from_us, to_us;
    bool without_time; /* agents' time is not asked for */
};

static void differ(const struct place *at, const char *count, int64_t expected, int64_t got) {
    static const char *const scopes[] = {"queue", "group", "agent"};
    const char *channel = at->channel == FC_ORACLE_ALL ? "all channels" : fc_word(FC_VOCAB_CHANNEL, (unsigned)at->channel);
    const struct fc_floor *f = &at->play->floor;
    if (getenv("FC_FLOOR") != NULL) fc_floor_print(f, at->play->fed);
    fail_msg("floor %d (%s clock, %zu of %zu arrivals, now %.6f s): %s %s, %s, %s [%.6f, %.6f) s: %s expected %lld, got %lld", at->play->number,
             at->play->event_clock ? "event" : "wall", at->play->fed, f->n, (double)(at->play->now_us - f->start_us) / 1e6, scopes[at->owner.scope], at->owner.name,
             channel == NULL ? "no channel" : channel, at->stretch, (double)(at->from_us - f->start_us) / 1e6, (double)(at->to_us - f->start_us) / 1e6, count, (long long)expected, (long long)got);
}

/* Within 1 % of the exact value; below 100 ms within the millisecond that durations are counted in. */
static void compare_list(const struct place *at, const char *what, const struct fc_oracle_list *exact, const struct fc_hist *hist) {
    static const double quantiles[] = {0.5, 0.9, 0.95, 0.99, 1};
    char name[64];
    (void)snprintf(name, sizeof name, "%s in the histogram", what);
    if (fc_hist_total(hist) != (int64_t)exact->n) differ(at, name, (int64_t)exact->n, fc_hist_total(hist));
    for (size_t i = 0; exact->n > 0 && i < sizeof quantiles / sizeof *quantiles; i++) {
        int64_t want_us = fc_oracle_quantile(exact, quantiles[i]), got_ms = 0;
        bool any = fc_hist_quantile_ms(hist, quantiles[i], &got_ms);
        int64_t off_us = llabs(got_ms * 1000 - want_us);
        (void)snprintf(name, sizeof name, "%s p%.0f ms", what, 100 * quantiles[i]);
        if (!any || (off_us > 1000 && off_us * 100 > want_us)) differ(at, name, want_us / 1000, got_ms);
    }
}

static struct fc_oracle_answer want;
static struct fc_tally got;

/* Being offline is no time at work: the engine does not keep it. */
static bool is_kept(const struct place *at, int count) {
    if (at->play->scopes_moved && count >= FC_TALLY_chain_n && count <= FC_TALLY_journey_us) return false;
    bool time = count >= FC_TALLY_TIME && count < FC_TALLY_TIME + FC_AGENT_STATE_COUNT;
    return count != FC_TALLY_TIME + FC_AGENT_OFFLINE && !(time && at->without_time);
}

/* The longest wait is a number of its own, not a sum: when an answer is taken back, it stays. */
static bool is_longest(const struct place *at) {
    return at->play->floor.odd ? got.wait_us_max >= want.wait_us_max : got.wait_us_max == want.wait_us_max;
}

static void compare_tally(const struct place *at) {
    for (int i = 0; i < FC_TALLY_COUNT_ALL; i++)
        if (want.v[i] != got.v[i] && is_kept(at, i)) differ(at, count_name(i), want.v[i], got.v[i]);
    if (!is_longest(at)) differ(at, "wait_us_max", want.wait_us_max, got.wait_us_max);
    compare_list(at, "waits", &want.waits_us, &got.waits);
    if (!at->play->scopes_moved) compare_list(at, "journeys", &want.journeys_us, &got.journeys);
}

static void ask_oracle(const struct fc_oracle *o, const struct place *at) {
    fc_oracle_ask(o, &(struct fc_oracle_question){at->owner.scope, fc_str(at->owner.name), at->channel, at->from_us, at->to_us}, &want);
}

/* Rolling windows hold whole seconds: the one of now and those before it. */
static int64_t window_start(const struct play *p, struct owner owner, enum fc_window window) {
    int64_t second_us = p->now_us - p->now_us % SECOND;
    switch (window) {
    case FC_WINDOW_M15: return second_us - 899 * SECOND;
    case FC_WINDOW_H1: return second_us - 3599 * SECOND;
    default: return day_start(p, owner.scope == FC_SCOPE_QUEUE ? owner.name : NULL);
    }
}

static void compare_cell(struct play *p, const struct fc_oracle *o, struct owner owner, int channel) {
    for (int w = FC_WINDOW_M15; w <= FC_WINDOW_DAY; w++) {
        enum fc_window window = (enum fc_window)w;
        struct place at = {p, owner, channel, fc_window_name(window), window_start(p, owner, window), p->now_us + 1, false};
        at.without_time = window == FC_WINDOW_DAY && p->regrouped_late && owner.scope == FC_SCOPE_GROUP && strcmp(owner.name, "all") != 0;
        ask_oracle(o, &at);
        if (!fc_engine_peek(p->engine, owner.scope, fc_str(owner.name), channel, window, &got)) fc_tally_clear(&got);
        compare_tally(&at);
    }
}

static struct fc_oracle *oracle_now(const struct play *p) { return fc_oracle_create(&p->floor.rules, p->floor.events, p->fed, p->now_us); }

/* Every owner in every window: all channels together, and `channels` of the single ones, drawn by lot (FC_ORACLE_PLAIN + 1: each). */
USED static void compare_windows(struct play *p, int channels) {
    struct owner owners[OWNERS_MAX];
    int n = owners_of(p, owners);
    struct fc_oracle *o = oracle_now(p);
    for (int i = 0; i < n; i++) {
        compare_cell(p, o, owners[i], FC_ORACLE_ALL);
        if (owners[i].scope == FC_SCOPE_AGENT) continue;
        for (int c = 0; c < channels; c++) {
            compare_cell(p, o, owners[i], channels == FC_ORACLE_PLAIN + 1 ? c : (int)draw(p, 0, FC_ORACLE_PLAIN));
        }
    }
    fc_oracle_destroy(o);
}

/* ---- stored intervals ------------------------------------------------------------------------------------------- */

#define DAY 1440 /* minutes */

/* As interval.h lays a key out: scope, minutes, channel, name, zero, start. */
static bool key_parse(const struct kept *k, char scope, int minutes, const struct owner *owner, int channel, int64_t *start_us) {
    size_t name_n = strlen(owner->name);
    if (k->key_n != 3 + name_n + 1 + 8 || k->key[0] != scope || k->key[1] != (minutes == DAY ? 'd' : minutes)) return false;
    if (channel != FC_ORACLE_ALL && (uint8_t)k->key[2] != (channel == FC_ORACLE_PLAIN ? 255 : channel)) return false;
    if (memcmp(k->key + 3, owner->name, name_n) != 0 || k->key[3 + name_n] != '\0') return false;
    uint64_t start = 0;
    for (uint32_t i = k->key_n - 8; i < k->key_n; i++) start = start << 8 | (uint8_t)k->key[i];
    *start_us = (int64_t)start;
    return true;
}

static void merge_stored(struct play *p, const struct place *at, struct owner owner, int minutes) {
    static const char scopes[] = {'q', 'g', 'a'};
    int64_t start_us;
    for (int i = 0; i < KEPT_SLOTS; i++)
        for (struct kept *k = p->intervals.at[i]; k != NULL; k = k->next) {
            if (!key_parse(k, scopes[owner.scope], minutes, &owner, at->channel, &start_us)) continue;
            if (start_us >= at->from_us && start_us < at->to_us) fc_tally_merge(&got, &k->tally);
        }
}

/* A group's ranges are its queues' merged, but for agents' time: their sum would count who serves two of them twice, so the group
 * keeps that itself. */
static void merge_group(struct play *p, const struct place *at, int minutes) {
    for (size_t g = 0; g < p->floor.rules.groups_n; g++) {
        const struct fc_oracle_group *group = &p->floor.rules.groups[g];
        if (strcmp(group->name, at->owner.name) != 0) continue;
        for (size_t q = 0; q < group->queues_n; q++) merge_stored(p, at, (struct owner){FC_SCOPE_QUEUE, group->queues[q]}, minutes);
        memset(got.v + FC_TALLY_TIME, 0, FC_AGENT_STATE_COUNT * sizeof *got.v);
    }
    merge_stored(p, at, at->owner, minutes);
}

static void compare_range(struct play *p, const struct fc_oracle *o, struct owner owner, int channel, int minutes) {
    int64_t width_us = minutes * MINUTE, first = p->floor.start_us / width_us - 2, last = p->now_us / width_us + 1;
    int64_t from_us = draw(p, first, last) * width_us, to_us = draw(p, from_us / width_us + 1, last + 1) * width_us;
    bool of_group = owner.scope == FC_SCOPE_GROUP && strcmp(owner.name, "all") != 0;
    bool settled = to_us <= p->now_us - MINUTE; /* time is entered when something happens, and once a minute at least */
    struct place at = {p, owner, channel, minutes == 1 ? "stored minutes" : minutes == DAY ? "stored days" : "stored quarters", from_us, to_us,
                       !settled};
    fc_tally_clear(&got);
    if (of_group) merge_group(p, &at, minutes);
    else merge_stored(p, &at, owner, minutes);
    ask_oracle(o, &at);
    compare_tally(&at);
}

/* After a checkpoint: random ranges of what is stored, by minutes, by quarters of an hour and by days. */
USED static void compare_stored(struct play *p) {
    static const int widths[] = {1, 15, DAY};
    struct owner owners[OWNERS_MAX];
    int n = owners_of(p, owners);
    struct fc_oracle *o = oracle_now(p);
    for (int i = 0; i < n; i++)
        for (int w = 0; w < 3; w++) {
            compare_range(p, o, owners[i], FC_ORACLE_ALL, widths[w]);
            if (owners[i].scope != FC_SCOPE_AGENT) compare_range(p, o, owners[i], (int)draw(p, 0, FC_ORACLE_PLAIN), widths[w]);
        }
    fc_oracle_destroy(o);
}

/* ---- gauges ----------------------------------------------------------------------------------------------------- */

struct gauges {
    bool found;
    int64_t waiting, longest_wait_since_us, agents[FC_AGENT_STATE_COUNT];
};

struct gauges_sought {
    char topic[FC_TOPIC_MAX];
    struct gauges gauges;
};

struct gauges_wanted {
    struct gauges_sought at[OWNERS_MAX];
    int n;
};

static void read_agents(struct fc_mp *mp, struct gauges *g) {
    uint32_t pairs;
    struct fc_str state;
    assert_true(fc_mp_map(mp, &pairs));
    for (; pairs > 0; pairs--) {
        assert_true(fc_mp_str(mp, &state));
        int which = fc_word_find(FC_VOCAB_AGENT, state);
        assert_true(which >= 0 && fc_mp_i64(mp, &g->agents[which]));
    }
}

static void read_gauges(const struct fc_state_block *b, struct gauges *g) {
    struct fc_mp mp = fc_mp_open(b->body, b->body_n);
    uint32_t pairs;
    struct fc_str key;
    *g = (struct gauges){.found = true};
    assert_true(fc_mp_map(&mp, &pairs));
    for (; pairs > 0; pairs--) {
        assert_true(fc_mp_str(&mp, &key));
        if (fc_str_is(key, "waiting")) assert_true(fc_mp_i64(&mp, &g->waiting));
        else if (fc_str_is(key, "longest_wait_since_us")) assert_true(fc_mp_nil(&mp) || fc_mp_i64(&mp, &g->longest_wait_since_us));
        else if (fc_str_is(key, "agents")) read_agents(&mp, g);
        else assert_true(fc_mp_skip(&mp));
    }
}

static struct fc_state_block *take_topic(void *ctx) {
    (void)ctx;
    struct fc_state_block *b = calloc(1, sizeof *b);
    assert_non_null(b);
    return b;
}

static void give_topic(void *ctx, struct fc_state_block *b) {
    struct gauges_wanted *w = ctx;
    for (int i = 0; i < w->n; i++)
        if (fc_str_is(fc_str_n(b->topic, b->topic_n), w->at[i].topic)) read_gauges(b, &w->at[i].gauges);
    free(b->body);
    free(b);
}

static void compare_gauges_of(const struct place *at, const struct gauges *g) {
    char name[64];
    bool any = want.waiting > 0;
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++) any = any || want.agents[s] > 0;
    if (any && !g->found) differ(at, "published", 1, 0);
    if (g->waiting != want.waiting) differ(at, "waiting", want.waiting, g->waiting);
    if (g->longest_wait_since_us != want.longest_wait_since_us) differ(at, "longest_wait_since_us", want.longest_wait_since_us, g->longest_wait_since_us);
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++) {
        (void)snprintf(name, sizeof name, "agents %s", fc_word(FC_VOCAB_AGENT, (unsigned)s));
        if (g->agents[s] != want.agents[s]) differ(at, name, want.agents[s], g->agents[s]);
    }
}

/* What waits and who does what now, as published. */
USED static void compare_gauges(struct play *p) {
    static const char *const scopes[] = {"queue", "group", "agent"};
    struct owner owners[OWNERS_MAX];
    struct gauges_wanted wanted = {.n = owners_of(p, owners)};
    struct fc_outlet out = {take_topic, give_topic, &wanted};
    for (int i = 0; i < wanted.n; i++) (void)snprintf(wanted.at[i].topic, FC_TOPIC_MAX, "%s/%s/now", scopes[owners[i].scope], owners[i].name);
    p->published.ns += 1000 * SECOND;
    fc_engine_publish_all(p->engine);
    assert_int_equal(fc_engine_publish(p->engine, &out, p->published), -1);
    struct fc_oracle *o = oracle_now(p);
    for (int i = 0; i < wanted.n; i++) {
        struct place at = {p, owners[i], FC_ORACLE_ALL, "now", p->now_us, p->now_us + 1, false};
        ask_oracle(o, &at);
        compare_gauges_of(&at, &wanted.at[i].gauges);
    }
    fc_oracle_destroy(o);
}

/* ---- contacts that are over -------------------------------------------------------------------------------------- */

static struct kept *filed(struct play *p, char prefix, const struct fc_oracle_over *c) {
    char key[FC_CARD_KEY];
    fc_card_key_returned(key, c->over_us, fc_chain_hash(c->contact));
    key[0] = prefix;
    return *slot_of(&p->contacts, fc_str_n(key, sizeof key));
}

static int64_t returned_of(const struct kept *k) {
    int64_t us = 0;
    if (k != NULL && fc_card_decode_returned(fc_str_n(k->value, k->value_n), &us, NULL) != FC_OK) fail_msg("a return that cannot be read");
    return us;
}

struct filing {
    struct play *p;
    int n, returns;
};

/* A return from beyond W is as it was known while the chain was held. */
static void compare_over(void *ctx, const struct fc_oracle_over *c) {
    struct filing *f = ctx;
    struct fc_card card;
    struct fc_error err = {""};
    char prefix = fc_card_prefix(c->answered ? FC_CARD_ANSWERED : c->reason == FC_LEFT_ABANDONED ? FC_CARD_ABANDONED : FC_CARD_LEFT);
    struct kept *k = filed(f->p, prefix, c);
    if (k == NULL) fail_msg("floor %d: %.*s is over and not filed as '%c'", f->p->number, FC_STR_ARG(c->contact), prefix);
    if (fc_card_decode(fc_str_n(k->key, k->key_n), fc_str_n(k->value, k->value_n), &card, &err) != FC_OK) fail_msg("%s", err.text);
    assert_true(fc_str_eq(card.contact, c->contact) && fc_str_eq(card.queue, c->queue));
    assert_true(card.offered_us == c->offered_us && card.over_us == c->over_us && (c->answered || card.left == c->reason));
    int64_t came_us = returned_of(filed(f->p, FC_CARD_RETURNED, c)), window_us = f->p->floor.rules.chain_window_us;
    bool beyond = (c->returned_us == 0 || c->returned_us - c->over_us >= window_us) && (came_us == 0 || came_us - c->over_us >= window_us);
    if (came_us != c->returned_us && !beyond) {
        if (getenv("FC_FLOOR") != NULL) fc_floor_print(&f->p->floor, f->p->fed);
        fail_msg("floor %d: %.*s came again at %lld, stored is %lld", f->p->number, FC_STR_ARG(c->contact), (long long)c->returned_us, (long long)came_us);
    }
    f->n++;
    f->returns += came_us != 0;
}

/* As many as there are, each where it belongs: so none twice and none too many. Of the last checkpoint. */
USED static void compare_contacts(struct play *p) {
    struct fc_oracle *o = oracle_now(p);
    struct filing f = {.p = p};
    int records = 0;
    fc_oracle_each_over(o, compare_over, &f);
    for (int i = 0; i < KEPT_SLOTS; i++)
        for (const struct kept *k = p->contacts.at[i]; k != NULL; k = k->next) records += k->key[0] != FC_CARD_RETURNED;
    assert_int_equal(records, f.n);
    fc_oracle_destroy(o);
}

USED static void end_compare(void) {
    fc_oracle_answer_fini(&want);
    fc_tally_fini(&got);
}

/* ---- the seed --------------------------------------------------------------------------------------------------- */

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define __SANITIZE_THREAD__ 1
#elif __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define SLOWER 100
#elif defined(__SANITIZE_ADDRESS__)
#define SLOWER 25
#else
#define SLOWER 1
#endif

static uint64_t seed;
static int only = -1; /* the one floor to play, printed where it differs */

USED static void read_seed(void) {
    const char *given = getenv("FC_SEED"), *one = getenv("FC_FLOOR");
    seed = given != NULL ? strtoull(given, NULL, 10) : 20260302;
    if (one != NULL) only = atoi(one);
    printf("seed: FC_SEED=%llu (FC_FLOORS=n plays n floors; FC_FLOOR=n plays floor n alone and prints it up to where it differs)\n", (unsigned long long)seed);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    (void)setenv("TZ", "UTC", 1);
}

/* So many floors, or FC_FLOORS of them. A sanitizer makes each of them ten or thirty times as long. */
USED static int floors_to_play(int usual) {
    const char *wanted = getenv("FC_FLOORS");
    if (wanted != NULL) return atoi(wanted);
    return usual / SLOWER > 0 ? usual / SLOWER : 1;
}

/* Each floor has a seed of its own, so that one can be played alone. */
USED static uint64_t seed_of(int floor_number) {
    uint64_t state = seed + (uint64_t)floor_number * UINT64_C(0x632be59bd9b4e019);
    return fc_floor_draw(&state);
}

#endif
