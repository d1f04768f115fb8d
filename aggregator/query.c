#include "query.h"

#include "clock.h"
#include "counter.h"
#include "interval.h"
#include "kpi.h"
#include "map.h"

#include <pthread.h>
#include <stdlib.h>

#define JOBS 64
#define QUARTER_US (15 * FC_MINUTE_US)

/* ---- the question ----------------------------------------------------------------------------------------------- */

struct question {
    int64_t id, from_us, to_us, step_us;
    struct fc_str op, scope_word, name;
    bool has_name, has_from, has_to;
    enum fc_scope scope;
};

static bool read_pair(struct fc_mp *mp, struct question *q) {
    struct fc_str key;
    if (!fc_mp_str(mp, &key)) return false;
    if (fc_str_is(key, "id")) return fc_mp_i64(mp, &q->id);
    if (fc_str_is(key, "op")) return fc_mp_str(mp, &q->op);
    if (fc_str_is(key, "scope")) return fc_mp_str(mp, &q->scope_word);
    if (fc_str_is(key, "name")) return q->has_name = true, fc_mp_str(mp, &q->name);
    if (fc_str_is(key, "from_us")) return q->has_from = true, fc_mp_i64(mp, &q->from_us);
    if (fc_str_is(key, "to_us")) return q->has_to = true, fc_mp_i64(mp, &q->to_us);
    if (fc_str_is(key, "step_us")) return fc_mp_i64(mp, &q->step_us);
    return fc_mp_skip(mp);
}

static int64_t floor_minute(int64_t us) { return us - us % FC_MINUTE_US; }

static enum fc_status check(struct question *q, struct fc_error *err) {
    static const char *const scopes[] = {"queue", "all", "agent"};
    if (!fc_str_is(q->op, "range"))
        return fc_fail(err, FC_INVALID, "op \"%.*s\": expected snapshot or range", (int)(q->op.n < 40 ? q->op.n : 40), q->op.p);
    int scope = -1;
    for (int i = 0; i < 3; i++)
        if (fc_str_is(q->scope_word, scopes[i])) scope = i;
    if (scope < 0) return fc_fail(err, FC_INVALID, "scope \"%.*s\": expected queue, all or agent", (int)(q->scope_word.n < 40 ? q->scope_word.n : 40), q->scope_word.p);
    q->scope = (enum fc_scope)scope;
    if (q->scope == FC_SCOPE_GROUP) {
        q->has_name = true;
        q->name = FC_STR_LIT("all");
    }
    if (q->has_name && q->name.n > 128) return fc_fail(err, FC_INVALID, "name: %u bytes, at most 128 are allowed", q->name.n);
    if (!q->has_from || !q->has_to || q->from_us < 0 || q->to_us <= q->from_us || q->to_us > INT64_C(253402300799999999))
        return fc_fail(err, FC_INVALID, "from_us, to_us: expected microseconds since 1970 with from_us < to_us");
    q->from_us = floor_minute(q->from_us);
    q->to_us = floor_minute(q->to_us + FC_MINUTE_US - 1);
    if (q->step_us == 0) q->step_us = q->to_us - q->from_us;
    if (q->step_us < FC_MINUTE_US || q->step_us % FC_MINUTE_US != 0) return fc_fail(err, FC_INVALID, "step_us: expected whole minutes");
    if ((q->to_us - q->from_us) / q->step_us > FC_QUERY_STEPS_MAX)
        return fc_fail(err, FC_INVALID, "step_us: %lld steps, at most %d are allowed", (long long)((q->to_us - q->from_us) / q->step_us), FC_QUERY_STEPS_MAX);
    return FC_OK;
}

static enum fc_status read_question(const uint8_t *request, size_t n, struct question *q, struct fc_error *err) {
    struct fc_mp mp = fc_mp_open(request, n);
    uint32_t pairs;
    *q = (struct question){0};
    if (!fc_mp_map(&mp, &pairs)) return fc_fail(err, FC_INVALID, "expected a map with id, op, scope, from_us, to_us");
    for (uint32_t i = 0; i < pairs; i++)
        if (!read_pair(&mp, q)) return fc_fail(err, FC_INVALID, "byte %zu: a value of the wrong type", fc_mp_offset(&mp));
    return check(q, err);
}

/* ---- merging ---------------------------------------------------------------------------------------------------- */

struct part { /* one name in one step */
    struct fc_str key; /* step u32 big endian, name; owned; first, for the map */
    struct fc_tally tally;
};

struct merge {
    const struct question *q;
    struct fc_map parts;
    struct fc_tally one; /* scratch */
};

static struct part *part_of(struct merge *m, struct fc_str name, uint32_t step) {
    char key[4 + 128];
    for (int i = 0; i < 4; i++) key[i] = (char)(step >> (24 - 8 * i));
    if (name.n > 0) memcpy(key + 4, name.p, name.n);
    struct part *p = fc_map_find(&m->parts, fc_str_n(key, 4u + name.n));
    if (p != NULL) return p;
    p = calloc(1, sizeof *p + 4 + name.n);
    FC_ASSERT(p != NULL);
    memcpy(p + 1, key, 4 + name.n);
    p->key = fc_str_n((const char *)(p + 1), 4u + name.n);
    fc_map_add(&m->parts, p);
    return p;
}

static enum fc_status merge_one(void *ctx, struct fc_str key, struct fc_str value) {
    struct merge *m = ctx;
    struct fc_str name;
    uint8_t channel;
    int64_t start_us;
    if (!fc_interval_parse(key, &channel, &name, &start_us) || name.n > 128) return FC_INVALID;
    struct fc_mp mp = fc_mp_open(value.p, value.n);
    enum fc_status st = fc_tally_decode(&mp, &m->one, NULL);
    if (st != FC_OK) return st;
    if (fc_tally_empty(&m->one)) return FC_OK;
    fc_tally_merge(&part_of(m, name, (uint32_t)((start_us - m->q->from_us) / m->q->step_us))->tally, &m->one);
    return FC_OK;
}

/* Skips what lies outside the stretch; for reads without a name, whose keys are not sorted by time alone. */
struct within {
    struct merge *m;
    int64_t from_us, to_us;
};

static enum fc_status merge_within(void *ctx, struct fc_str key, struct fc_str value) {
    struct within *w = ctx;
    struct fc_str name;
    uint8_t channel;
    int64_t start_us;
    if (!fc_interval_parse(key, &channel, &name, &start_us)) return FC_INVALID;
    return start_us >= w->from_us && start_us < w->to_us ? merge_one(w->m, key, value) : FC_OK;
}

/* Every stored interval of one resolution in [from, to). */
static enum fc_status merge_stretch(struct fc_store *store, struct merge *m, int minutes, int64_t from_us, int64_t to_us, struct fc_error *err) {
    char prefix[FC_INTERVAL_KEY_MAX], from[FC_INTERVAL_KEY_MAX], to[FC_INTERVAL_KEY_MAX];
    const struct question *q = m->q;
    if (from_us >= to_us) return FC_OK;
    size_t n = fc_interval_prefix(prefix, q->scope, minutes, FC_INTERVAL_PLAIN, q->has_name ? &q->name : NULL);
    if (!q->has_name) {
        struct within w = {m, from_us, to_us};
        return fc_store_each_interval(store, fc_str_n(prefix, n), fc_str(""), fc_str(""), merge_within, &w, err);
    }
    size_t from_n = fc_interval_key(from, q->scope, minutes, FC_INTERVAL_PLAIN, q->name, from_us), to_n = fc_interval_key(to, q->scope, minutes, FC_INTERVAL_PLAIN, q->name, to_us);
    return fc_store_each_interval(store, fc_str_n(prefix, n), fc_str_n(from, from_n), fc_str_n(to, to_n), merge_one, m, err);
}

/* Quarters where a step covers them whole (steps begin at from_us), minutes for the rest. */
static enum fc_status merge_all(struct fc_store *store, struct merge *m, struct fc_error *err) {
    const struct question *q = m->q;
    int64_t first = (q->from_us + QUARTER_US - 1) / QUARTER_US * QUARTER_US, last = q->to_us / QUARTER_US * QUARTER_US;
    bool one_step = q->step_us >= q->to_us - q->from_us;
    if (first >= last || (!one_step && (q->step_us % QUARTER_US != 0 || first != q->from_us))) return merge_stretch(store, m, 1, q->from_us, q->to_us, err);
    enum fc_status st = merge_stretch(store, m, 1, q->from_us, first, err);
    if (st == FC_OK) st = merge_stretch(store, m, 15, first, last, err);
    if (st == FC_OK) st = merge_stretch(store, m, 1, last, q->to_us, err);
    return st;
}

/* ---- the answer -------------------------------------------------------------------------------------------------- */

static void write_item(struct fc_mpw *w, const struct question *q, struct fc_str name, uint32_t step, const struct fc_tally *t) {
    int64_t from_us = q->from_us + step * q->step_us, to_us = from_us + q->step_us < q->to_us ? from_us + q->step_us : q->to_us;
    fc_mpw_map(w, 6 + FC_KPI_PAIRS);
    fc_mpw_key(w, "scope");
    fc_mpw_str(w, q->scope_word);
    fc_mpw_key(w, "name");
    fc_mpw_str(w, name);
    fc_mpw_key(w, "channel");
    fc_mpw_key(w, "all");
    fc_mpw_key(w, "window");
    fc_mpw_key(w, "range");
    fc_mpw_key(w, "from_us");
    fc_mpw_int(w, from_us);
    fc_mpw_key(w, "to_us");
    fc_mpw_int(w, to_us);
    fc_kpi_write(w, &(struct fc_kpi_view){.tally = t, .wait_us_max = t->wait_us_max, .complaints_open = -1});
}

/* A map whose next key is "items": the caller goes on with the array. */
static void write_ok(struct fc_mpw *w, int64_t id) {
    fc_mpw_map(w, 3);
    fc_mpw_key(w, "id");
    fc_mpw_int(w, id);
    fc_mpw_key(w, "ok");
    fc_mpw_bool(w, true);
    fc_mpw_key(w, "items");
}

static uint32_t step_of(const struct part *p) {
    uint32_t step = 0;
    for (int i = 0; i < 4; i++) step = step << 8 | (uint8_t)p->key.p[i];
    return step;
}

static int by_step_and_name(const void *a, const void *b) {
    struct fc_str x = (*(struct part *const *)a)->key, y = (*(struct part *const *)b)->key;
    int c = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
    return c != 0 ? c : (x.n > y.n) - (x.n < y.n);
}

/* A named range answers every step, an empty one too: nothing happened is an answer. */
static void fill_steps(struct merge *m) {
    const struct question *q = m->q;
    if (!q->has_name) return;
    for (int64_t step = 0; step * q->step_us < q->to_us - q->from_us; step++) (void)part_of(m, q->name, (uint32_t)step);
}

static void write_parts(struct merge *m, uint8_t **reply, size_t *reply_n) {
    fill_steps(m);
    size_t cap = 256 + (size_t)m->parts.n * 4096;
    struct part **sorted = malloc((m->parts.n + 1) * sizeof *sorted), *p;
    *reply = malloc(cap);
    FC_ASSERT(sorted != NULL && *reply != NULL);
    uint32_t n = 0;
    for (uint32_t at = 0; (p = fc_map_each(&m->parts, &at)) != NULL;) sorted[n++] = p;
    qsort(sorted, n, sizeof *sorted, by_step_and_name);
    struct fc_mpw w;
    fc_mpw_init(&w, *reply, cap);
    write_ok(&w, m->q->id);
    fc_mpw_array(&w, n);
    for (uint32_t i = 0; i < n; i++) write_item(&w, m->q, fc_str_n(sorted[i]->key.p + 4, sorted[i]->key.n - 4), step_of(sorted[i]), &sorted[i]->tally);
    FC_ASSERT(!w.overflow); /* an item is below 4 KiB: 30 numbers and two names */
    *reply_n = w.len;
    free(sorted);
}

static void free_merge(struct merge *m) {
    struct part *p;
    for (uint32_t at = 0; (p = fc_map_each(&m->parts, &at)) != NULL;) {
        fc_tally_fini(&p->tally);
        free(p);
    }
    fc_map_fini(&m->parts);
    fc_tally_fini(&m->one);
}

void fc_query_refuse(const uint8_t *request, size_t n, const char *text, uint8_t **reply, size_t *reply_n) {
    struct question q;
    struct fc_mpw w;
    (void)read_question(request, n, &q, NULL); /* only for the id */
    *reply = malloc(1024);
    FC_ASSERT(*reply != NULL);
    fc_mpw_init(&w, *reply, 1024);
    fc_mpw_map(&w, 3);
    fc_mpw_key(&w, "id");
    fc_mpw_int(&w, q.id);
    fc_mpw_key(&w, "ok");
    fc_mpw_bool(&w, false);
    fc_mpw_key(&w, "error");
    fc_mpw_key(&w, text);
    *reply_n = w.len;
}

void fc_query_answer(struct fc_store *store, const uint8_t *request, size_t n, uint8_t **reply, size_t *reply_n) {
    struct question q;
    struct fc_error err = {0};
    enum fc_status st = read_question(request, n, &q, &err);
    struct merge m = {.q = &q};
    if (st == FC_OK) st = merge_all(store, &m, &err);
    if (st == FC_OK) write_parts(&m, reply, reply_n);
    else fc_query_refuse(request, n, err.text[0] != '\0' ? err.text : fc_status_name(st), reply, reply_n);
    free_merge(&m);
}

/* ---- the thread -------------------------------------------------------------------------------------------------- */

struct fc_query {
    struct fc_ring jobs, done;
    struct fc_wake wake, *publisher;
    struct fc_store *store;
    struct fc_counter stop; /* writer: main; reader: query thread */
    pthread_t thread;
};

static void *run(void *ctx) {
    struct fc_query *q = ctx;
    while (fc_count_get(&q->stop) == 0) {
        struct fc_job *job;
        if (FC_RING_POP(&q->jobs, &job)) {
            fc_query_answer(q->store, job->request, job->request_n, &job->reply, &job->reply_n);
            FC_ASSERT(FC_RING_PUSH(&q->done, &job));
            fc_wake_signal(q->publisher);
            continue;
        }
        fc_wake_prepare(&q->wake);
        if (fc_ring_is_empty(&q->jobs) && fc_count_get(&q->stop) == 0) fc_wake_wait(&q->wake, -1);
        fc_wake_done(&q->wake);
    }
    return NULL;
}

enum fc_status fc_query_start(struct fc_store *store, struct fc_query **out, struct fc_error *err) {
    struct fc_query *q = aligned_alloc(FC_RING_LINE, (sizeof *q + FC_RING_LINE - 1) / FC_RING_LINE * FC_RING_LINE);
    FC_ASSERT(q != NULL);
    memset(q, 0, sizeof *q);
    q->store = store;
    enum fc_status st = fc_wake_init(&q->wake, err);
    if (st == FC_OK) st = fc_ring_init(&q->jobs, JOBS, sizeof(struct fc_job *), err);
    if (st == FC_OK) st = fc_ring_init(&q->done, 2 * JOBS, sizeof(struct fc_job *), err);
    int e = st == FC_OK ? pthread_create(&q->thread, NULL, run, q) : 0;
    if (e != 0) st = fc_fail(err, FC_IO, "cannot start the query thread: %s", strerror(e));
    if (st == FC_OK) {
        *out = q;
        return FC_OK;
    }
    fc_ring_fini(&q->jobs);
    fc_ring_fini(&q->done);
    free(q);
    return st;
}

void fc_query_stop(struct fc_query *q) {
    if (q == NULL) return;
    fc_count_set(&q->stop, 1);
    fc_wake_signal(&q->wake);
    (void)pthread_join(q->thread, NULL);
    struct fc_job *job;
    while (FC_RING_POP(&q->jobs, &job) || FC_RING_POP(&q->done, &job)) {
        (void)zmq_msg_close(&job->route);
        free(job->reply);
        free(job);
    }
    fc_ring_fini(&q->jobs);
    fc_ring_fini(&q->done);
    fc_wake_fini(&q->wake);
    free(q);
}

struct fc_ring *fc_query_jobs(struct fc_query *q) { return &q->jobs; }
struct fc_ring *fc_query_done(struct fc_query *q) { return &q->done; }
struct fc_wake *fc_query_wake(struct fc_query *q) { return &q->wake; }
void fc_query_set_publisher(struct fc_query *q, struct fc_wake *publisher) { q->publisher = publisher; }
