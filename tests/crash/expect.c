/* crash-expect: reads accepted events, one JSON object a line, and prints what every number must then be, as the oracle has it: first
 * a line with the stretches of time that are asked about, then a line for each owner, channel and stretch. */
#include "json.h"
#include "kpi.h"
#include "load.h"
#include "options.h"

#include <stdlib.h>

#define RANGES 3 /* of stored intervals: all of it, and two drawn by lot */
#define VIEWS (1 + FC_CHANNEL_COUNT)
#define LINE_MAX_BYTES 8192

enum { NOW, M15, H1, DAY, RANGE, STRETCHES = RANGE + RANGES };
enum { OPT_SEED, OPT_EVENTS, OPT_COUNT };

static const struct fc_option table[OPT_COUNT] = {
    [OPT_SEED] = {.name = "seed", .arg = "N", .help = "as given to crash-make: by it the rules are known"},
    [OPT_EVENTS] = {.name = "events", .arg = "N", .help = "likewise"},
};
static const struct fc_program program = {"crash-expect", "what accepted events must come to", table, OPT_COUNT};

static const char *const stretch_words[STRETCHES] = {"now", "m15", "h1", "day", "range", "range", "range"};

struct told { /* of one floor */
    struct fc_event *events;
    size_t n, cap;
};

struct stretch {
    int64_t from_us, to_us;
    bool settled; /* of stored ones: no agent's time within it is still running */
};

/* What the answers of one or many floors add up to. */
struct sum {
    struct fc_tally tally;
    int64_t waiting, since_us, open, agents[FC_AGENT_STATE_COUNT];
};

struct owner {
    enum fc_scope scope;
    const char *word, *name;
};

struct run {
    struct crash_load load;
    struct told *told; /* by floor */
    int64_t now_us;
    struct stretch stretches[STRETCHES];
    struct fc_oracle_answer answer;
    struct fc_bytes line;
};

static void give_up(const char *what) {
    (void)fprintf(stderr, "crash-expect: %s\n", what);
    exit(1);
}

/* ---- reading ---------------------------------------------------------------------------------------------------------- */

/* False: a word that belongs to no floor. */
static bool take(struct run *r, const struct fc_event *ev) {
    uint32_t i = 0;
    if (ev->ts > r->now_us) r->now_us = ev->ts;
    if (fc_str_is(ev->site, CRASH_NOWHERE)) return false;
    while (i < r->load.parts_n && !fc_str_is(ev->site, r->load.parts[i].site)) i++;
    if (i == r->load.parts_n) give_up("an event of no floor");
    struct told *t = &r->told[i];
    if (t->n == t->cap) {
        t->cap = t->cap == 0 ? 1024 : 2 * t->cap;
        t->events = realloc(t->events, t->cap * sizeof *t->events);
        FC_ASSERT(t->events != NULL);
    }
    t->events[t->n++] = *ev;
    return true;
}

/* The events' strings point into the bytes, which stay to the end. */
static void read_events(struct run *r, FILE *in) {
    char line[LINE_MAX_BYTES];
    uint8_t bytes[FC_EVENT_BYTES_MAX];
    while (fgets(line, sizeof line, in) != NULL) {
        size_t n = 0;
        struct fc_event ev;
        struct fc_error err = {0};
        if (fc_event_json_to_mp(line, strcspn(line, "\n"), bytes, sizeof bytes, &n, &err) != FC_OK) give_up(err.text);
        uint8_t *kept = malloc(n);
        FC_ASSERT(kept != NULL);
        memcpy(kept, bytes, n);
        struct fc_mp mp = fc_mp_open(kept, n);
        if (fc_event_decode(&mp, &ev, &err) != FC_OK) give_up(err.text);
        if (!take(r, &ev)) free(kept);
    }
}

/* ---- stretches -------------------------------------------------------------------------------------------------------- */

static int64_t down(int64_t us, int64_t width_us) { return us - us % width_us; }

/* Rolling windows hold whole seconds: that of now and those before it. Agents' time is stored once a minute at least. */
static void draw_stretches(struct run *r, uint64_t seed) {
    int64_t now_us = r->now_us, second_us = down(now_us, CRASH_SECOND_US), start_us = down(r->load.start_us, CRASH_MINUTE_US) - 60 * CRASH_MINUTE_US;
    int64_t settled_min = (now_us - CRASH_MINUTE_US - start_us) / CRASH_MINUTE_US;
    r->stretches[NOW] = (struct stretch){now_us, now_us + 1, true};
    r->stretches[M15] = (struct stretch){second_us - 899 * CRASH_SECOND_US, now_us + 1, true};
    r->stretches[H1] = (struct stretch){second_us - 3599 * CRASH_SECOND_US, now_us + 1, true};
    r->stretches[DAY] = (struct stretch){down(now_us, CRASH_DAY_US), now_us + 1, true};
    r->stretches[RANGE] = (struct stretch){start_us, down(now_us, CRASH_MINUTE_US) + CRASH_MINUTE_US, false};
    for (int i = RANGE + 1; i < STRETCHES; i++) {
        int64_t from = fc_floor_between(&seed, 0, settled_min - 1), to = fc_floor_between(&seed, from + 1, settled_min);
        r->stretches[i] = (struct stretch){start_us + from * CRASH_MINUTE_US, start_us + to * CRASH_MINUTE_US, true};
    }
}

static void print_stretches(const struct run *r) {
    (void)printf("{\"now_us\":%lld,\"stretches\":[", (long long)r->now_us);
    for (int i = 0; i < STRETCHES; i++)
        (void)printf("%s{\"window\":\"%s\",\"from_us\":%lld,\"to_us\":%lld,\"settled\":%s}", i == 0 ? "" : ",", stretch_words[i],
                     (long long)r->stretches[i].from_us, (long long)r->stretches[i].to_us, r->stretches[i].settled ? "true" : "false");
    (void)printf("]}\n");
}

/* ---- adding ----------------------------------------------------------------------------------------------------------- */

static void add_list(struct fc_hist *hist, const struct fc_oracle_list *list) {
    for (size_t i = 0; i < list->n; i++) fc_hist_add(hist, fc_hist_bucket(list->at[i] / 1000), 1);
}

static void add(struct sum *s, const struct fc_oracle_answer *a) {
    for (int i = 0; i < FC_TALLY_COUNT_ALL; i++)
        if (i != FC_TALLY_TIME + FC_AGENT_OFFLINE) s->tally.v[i] += a->v[i]; /* being offline is no time at work: it is not kept */
    add_list(&s->tally.waits, &a->waits_us);
    add_list(&s->tally.journeys, &a->journeys_us);
    if (a->wait_us_max > s->tally.wait_us_max) s->tally.wait_us_max = a->wait_us_max;
    s->waiting += a->waiting;
    if (a->longest_wait_since_us != 0 && (s->since_us == 0 || a->longest_wait_since_us < s->since_us)) s->since_us = a->longest_wait_since_us;
    s->open += a->complaints_open;
    for (int k = 0; k < FC_AGENT_STATE_COUNT; k++) s->agents[k] += a->agents[k];
}

static void ask(struct run *r, const struct fc_oracle *o, const struct owner *owner, int channel, struct sum sums[STRETCHES]) {
    for (int i = 0; i < STRETCHES; i++) {
        const struct stretch *s = &r->stretches[i];
        fc_oracle_ask(o, &(struct fc_oracle_question){owner->scope, fc_str(owner->name), channel, s->from_us, s->to_us}, &r->answer);
        add(&sums[i], &r->answer);
    }
}

static void end_sums(struct sum sums[STRETCHES]) {
    for (int i = 0; i < STRETCHES; i++) fc_tally_fini(&sums[i].tally);
    memset(sums, 0, STRETCHES * sizeof *sums);
}

/* ---- printing --------------------------------------------------------------------------------------------------------- */

static int64_t ewt_ms(const struct owner *owner, const struct sum sums[STRETCHES]) {
    const int64_t *n = sums[NOW].agents;
    int64_t staffed = 0;
    if (owner->scope == FC_SCOPE_AGENT) return -1;
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++) staffed += s == FC_AGENT_OFFLINE || s == FC_AGENT_PAUSED ? 0 : n[s];
    return fc_kpi_ewt_ms(sums[NOW].waiting, n[FC_AGENT_AVAILABLE], staffed, &sums[H1].tally, &sums[DAY].tally);
}

static void write_kpis(struct fc_mpw *w, const struct owner *owner, int channel, int stretch, const struct sum sums[STRETCHES]) {
    const struct sum *s = &sums[stretch];
    struct fc_kpi_now now = {.waiting = s->waiting, .longest_wait_since_us = s->since_us, .ewt_ms = ewt_ms(owner, sums)};
    struct fc_kpi_view view = {.tally = &s->tally, .wait_us_max = s->tally.wait_us_max, .complaints_open = stretch < RANGE && channel == FC_ORACLE_ALL ? s->open : -1};
    memcpy(now.agents, s->agents, sizeof now.agents);
    fc_mpw_map(w, (size_t)(stretch < RANGE ? FC_KPI_NOW_PAIRS : 0) + (size_t)(stretch != NOW ? FC_KPI_PAIRS : 0));
    if (stretch < RANGE) fc_kpi_write_now(w, &now);
    if (stretch != NOW) fc_kpi_write(w, &view);
}

static void print_item(struct run *r, const struct owner *owner, int channel, int stretch, const struct sum sums[STRETCHES]) {
    uint8_t bytes[2 * FC_KPI_BYTES_MAX];
    struct fc_mpw w;
    fc_mpw_init(&w, bytes, sizeof bytes);
    write_kpis(&w, owner, channel, stretch, sums);
    FC_ASSERT(!w.overflow);
    struct fc_mp mp = fc_mp_open(bytes, w.len);
    fc_bytes_clear(&r->line);
    FC_ASSERT(fc_json_value(&r->line, &mp));
    (void)printf("{\"scope\":\"%s\",\"name\":\"%s\",\"channel\":\"%s\",\"stretch\":%d,\"kpis\":%.*s}\n", owner->word, owner->name,
                 channel == FC_ORACLE_ALL ? "all" : fc_word(FC_VOCAB_CHANNEL, (unsigned)channel), stretch, (int)r->line.n, (const char *)r->line.p);
}

/* Of stored intervals only those that hold something. */
static void print_view(struct run *r, const struct owner *owner, int channel, const struct sum sums[STRETCHES]) {
    for (int i = 0; i < STRETCHES; i++)
        if (i < RANGE || !fc_tally_empty(&sums[i].tally)) print_item(r, owner, channel, i, sums);
}

/* ---- owners ----------------------------------------------------------------------------------------------------------- */

/* Channels stand alone where there are several: whether one was used, all that is stored says. */
static void print_channels(struct run *r, const struct owner *owner, struct sum sums[FC_CHANNEL_COUNT][STRETCHES]) {
    int used = 0;
    for (int c = 0; c < FC_CHANNEL_COUNT; c++) used += !fc_tally_empty(&sums[c][RANGE].tally);
    for (int c = 0; used > 1 && c < FC_CHANNEL_COUNT; c++)
        if (!fc_tally_empty(&sums[c][RANGE].tally)) print_view(r, owner, c, sums[c]);
}

static void judge(struct run *r, const struct fc_oracle *o, enum fc_scope scope, const char *name) {
    static struct sum whole[STRETCHES], by_channel[FC_CHANNEL_COUNT][STRETCHES];
    const struct owner owner = {scope, scope == FC_SCOPE_QUEUE ? "queue" : scope == FC_SCOPE_GROUP ? "group" : "agent", name};
    ask(r, o, &owner, FC_ORACLE_ALL, whole);
    print_view(r, &owner, FC_ORACLE_ALL, whole);
    for (int c = 0; scope != FC_SCOPE_AGENT && c < FC_CHANNEL_COUNT; c++) ask(r, o, &owner, c, by_channel[c]);
    print_channels(r, &owner, by_channel);
    end_sums(whole);
    for (int c = 0; c < FC_CHANNEL_COUNT; c++) end_sums(by_channel[c]);
}

static void judge_all(struct run *r) {
    static struct sum whole[STRETCHES], by_channel[FC_CHANNEL_COUNT][STRETCHES];
    const struct owner all = {FC_SCOPE_GROUP, "all", "all"};
    for (uint32_t i = 0; i < r->load.parts_n; i++) {
        const struct fc_floor *f = &r->load.parts[i].floor;
        struct fc_oracle *o = fc_oracle_create(&f->rules, r->told[i].events, r->told[i].n, r->now_us);
        for (int q = 0; q < f->queues_n; q++) judge(r, o, FC_SCOPE_QUEUE, f->queues[q]);
        for (size_t g = 0; g < f->rules.groups_n; g++) judge(r, o, FC_SCOPE_GROUP, f->rules.groups[g].name);
        for (int a = 0; a < f->agents_n; a++) judge(r, o, FC_SCOPE_AGENT, f->agents[a]);
        ask(r, o, &all, FC_ORACLE_ALL, whole);
        for (int c = 0; c < FC_CHANNEL_COUNT; c++) ask(r, o, &all, c, by_channel[c]);
        fc_oracle_destroy(o);
    }
    print_view(r, &all, FC_ORACLE_ALL, whole);
    print_channels(r, &all, by_channel);
    end_sums(whole);
    for (int c = 0; c < FC_CHANNEL_COUNT; c++) end_sums(by_channel[c]);
}

int main(int argc, char **argv) {
    static struct fc_option_values got[OPT_COUNT];
    static struct run r;
    int code = fc_options_run(&program, argc, argv, got);
    if (code >= 0) return code;
    uint64_t seed = strtoull(fc_options_last(&got[OPT_SEED], "1"), NULL, 10);
    crash_load_make(&r.load, seed, strtoull(fc_options_last(&got[OPT_EVENTS], "1000"), NULL, 10));
    r.told = calloc(r.load.parts_n, sizeof *r.told);
    FC_ASSERT(r.told != NULL);
    read_events(&r, stdin);
    draw_stretches(&r, seed);
    print_stretches(&r);
    judge_all(&r);
    if (fflush(stdout) != 0) give_up("cannot write");
    return 0; /* what was read is needed to the end: the system takes it back */
}
