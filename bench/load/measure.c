#include "measure.h"

#include "play.h"
#include "swarm.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CHANGE_EVERY_MS 100
#define COME_IN_MS 30000
#define SETTLE_MS 1000 /* after hostile clients came or went, before anything is counted */
#define ROUNDS_MAX 101

struct samples {
    uint32_t *us;
    size_t n, cap;
};

struct run {
    const struct fc_measure_plan *plan;
    struct fc_swarm *swarm;
    struct fc_play play;
    struct fc_flock *readers, *foes[FC_FOES_MAX];
    struct samples samples;
    bool counting;
    struct fc_mono changed;
    double ratios[ROUNDS_MAX];
    uint64_t rss_kb_max, files_max, kernel_kb_max;
};

static void take(void *ctx, uint32_t client, const uint8_t *bytes, size_t n, struct fc_wall at) {
    struct run *r = ctx;
    struct samples *s = &r->samples;
    (void)client;
    int64_t us = r->counting ? fc_play_at_us(bytes, n) : 0;
    if (us == 0) return;
    if (s->n == s->cap) {
        s->cap = s->cap * 2 + 4096;
        s->us = realloc(s->us, s->cap * sizeof *s->us);
        FC_ASSERT(s->us != NULL);
    }
    s->us[s->n++] = (uint32_t)(at.us > us ? at.us - us : 0);
}

/* ---- looking at the wallboard -------------------------------------------------------------------------------------- */

/* The number behind the first `key`; 0: there is none. */
static uint64_t number_in(const char *path, const char *key) {
    char line[512];
    const char *at = NULL;
    uint64_t value = 0;
    FILE *f = fopen(path, "r");
    while (at == NULL && f != NULL && fgets(line, sizeof line, f) != NULL) at = strstr(line, key);
    if (at != NULL) value = strtoull(at + strlen(key), NULL, 10);
    if (f != NULL) (void)fclose(f);
    return value;
}

/* Processor time so far: the 14th and 15th word, counted from behind the name in brackets. */
static uint64_t cpu_ms_of(uint32_t pid) {
    char path[64], line[512] = "";
    unsigned long user = 0, kernel = 0;
    (void)snprintf(path, sizeof path, "/proc/%u/stat", pid);
    FILE *f = fopen(path, "r");
    if (f == NULL) return 0;
    const char *at = fgets(line, sizeof line, f) != NULL ? strrchr(line, ')') : NULL;
    if (at != NULL) (void)sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
    (void)fclose(f);
    return (user + kernel) * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

static uint64_t files_of(uint32_t pid) {
    char path[64];
    uint64_t n = 0;
    (void)snprintf(path, sizeof path, "/proc/%u/fd", pid);
    DIR *d = opendir(path);
    while (d != NULL && readdir(d) != NULL) n++;
    if (d != NULL) (void)closedir(d);
    return n > 2 ? n - 2 : 0;
}

static void most(uint64_t *max, uint64_t value) {
    if (value > *max) *max = value;
}

static void look(struct run *r) {
    char path[64];
    if (r->plan->pid == 0) return;
    (void)snprintf(path, sizeof path, "/proc/%u/status", r->plan->pid);
    most(&r->rss_kb_max, number_in(path, "VmRSS:"));
    most(&r->files_max, files_of(r->plan->pid));
    most(&r->kernel_kb_max, number_in("/proc/net/sockstat", "mem ") * (uint64_t)sysconf(_SC_PAGESIZE) / 1024);
}

/* ---- phases -------------------------------------------------------------------------------------------------------- */

static void turn(struct run *r) {
    struct fc_mono now = fc_mono_now();
    fc_swarm_turn(r->swarm, 2);
    if (r->plan->publish == NULL) return;
    fc_play_work(&r->play, now);
    if (fc_mono_ms_since(r->changed, now) < CHANGE_EVERY_MS) return;
    r->changed = now;
    fc_play_change(&r->play, r->plan->changes);
}

static void go_on(struct run *r, int64_t ms) {
    struct fc_mono start = fc_mono_now(), looked = start, now = start;
    for (; fc_mono_ms_since(start, now) < ms; now = fc_mono_now()) {
        turn(r);
        if (fc_mono_ms_since(looked, now) < 500) continue;
        looked = now;
        look(r);
    }
}

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t at_share(const struct samples *s, double share) {
    return s->n == 0 ? 0 : s->us[(size_t)(share * (double)(s->n - 1))];
}

/* Prints what the readers saw in one phase; hands back the 99th percentile. */
static uint32_t phase(struct run *r, const char *name) {
    struct samples *s = &r->samples;
    go_on(r, SETTLE_MS);
    uint64_t cpu_ms = cpu_ms_of(r->plan->pid), own_ms = cpu_ms_of((uint32_t)getpid());
    s->n = 0;
    r->counting = true;
    go_on(r, r->plan->seconds * INT64_C(1000));
    r->counting = false;
    if (s->n > 0) qsort(s->us, s->n, sizeof *s->us, by_size);
    cpu_ms = cpu_ms_of(r->plan->pid) - cpu_ms;
    own_ms = cpu_ms_of((uint32_t)getpid()) - own_ms;
    (void)printf("\"%s\":{\"frames\":%zu,\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%u,\"open\":%u,\"cpu_ms\":%" PRIu64 ",\"own_cpu_ms\":%" PRIu64 "}",
                 name, s->n, at_share(s, 0.5), at_share(s, 0.99), at_share(s, 1), fc_flock_counts(r->readers)->open, cpu_ms, own_ms);
    return at_share(s, 0.99);
}

static void release_foes(struct run *r) {
    const struct fc_measure_plan *plan = r->plan;
    for (uint32_t i = 0; i < plan->foes_count; i++) {
        const struct fc_flock_options o = {.manner = plan->foes[i].manner,
                                           .clients = plan->foes[i].clients,
                                           .from = plan->foes_from,
                                           .subscribe = FC_STR_LIT("{\"op\":\"subscribe\",\"topics\":[\"queue/*\"]}"),
                                           .connects_per_s = plan->foes_connects_per_s / plan->foes_count,
                                           .again_ms = 0};
        r->foes[i] = fc_swarm_add(r->swarm, &o);
    }
}

static void add_counts(struct fc_flock_counts *to, const struct fc_flock_counts *c) {
    to->dialled += c->dialled;
    to->opened += c->opened;
    to->refused_503 += c->refused_503;
    to->refused_other += c->refused_other;
    to->failed += c->failed;
    to->ended += c->ended;
    to->policy += c->policy;
    to->large += c->large;
}

static void call_off_foes(struct run *r, struct fc_flock_counts *sums) {
    for (uint32_t i = 0; i < r->plan->foes_count; i++) {
        add_counts(&sums[i], fc_flock_counts(r->foes[i]));
        fc_swarm_remove(r->swarm, r->foes[i]);
    }
}

static void print_counts(const char *name, const struct fc_flock_counts *c) {
    (void)printf("\"%s\":{\"dialled\":%" PRIu64 ",\"opened\":%" PRIu64 ",\"refused_503\":%" PRIu64 ",\"refused_other\":%" PRIu64 ",\"failed\":%" PRIu64
                 ",\"ended\":%" PRIu64 ",\"closed_1008\":%" PRIu64 ",\"closed_1009\":%" PRIu64 "}",
                 name, c->dialled, c->opened, c->refused_503, c->refused_other, c->failed, c->ended, c->policy, c->large);
}

static double median(double *v, uint32_t n) {
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = i; k > 0 && v[k] < v[k - 1]; k--) {
            double swap = v[k];
            v[k] = v[k - 1];
            v[k - 1] = swap;
        }
    return n == 0 ? NAN : v[n / 2];
}

static void rounds(struct run *r, struct fc_flock_counts *sums) {
    uint32_t n = r->plan->rounds < ROUNDS_MAX ? r->plan->rounds : ROUNDS_MAX;
    (void)printf("\"rounds\":[");
    for (uint32_t i = 0; i < n; i++) {
        (void)printf("%s{", i > 0 ? ",\n" : "\n");
        uint32_t calm = phase(r, "calm");
        (void)printf(",");
        release_foes(r);
        uint32_t hostile = phase(r, "hostile");
        call_off_foes(r, sums);
        r->ratios[i] = calm > 0 ? (double)hostile / calm : 0;
        (void)printf("}");
        (void)fflush(stdout);
    }
    (void)printf("],\n\"p99_ratio_median\":%.2f,", median(r->ratios, n));
}

static enum fc_status come_in(struct run *r, struct fc_error *err) {
    const struct fc_flock_options o = {.manner = fc_manner_find(FC_STR_LIT("reader")),
                                       .clients = r->plan->readers,
                                       .subscribe = FC_STR_LIT("\x82\xa2op\xa9subscribe\xa6topics\x91\xa7queue/*"),
                                       .msgpack = true,
                                       .again_ms = 1000,
                                       .message = take,
                                       .ctx = r};
    struct fc_mono start = fc_mono_now();
    r->readers = fc_swarm_add(r->swarm, &o);
    while (fc_flock_counts(r->readers)->open < r->plan->readers && fc_mono_ms_since(start, fc_mono_now()) < COME_IN_MS) turn(r);
    if (fc_flock_counts(r->readers)->open == r->plan->readers) return FC_OK;
    return fc_fail(err, FC_AGAIN, "%u of %u readers came in within %d s", fc_flock_counts(r->readers)->open, r->plan->readers, COME_IN_MS / 1000);
}

enum fc_status fc_measure_run(const struct fc_measure_plan *plan, struct fc_error *err) {
    static struct run r;
    static struct fc_flock_counts sums[FC_FOES_MAX];
    r.plan = plan;
    enum fc_status st = fc_swarm_create(&plan->server, plan->seed, &r.swarm, err);
    if (st == FC_OK && plan->publish != NULL) st = fc_play_open(&r.play, plan->publish, plan->query, plan->queues, err);
    if (st == FC_OK) st = come_in(&r, err);
    if (st == FC_OK) {
        go_on(&r, SETTLE_MS);
        (void)printf("{\"seed\":%" PRIu64 ",\"readers\":%u,", plan->seed, plan->readers);
        (void)printf("\"calm_rss_kb\":%" PRIu64 ",\"calm_files\":%" PRIu64 ",\"calm_kernel_kb\":%" PRIu64 ",", r.rss_kb_max, r.files_max, r.kernel_kb_max);
        rounds(&r, sums);
        (void)printf("\"rss_kb_max\":%" PRIu64 ",\"files_max\":%" PRIu64 ",\"kernel_kb_max\":%" PRIu64 ",\n\"foes\":{", r.rss_kb_max, r.files_max,
                     r.kernel_kb_max);
        for (uint32_t i = 0; i < plan->foes_count; i++) {
            if (i > 0) (void)printf(",\n");
            print_counts(plan->foes[i].manner->name, &sums[i]);
        }
        (void)printf("},\n");
        print_counts("reader", fc_flock_counts(r.readers));
        (void)printf("}\n");
        uint64_t lost = fc_flock_counts(r.readers)->ended;
        if (lost > 0) st = fc_fail(err, FC_AGAIN, "%" PRIu64 " readers were closed by the server", lost);
    }
    free(r.samples.us);
    fc_swarm_destroy(r.swarm);
    fc_play_close(&r.play);
    return st;
}
