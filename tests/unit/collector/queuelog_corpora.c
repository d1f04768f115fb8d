/* Real logs of a real Asterisk: every figure of summary.json, from the events alone, exactly. */
#include "queuelog_sink.h"
#include "../seed.h"

#include <jansson.h>

static const char *const corpora[] = {"short", "long", "reconnect", "restart", "crash", "v16"};
#define N_CORPORA (sizeof corpora / sizeof corpora[0])

/* ---- the slow obvious reckoning -------------------------------------------------------------------------------- */

struct figures {
    struct fc_qnode node; /* key: queue, or agent */
    int64_t offered, answered, left[FC_LEFT_COUNT], by[8], missed, wait_us, lost_wait_us, talk_us, talks;
};

struct visit {
    struct fc_qnode node; /* key: contact */
    struct figures *queue, *agent;
    int64_t offered_us, answered_us;
    bool over;
};

struct reckoning {
    struct fc_qmap queues, agents, visits, pairs; /* pairs: "agent|queue" -> answered */
    int64_t waiting, talking, gaps, hellos;
};

static struct figures *figures_of(struct fc_qmap *map, struct fc_str key) {
    struct figures *f = (struct figures *)fc_qmap_find(map, key);
    if (f != NULL) return f;
    f = fc_qalloc(sizeof *f);
    fc_qmap_add(map, &f->node, key);
    return f;
}

static struct visit *visit_of(struct reckoning *r, const struct fc_event *ev) {
    struct visit *v = (struct visit *)fc_qmap_find(&r->visits, ev->contact);
    if (v == NULL) fail_msg("%s of contact %.*s, which was never offered", fc_kind_name(ev->kind), FC_STR_ARG(ev->contact));
    if (v->over) fail_msg("%s of contact %.*s, which is over", fc_kind_name(ev->kind), FC_STR_ARG(ev->contact));
    return v;
}

static void reckon_offered(struct reckoning *r, const struct fc_event *ev) {
    assert_null(fc_qmap_find(&r->visits, ev->contact));
    assert_int_equal(ev->channel, FC_CHANNEL_VOICE);
    struct visit *v = fc_qalloc(sizeof *v);
    fc_qmap_add(&r->visits, &v->node, ev->contact);
    v->queue = figures_of(&r->queues, ev->queue);
    v->offered_us = ev->ts;
    v->queue->offered++;
    r->waiting++;
}

static void reckon_answered(struct reckoning *r, const struct fc_event *ev) {
    struct visit *v = visit_of(r, ev);
    char pair[2 * FC_ID_MAX + 2];
    assert_null(v->agent);
    assert_true(ev->ts >= v->offered_us);
    assert_true(fc_str_eq(ev->queue, v->queue->node.key));
    v->agent = figures_of(&r->agents, ev->agent);
    v->answered_us = ev->ts;
    v->queue->answered++;
    v->agent->answered++;
    v->queue->wait_us += ev->ts - v->offered_us;
    int n = snprintf(pair, sizeof pair, "%.*s|%.*s", FC_STR_ARG(ev->agent), FC_STR_ARG(ev->queue));
    figures_of(&r->pairs, fc_str_n(pair, (size_t)n))->answered++;
    r->waiting--;
    r->talking++;
}

static void reckon_left(struct reckoning *r, const struct fc_event *ev) {
    struct visit *v = visit_of(r, ev);
    assert_null(v->agent);
    assert_true(ev->ts >= v->offered_us);
    v->over = true;
    v->queue->left[ev->word]++;
    if (ev->word == FC_LEFT_ABANDONED) v->queue->lost_wait_us += ev->ts - v->offered_us;
    r->waiting--;
}

static void reckon_ended(struct reckoning *r, const struct fc_event *ev) {
    struct visit *v = visit_of(r, ev);
    assert_non_null(v->agent);
    assert_true(ev->ts >= v->answered_us);
    v->over = true;
    r->talking--;
    v->queue->by[ev->by]++;
    v->agent->by[ev->by]++;
    if (ev->by == FC_BY_LOST) return; /* how long she talked is not known */
    v->queue->talk_us += ev->ts - v->answered_us;
    v->agent->talk_us += ev->ts - v->answered_us;
    v->queue->talks++;
}

static void reckon(struct reckoning *r, const struct fc_sink *sink) {
    size_t at = 0;
    struct fc_event ev;
    *r = (struct reckoning){0};
    fc_qmap_init(&r->queues);
    fc_qmap_init(&r->agents);
    fc_qmap_init(&r->visits);
    fc_qmap_init(&r->pairs);
    while (sink_next(sink, &at, &ev)) {
        switch (ev.kind) {
        case FC_OFFERED: reckon_offered(r, &ev); break;
        case FC_ANSWERED: reckon_answered(r, &ev); break;
        case FC_LEFT: reckon_left(r, &ev); break;
        case FC_ENDED: reckon_ended(r, &ev); break;
        case FC_MISSED: figures_of(&r->queues, ev.queue)->missed++, figures_of(&r->agents, ev.agent)->missed++; break;
        case FC_GAP: r->gaps++; break;
        case FC_HELLO: r->hellos++; break;
        default: break;
        }
    }
}

static void free_all(struct fc_qmap *map) {
    while (map->head != NULL) {
        struct fc_qnode *node = map->head;
        fc_qmap_remove(map, node);
        free(node);
    }
    fc_qmap_fini(map);
}

static void reckoning_fini(struct reckoning *r) {
    free_all(&r->queues);
    free_all(&r->agents);
    free_all(&r->visits);
    free_all(&r->pairs);
}

/* ---- against summary.json -------------------------------------------------------------------------------------- */

static char *path_of(const char *corpus, const char *file) {
    char *path;
    assert_true(asprintf(&path, "%s/asterisk/%s/%s", FC_TEST_DATA, corpus, file) > 0);
    return path;
}

static json_t *summary_of(const char *corpus) {
    char *path = path_of(corpus, "summary.json");
    json_error_t error;
    json_t *all = json_load_file(path, 0, &error);
    if (all == NULL) fail_msg("%s:%d: %s", path, error.line, error.text);
    free(path);
    json_t *log = json_incref(json_object_get(all, "queue_log"));
    json_decref(all);
    return log;
}

static int64_t whole(const json_t *object, const char *key) { return (int64_t)json_number_value(json_object_get(object, key)); }
static int64_t sum_s(const json_t *queue, const char *key) { return whole(json_object_get(queue, key), "sum"); }

static void same(const char *corpus, const char *who, const char *what, int64_t ours, int64_t truth) {
    if (ours != truth) fail_msg("%s, %s: %s is %lld, Asterisk says %lld", corpus, who, what, (long long)ours, (long long)truth);
}

static void queue_is(const char *corpus, const char *name, const struct figures *f, const json_t *truth) {
    static const struct { enum fc_left reason; const char *key; } ways[] = {
        {FC_LEFT_ABANDONED, "abandoned"}, {FC_LEFT_TIMEOUT, "exit_timeout"}, {FC_LEFT_KEY, "exit_key"},
        {FC_LEFT_EMPTY, "exit_empty"}, {FC_LEFT_WITHDRAWN, "withdraw"}, {FC_LEFT_UNKNOWN, "cut_waiting"}};
    same(corpus, name, "offered", f->offered, whole(truth, "offered"));
    same(corpus, name, "answered", f->answered, whole(truth, "answered"));
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) same(corpus, name, ways[i].key, f->left[ways[i].reason], whole(truth, ways[i].key));
    same(corpus, name, "ended by the agent", f->by[FC_BY_AGENT], whole(truth, "complete_agent"));
    same(corpus, name, "ended by the customer", f->by[FC_BY_CUSTOMER], whole(truth, "complete_caller"));
    same(corpus, name, "ended by transfer", f->by[FC_BY_TRANSFER], whole(truth, "blind_transfer") + whole(truth, "attended_transfer"));
    same(corpus, name, "cut in the talk", f->by[FC_BY_LOST], whole(truth, "cut_talking"));
    same(corpus, name, "missed", f->missed, whole(truth, "ring_no_answer"));
    same(corpus, name, "wait of the answered, us", f->wait_us, sum_s(truth, "wait_answered") * FC_SECOND_US);
    same(corpus, name, "wait of the abandoned, us", f->lost_wait_us, sum_s(truth, "wait_abandoned") * FC_SECOND_US);
    same(corpus, name, "talks", f->talks, whole(json_object_get(truth, "talk"), "n"));
    same(corpus, name, "talk, us", f->talk_us, sum_s(truth, "talk") * FC_SECOND_US);
}

static void agent_is(const char *corpus, struct reckoning *r, const char *name, const json_t *truth) {
    const struct figures *f = figures_of(&r->agents, fc_str(name));
    const char *queue;
    json_t *n;
    same(corpus, name, "answered", f->answered, whole(truth, "answered"));
    same(corpus, name, "talk, us", f->talk_us, whole(truth, "talk") * FC_SECOND_US);
    same(corpus, name, "transfers", f->by[FC_BY_TRANSFER], whole(truth, "transfers"));
    same(corpus, name, "missed", f->missed, whole(truth, "rna"));
    json_object_foreach(json_object_get(truth, "queues"), queue, n) {
        char pair[2 * FC_ID_MAX + 2];
        (void)snprintf(pair, sizeof pair, "%s|%s", name, queue);
        same(corpus, pair, "answered", figures_of(&r->pairs, fc_str(pair))->answered, (int64_t)json_integer_value(n));
    }
}

static void corpus_is(const char *corpus, const struct fc_sink *sink) {
    struct reckoning r;
    json_t *truth = summary_of(corpus), *one;
    const char *name;
    int64_t offered = 0, answered = 0;
    reckon(&r, sink);
    json_object_foreach(json_object_get(truth, "queues"), name, one) {
        queue_is(corpus, name, figures_of(&r.queues, fc_str(name)), one);
        offered += whole(one, "offered");
        answered += whole(one, "answered");
    }
    assert_int_equal(r.queues.n, json_object_size(json_object_get(truth, "queues")));
    json_object_foreach(json_object_get(truth, "agents"), name, one) agent_is(corpus, &r, name, one);
    same(corpus, "all", "waiting at the end", r.waiting, 0);
    same(corpus, "all", "talking at the end", r.talking, 0);
    same(corpus, "all", "starts", r.hellos, whole(truth, "starts"));
    same(corpus, "all", "gaps", r.gaps, whole(truth, "starts") - 1);
    same(corpus, "all", "visits", (int64_t)r.visits.n, whole(truth, "visits"));
    print_message("%-10s %5lld offered %5lld answered %3zu agents: as Asterisk says, per queue and agent\n", corpus, (long long)offered,
                  (long long)answered, json_object_size(json_object_get(truth, "agents")));
    json_decref(truth);
    reckoning_fini(&r);
}

static void every_figure_is_asterisks(void **state) {
    (void)state;
    for (size_t i = 0; i < N_CORPORA; i++) {
        struct fc_sink sink;
        char *path = path_of(corpora[i], "queue_log.txt"), *uri;
        assert_true(asprintf(&uri, "queuelog:%s", path) > 0);
        sink_init(&sink);
        source_run(&sink, uri);
        corpus_is(corpora[i], &sink);
        sink_fini(&sink);
        free(path);
        free(uri);
    }
}

/* The names in queues.conf change who is known to serve, and no count. */
static void with_queues_conf_the_same(void **state) {
    (void)state;
    for (size_t i = 0; i < N_CORPORA; i++) {
        struct fc_sink sink;
        char *path = path_of(corpora[i], "queue_log.txt"), *conf = path_of(corpora[i], "conf/queues.conf"), *uri;
        assert_true(asprintf(&uri, "queuelog:%s?queues=%s", path, conf) > 0);
        sink_init(&sink);
        source_run(&sink, uri);
        corpus_is(corpora[i], &sink);
        sink_fini(&sink);
        free(path);
        free(conf);
        free(uri);
    }
}

/* ---- power cuts ------------------------------------------------------------------------------------------------ */

/* A sink that takes a few events a round, and a power cut before every fifth commit: the same bytes come out. */
static void killed_anywhere_nothing_is_lost_or_told_twice(void **state) {
    (void)state;
    static const char *const some[] = {"short", "crash", "restart"};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        struct fc_sink straight, cut;
        char *path = path_of(some[i], "queue_log.txt"), *uri;
        assert_true(asprintf(&uri, "queuelog:%s", path) > 0);
        sink_init(&straight);
        source_run(&straight, uri);
        sink_init(&cut);
        struct fc_source *s = source_open(&cut, uri, true);
        int kills = 0;
        for (enum fc_status st = FC_OK; st != FC_EOF;) {
            cut.room = 1 + (int)(rng() % 12);
            st = source_work(s);
            if (rng() % 5 == 0 && st != FC_EOF) {
                sink_power_off(&cut);
                fc_source_queuelog.close(s);
                s = source_open(&cut, uri, true);
                kills++;
            } else {
                sink_commit(&cut);
            }
        }
        fc_source_queuelog.close(s);
        print_message("%-10s %zu visits and ends through %d power cuts\n", some[i], sink_count(&cut, FC_OFFERED) + sink_count(&cut, FC_ENDED), kills);
        assert_int_equal(cut.len, straight.len);
        assert_memory_equal(cut.bytes, straight.bytes, straight.len);
        sink_fini(&straight);
        sink_fini(&cut);
        free(path);
        free(uri);
    }
}

int main(void) {
    rng_seed(20260301);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_figure_is_asterisks),
        cmocka_unit_test(with_queues_conf_the_same),
        cmocka_unit_test(killed_anywhere_nothing_is_lost_or_told_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
