#include "growth.h"

#include "clock.h"
#include "crowd.h"
#include "engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CUSTOMERS_AN_AGENT 100
#define PUBLISH_MS 20
#define BLOCKS (3 * 8)
#define BLOCK_EVENTS 200

enum cost { APPLY, CHECKPOINT, PUBLISH, COSTS };

struct stand { /* a floor on its test stand */
    struct crowd *crowd;
    struct fc_engine *engine;
    uint32_t queues, agents;
    struct fc_record_block *block;
    struct fc_state_block *states;
    uint64_t record_bytes, topics;
    double bare[GROWTH_ROUNDS_MAX], with[COSTS][GROWTH_ROUNDS_MAX]; /* ns an event */
};

/* Processor time of this thread: other work on the machine takes turns with it, and is not its cost. */
static int64_t ns_now(void) {
    struct timespec t;
    FC_ASSERT(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t ns_since(int64_t before_ns) { return ns_now() - before_ns; }

/* ---- where records and topics go: nowhere ------------------------------------------------------------------------- */

static struct fc_record_block *take_record(void *ctx) {
    struct stand *s = ctx;
    s->block->used = 0;
    s->block->last = false;
    return s->block;
}

static void drop_record(void *ctx, struct fc_record_block *b) { ((struct stand *)ctx)->record_bytes += b->used; }

static struct fc_state_block *take_state(void *ctx) {
    struct stand *s = ctx;
    struct fc_state_block *b = s->states;
    s->states = *(struct fc_state_block **)(void *)b->topic;
    return b;
}

static void drop_state(void *ctx, struct fc_state_block *b) {
    struct stand *s = ctx;
    *(struct fc_state_block **)(void *)b->topic = s->states; /* a list of free ones, kept where the topic stood */
    s->states = b;
    s->topics++;
}

/* ---- a floor ------------------------------------------------------------------------------------------------------ */

static void set_up(struct stand *s, const struct fc_rules *rules, uint32_t queues, uint32_t agents) {
    *s = (struct stand){.queues = queues, .agents = agents};
    s->crowd = crowd_create(queues, agents, agents * CUSTOMERS_AN_AGENT);
    s->engine = fc_engine_create(rules, true);
    s->block = malloc(sizeof *s->block);
    FC_ASSERT(s->block != NULL);
    for (int i = 0; i < BLOCKS; i++) {
        struct fc_state_block *b = calloc(1, sizeof *b);
        FC_ASSERT(b != NULL);
        drop_state(s, b);
    }
}

static void tear_down(struct stand *s) {
    for (int i = 0; i < BLOCKS; i++) {
        struct fc_state_block *b = take_state(s);
        free(b->body);
        free(b);
    }
    free(s->block);
    fc_engine_destroy(s->engine);
    crowd_destroy(s->crowd);
}

static void checkpoint(struct stand *s) { fc_engine_checkpoint(s->engine, take_record, drop_record, s); }

/* So many events at a time as blocks of a collector have; a checkpoint each simulated minute, not counted: an engine that is never
 * relieved would carry a day's minutes. */
static uint32_t apply_some(struct stand *s, int64_t *ns) {
    uint32_t n;
    const struct fc_event *events = crowd_seconds(s->crowd, BLOCK_EVENTS, &n);
    int64_t before_ns = ns_now();
    fc_engine_apply_all(s->engine, events, n);
    *ns += ns_since(before_ns);
    if (crowd_now_us(s->crowd) % FC_MINUTE_US == 0) checkpoint(s);
    return n;
}

static double bare_round(struct stand *s, uint32_t events) {
    int64_t ns = 0;
    uint32_t done = 0;
    while (done < events) done += apply_some(s, &ns);
    checkpoint(s);
    return (double)ns / done;
}

/* Second by second, and topics are handed out whenever 20 ms of the floor's time have passed. */
static uint32_t publish_second(struct stand *s, int64_t *apply_ns, int64_t *publish_ns) {
    uint32_t n, from = 0;
    const struct fc_event *events = crowd_second(s->crowd, &n);
    struct fc_outlet out = {take_state, drop_state, s};
    int64_t at_ns = ns_now();
    for (uint32_t i = 0; i < n; i++) {
        int64_t ms = events[i].ts / 1000;
        if (i + 1 < n && events[i + 1].ts / 1000 / PUBLISH_MS == ms / PUBLISH_MS) continue;
        fc_engine_apply_all(s->engine, events + from, i + 1 - from);
        from = i + 1;
        *apply_ns += ns_since(at_ns);
        at_ns = ns_now();
        (void)fc_engine_publish(s->engine, &out, (struct fc_mono){ms * 1000000});
        *publish_ns += ns_since(at_ns);
        at_ns = ns_now();
    }
    return n;
}

static void full_round(struct stand *s, uint32_t events, uint32_t round) {
    int64_t ns[COSTS] = {0};
    uint32_t done = 0;
    while (done < events) {
        done += publish_second(s, &ns[APPLY], &ns[PUBLISH]);
        int64_t before_ns = ns_now();
        checkpoint(s);
        ns[CHECKPOINT] += ns_since(before_ns);
    }
    for (int k = 0; k < COSTS; k++) s->with[k][round] = (double)ns[k] / done;
}

/* ---- the table ---------------------------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, uint32_t n) {
    qsort(v, n, sizeof *v, by_size);
    return n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static double print_stand(struct stand *s, uint32_t rounds) {
    double bare = median(s->bare, rounds), with[COSTS], all = 0;
    for (int k = 0; k < COSTS; k++) all += with[k] = median(s->with[k], rounds);
    printf("%8u %8u %10.0f %7.0f..%-7.0f %10.0f %10.0f %10.0f %9.0f %% %12.0f\n", s->queues, s->agents, bare, s->bare[0], s->bare[rounds - 1],
           with[APPLY], with[CHECKPOINT], with[PUBLISH], all > 0 ? 100 * with[CHECKPOINT] / all : 0.0, 1e9 / bare);
    return bare;
}

void growth_run(const struct growth_plan *plan) {
    struct stand stands[GROWTH_FLOORS];
    uint32_t n = 0;
    int64_t unused = 0;
    double least = 0, most = 0;
    struct fc_rules *rules = fc_rules_default();
    for (uint32_t i = 0; i < GROWTH_FLOORS; i++) {
        if (plan->queues[i] == 0) continue;
        set_up(&stands[n], rules, plan->queues[i], plan->agents[i]);
        while (crowd_now_us(stands[n].crowd) < CROWD_T0_US + (int64_t)plan->warm_s * FC_SECOND_US) (void)apply_some(&stands[n], &unused);
        n++;
    }
    for (uint32_t round = 0; round < plan->rounds; round++)
        for (uint32_t i = 0; i < n; i++) stands[i].bare[round] = bare_round(&stands[i], plan->events);
    for (uint32_t round = 0; !plan->alone && round < plan->rounds; round++)
        for (uint32_t i = 0; i < n; i++) full_round(&stands[i], plan->events, round);
    printf("ns an event; medians of %u interleaved rounds of %u events, after %u simulated seconds\n", plan->rounds, plan->events, plan->warm_s);
    printf("%8s %8s %10s %16s %10s %10s %10s %11s %12s\n", "queues", "agents", "alone", "least..most", "apply", "checkpoint", "publish", "cp. share", "alone, ev/s");
    for (uint32_t i = 0; i < n; i++) {
        double ns = print_stand(&stands[i], plan->rounds);
        least = i == 0 || ns < least ? ns : least;
        most = ns > most ? ns : most;
    }
    printf("slowest / fastest: %.2f\n", most / least);
    for (uint32_t i = 0; i < n; i++) tear_down(&stands[i]);
    fc_rules_free(rules);
}
