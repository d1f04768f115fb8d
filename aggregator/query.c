#include "query.h"

#include "contacts.h"
#include "kpi.h"
#include "query_private.h"
#include "state.h"

#include <pthread.h>
#include <stdlib.h>

#define JOBS 64
#define RULES_MAX 1024
#define ITEM_BYTES_MAX (8192 + FC_TALLY_BYTES_MAX) /* of one item: some 45 keys, names of 128 bytes, perhaps a tally */

/* ---- the answer -------------------------------------------------------------------------------------------------- */

void fc_reply_room(struct fc_reply *r, struct fc_mpw *w, size_t bytes) {
    if (r->cap - r->n < bytes) {
        r->cap = 2 * r->cap + bytes;
        r->bytes = realloc(r->bytes, r->cap);
        FC_ASSERT(r->bytes != NULL);
    }
    fc_mpw_init(w, r->bytes + r->n, r->cap - r->n);
}

void fc_reply_took(struct fc_reply *r, const struct fc_mpw *w) {
    FC_ASSERT(!w->overflow);
    r->n += w->len;
}

struct shown { /* what the rules of today say of one name */
    struct fc_settings settings;
    struct fc_variants variants;
};

static struct shown shown_of(const struct fc_rules *rules, const struct fc_question *q, struct fc_str name) {
    const struct fc_queue_rules *of = q->scope == FC_ASKED_QUEUE ? fc_rules_queue(rules, name) : &rules->defaults;
    struct shown s = {q->channel < 0 ? of->settings : of->channels[q->channel], of->variants};
    const struct fc_group_rules *g = q->scope == FC_ASKED_GROUP ? fc_query_group(rules, name) : NULL;
    if (g == NULL) return s;
    s.settings.goal = g->goal;
    s.variants = g->variants;
    return s;
}

static void write_channels(struct fc_mpw *w, uint32_t channels) {
    fc_mpw_key(w, "channels");
    fc_mpw_array(w, (size_t)__builtin_popcount(channels));
    for (unsigned c = 0; c < FC_CHANNEL_COUNT; c++)
        if ((channels >> c & 1) != 0) fc_mpw_key(w, fc_word(FC_VOCAB_CHANNEL, c));
}

static void write_head(struct fc_mpw *w, const struct fc_question *q, const struct fc_part *p) {
    int64_t from_us = q->from_us + fc_part_step(p) * q->step_us;
    int64_t to_us = q->to_us - from_us < q->step_us ? q->to_us : from_us + q->step_us;
    fc_mpw_key(w, "scope");
    fc_mpw_key(w, fc_asked_word(q->scope));
    fc_mpw_key(w, "name");
    fc_mpw_str(w, fc_part_name(p));
    fc_mpw_key(w, "channel");
    fc_mpw_key(w, q->channel < 0 ? "all" : fc_word(FC_VOCAB_CHANNEL, (unsigned)q->channel));
    write_channels(w, p->channels);
    fc_mpw_key(w, "window");
    fc_mpw_key(w, "range");
    fc_mpw_key(w, "from_us");
    fc_mpw_int(w, from_us);
    fc_mpw_key(w, "to_us");
    fc_mpw_int(w, to_us);
}

static void write_item(struct fc_reply *r, const struct fc_query_base *base, const struct fc_question *q,
                       const struct fc_part *p) {
    struct shown s = shown_of(base->rules, q, fc_part_name(p));
    struct fc_mpw w;
    fc_reply_room(r, &w, ITEM_BYTES_MAX);
    fc_mpw_map(&w, 7 + 3 + FC_KPI_PAIRS + (size_t)base->shows_tallies);
    write_head(&w, q, p);
    fc_mpw_key(&w, "threshold_ms");
    fc_mpw_int(&w, s.settings.threshold_us / 1000);
    fc_mpw_key(&w, "short_abandon_ms");
    fc_mpw_int(&w, s.settings.short_us / 1000);
    fc_mpw_key(&w, "goal");
    fc_mpw_f64(&w, s.settings.goal);
    fc_kpi_write(&w, &(struct fc_kpi_view){.tally = &p->tally,
                                           .wait_us_max = p->tally.wait_us_max,
                                           .variants = s.variants,
                                           .complaints_open = -1});
    if (base->shows_tallies) {
        fc_mpw_key(&w, "tally");
        fc_tally_encode(&w, &p->tally);
    }
    fc_reply_took(r, &w);
}

void fc_reply_ok(struct fc_reply *r, int64_t id, uint32_t items) {
    struct fc_mpw w;
    fc_reply_room(r, &w, ITEM_BYTES_MAX);
    fc_mpw_map(&w, 4);
    fc_mpw_key(&w, "v");
    fc_mpw_int(&w, FC_STATE_VERSION);
    fc_mpw_key(&w, "id");
    fc_mpw_int(&w, id);
    fc_mpw_key(&w, "ok");
    fc_mpw_bool(&w, true);
    fc_mpw_key(&w, "items");
    fc_mpw_array(&w, items);
    fc_reply_took(r, &w);
}

static void write_error(struct fc_reply *r, int64_t id, enum fc_status st, const char *text) {
    struct fc_mpw w;
    fc_reply_room(r, &w, ITEM_BYTES_MAX);
    fc_mpw_map(&w, 5);
    fc_mpw_key(&w, "v");
    fc_mpw_int(&w, FC_STATE_VERSION);
    fc_mpw_key(&w, "id");
    fc_mpw_int(&w, id);
    fc_mpw_key(&w, "ok");
    fc_mpw_bool(&w, false);
    fc_mpw_key(&w, "code");
    fc_mpw_key(&w, fc_status_name(st));
    fc_mpw_key(&w, "error");
    fc_mpw_key(&w, text[0] != '\0' ? text : fc_status_name(st));
    fc_reply_took(r, &w);
}

static int by_step_and_name(const void *a, const void *b) {
    struct fc_str x = (*(struct fc_part *const *)a)->key, y = (*(struct fc_part *const *)b)->key;
    int c = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
    return c != 0 ? c : (x.n > y.n) - (x.n < y.n);
}

static void write_parts(struct fc_reply *r, const struct fc_query_base *base, const struct fc_question *q,
                        const struct fc_map *parts) {
    struct fc_part **sorted = malloc((parts->n + 1) * sizeof *sorted), *p;
    FC_ASSERT(sorted != NULL);
    uint32_t n = 0;
    for (uint32_t at = 0; (p = fc_map_each(parts, &at)) != NULL;) sorted[n++] = p;
    qsort(sorted, n, sizeof *sorted, by_step_and_name);
    fc_reply_ok(r, q->id, n);
    for (uint32_t i = 0; i < n; i++) write_item(r, base, q, sorted[i]);
    free(sorted);
}

void fc_query_answer(const struct fc_query_base *base, const uint8_t *request, size_t n, uint8_t **reply,
                     size_t *reply_n) {
    struct fc_question q;
    struct fc_error err = {0};
    struct fc_map parts = {0};
    struct fc_reply r = {0};
    bool contacts = fc_contacts_is_asked(request, n);
    enum fc_status st = contacts ? fc_query_contacts(base, request, n, &r, &q.id, &err)
                                 : fc_question_read(base, request, n, &q, &err);
    if (st == FC_OK && !contacts) st = fc_query_merge(base, &q, &parts, &err);
    if (st == FC_OK && !contacts)
        write_parts(&r, base, &q, &parts);
    else if (st != FC_OK)
        write_error(&r, q.id, st, err.text);
    fc_query_free(&parts);
    *reply = r.bytes;
    *reply_n = r.n;
}

enum fc_status fc_query_check_version(const uint8_t *request, size_t n, struct fc_error *err) {
    int64_t v = fc_mp_version(request, n);
    if (v == FC_STATE_VERSION) return FC_OK;
    if (v < 0) return fc_fail(err, FC_INVALID, "v: expected a version, %d", FC_STATE_VERSION);
    return fc_fail(err, FC_INVALID, "a question of version %lld: this program reads version %d", (long long)v, FC_STATE_VERSION);
}

void fc_query_refuse(const uint8_t *request, size_t n, enum fc_status why, const char *text, uint8_t **reply, size_t *reply_n) {
    struct fc_reply r = {0};
    struct fc_mp at;
    int64_t id = 0;
    if (!fc_mp_find(request, n, "id", &at) || !fc_mp_i64(&at, &id)) id = 0;
    write_error(&r, id, why, text);
    *reply = r.bytes;
    *reply_n = r.n;
}

/* ---- the thread -------------------------------------------------------------------------------------------------- */

struct fc_query {
    struct fc_ring jobs, done, news; /* news: const struct fc_rules *, main -> query */
    struct fc_wake wake, *publisher;
    struct fc_query_base base;
    const struct fc_counter *now_us; /* the engine's */
    struct fc_counter stop;          /* writer: main; reader: query thread */
    pthread_t thread;
};

static void *run(void *ctx) {
    struct fc_query *q = ctx;
    while (fc_count_get(&q->stop) == 0) {
        struct fc_job *job;
        if (FC_RING_POP(&q->jobs, &job)) {
            while (FC_RING_POP(&q->news, &q->base.rules)) continue;
            q->base.now_us = (int64_t)fc_count_get(q->now_us);
            fc_query_answer(&q->base, job->request, job->request_n, &job->reply, &job->reply_n);
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

enum fc_status fc_query_start(struct fc_store *store, const struct fc_rules *rules, const struct fc_counter *now_us,
                              struct fc_query **out, struct fc_error *err) {
    struct fc_query *q = aligned_alloc(FC_RING_LINE, (sizeof *q + FC_RING_LINE - 1) / FC_RING_LINE * FC_RING_LINE);
    FC_ASSERT(q != NULL);
    memset(q, 0, sizeof *q);
    q->base = (struct fc_query_base){.store = store, .rules = rules};
    q->now_us = now_us;
    enum fc_status st = fc_wake_init(&q->wake, err);
    if (st == FC_OK) st = fc_ring_init(&q->jobs, JOBS, sizeof(struct fc_job *), err);
    if (st == FC_OK) st = fc_ring_init(&q->news, RULES_MAX, sizeof(const struct fc_rules *), err);
    if (st == FC_OK) st = fc_ring_init(&q->done, 2 * JOBS, sizeof(struct fc_job *), err);
    int e = st == FC_OK ? pthread_create(&q->thread, NULL, run, q) : 0;
    if (e != 0) st = fc_fail(err, FC_IO, "cannot start the query thread: %s", strerror(e));
    if (st == FC_OK) {
        *out = q;
        return FC_OK;
    }
    fc_ring_fini(&q->jobs);
    fc_ring_fini(&q->done);
    fc_ring_fini(&q->news);
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
    fc_ring_fini(&q->news);
    fc_wake_fini(&q->wake);
    free(q);
}

bool fc_query_configure(struct fc_query *q, const struct fc_rules *rules) {
    return FC_RING_PUSH(&q->news, &rules);
}

struct fc_ring *fc_query_jobs(struct fc_query *q) {
    return &q->jobs;
}
struct fc_ring *fc_query_done(struct fc_query *q) {
    return &q->done;
}
struct fc_wake *fc_query_wake(struct fc_query *q) {
    return &q->wake;
}
void fc_query_set_publisher(struct fc_query *q, struct fc_wake *publisher) {
    q->publisher = publisher;
}
void fc_query_show_tallies(struct fc_query *q) {
    q->base.shows_tallies = true;
}
