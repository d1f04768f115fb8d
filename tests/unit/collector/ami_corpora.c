/* Recordings of real Asterisks, whole, through the amilog source: every figure against what queue_log says of the same
 * run, every waiting caller against Asterisk's own answer at every poll. Prints the comparison. */
#include "ami_fake.h"
#include "ami_track.h"
#include "amilog_files.h"

#include <jansson.h>
#include <zlib.h>

struct run {
    const char *name;
    struct fc_sink *sink;
    struct visits visits;
    json_t *summary;
    struct {
        char name[64];
        uint64_t value;
    } counters[64];
    unsigned counters_n;
};

static void keep_counter(void *ctx, const char *name, uint64_t value) {
    struct run *r = ctx;
    fc_str_copy(r->counters[r->counters_n].name, 64, fc_str(name));
    r->counters[r->counters_n++].value = value;
}

static uint64_t counter(const struct run *r, const char *name) {
    for (unsigned i = 0; i < r->counters_n; i++)
        if (strcmp(r->counters[i].name, name) == 0) return r->counters[i].value;
    fail_msg("no counter %s", name);
    return 0;
}

static struct fc_source *open_source(const char *name, struct fc_sink *sink, char *dir, size_t cap) {
    struct fc_error err = {{0}};
    struct fc_source *s = NULL;
    (void)snprintf(dir, cap, "%s/asterisk/%s", FC_TEST_DATA, name);
    struct fc_source_args args = {.uri = dir, .rest = dir, .sink = sink, .once = true};
    if (fc_source_amilog.open(&args, &s, &err) != FC_OK) fail_msg("%s", err.text);
    return s;
}

/* One round of the collector's loop, without its sleeping. */
static enum fc_status round_of(struct fc_source *s) {
    struct fc_error err = {{0}};
    enum fc_status st = fc_source_amilog.work(s, NULL, 0, (struct fc_wall){1}, (struct fc_mono){1}, &err);
    if (st != FC_OK && st != FC_EOF) fail_msg("%s", err.text);
    return st;
}

static struct run run_of(const char *name) {
    char path[600];
    struct run r = {.name = name, .sink = fake_create()};
    struct fc_source *s = open_source(name, r.sink, path, sizeof path);
    while (round_of(s) == FC_OK) {}
    fc_source_amilog.counters(s, keep_counter, &r);
    fc_source_amilog.close(s);
    r.visits = visits_of(r.sink);
    json_error_t jerr;
    (void)snprintf(path, sizeof path, "%s/asterisk/%s/summary.json", FC_TEST_DATA, name);
    r.summary = json_load_file(path, 0, &jerr);
    if (r.summary == NULL) fail_msg("%s: %s", path, jerr.text);
    return r;
}

static void run_free(struct run *r) {
    json_decref(r->summary);
    free(r->visits.v);
    fake_free(r->sink);
}

/* ---- the table ------------------------------------------------------------------------------------------------- */

enum column { OFFERED, ANSWERED, LOST, ABANDONED, TIMEOUT, EMPTY, WITHDRAWN, UNKNOWN, KEY, RNA, BY_AGENT, BY_CALLER, BY_TRANSFER, COLUMNS };

struct row {
    int64_t ours[COLUMNS], theirs[COLUMNS];
};

static const char *const column_names[COLUMNS] = {"offered", "answered", "lost", "abandoned", "timeout", "empty", "withdrawn",
                                                  "unknown", "key", "rna", "by agent", "by caller", "transfer"};

static void count_left(struct row *row, uint8_t reason) {
    static const struct {
        enum fc_left reason;
        enum column column;
    } of[] = {{FC_LEFT_ABANDONED, ABANDONED}, {FC_LEFT_TIMEOUT, TIMEOUT}, {FC_LEFT_EMPTY, EMPTY}, {FC_LEFT_WITHDRAWN, WITHDRAWN}, {FC_LEFT_UNKNOWN, UNKNOWN}};
    if (reason == FC_LEFT_KEY) {
        row->ours[KEY]++;
        return;
    }
    row->ours[LOST]++;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (of[i].reason == reason) row->ours[of[i].column]++;
}

static void count_ours(const struct run *r, const char *queue, struct row *row) {
    for (size_t i = 0; i < r->visits.n; i++) {
        const struct visit *v = &r->visits.v[i];
        if (strcmp(v->queue, queue) != 0) continue;
        row->ours[OFFERED]++;
        row->ours[ANSWERED] += v->answers > 0;
        if (v->lefts > 0) count_left(row, v->reason);
        if (v->ends > 0) row->ours[v->by == FC_BY_AGENT ? BY_AGENT : v->by == FC_BY_CUSTOMER ? BY_CALLER : v->by == FC_BY_TRANSFER ? BY_TRANSFER : UNKNOWN]++;
    }
    for (size_t i = 0; i < r->sink->n; i++)
        row->ours[RNA] += r->sink->recs[i].kind == FC_MISSED && strcmp(r->sink->recs[i].queue, queue) == 0;
}

static int64_t number(const json_t *o, const char *key) { return json_integer_value(json_object_get(o, key)); }

static void count_theirs(const json_t *q, struct row *row) {
    row->theirs[OFFERED] = number(q, "offered");
    row->theirs[ANSWERED] = number(q, "answered");
    row->theirs[ABANDONED] = number(q, "abandoned");
    row->theirs[TIMEOUT] = number(q, "exit_timeout");
    row->theirs[EMPTY] = number(q, "exit_empty");
    row->theirs[WITHDRAWN] = number(q, "withdraw");
    row->theirs[KEY] = number(q, "exit_key");
    row->theirs[RNA] = number(q, "ring_no_answer");
    row->theirs[BY_AGENT] = number(q, "complete_agent");
    row->theirs[BY_CALLER] = number(q, "complete_caller");
    row->theirs[BY_TRANSFER] = number(q, "blind_transfer") + number(q, "attended_transfer");
    for (int c = ABANDONED; c <= WITHDRAWN; c++) row->theirs[LOST] += row->theirs[c];
}

static void print_row(const struct run *r, const char *queue, const struct row *row) {
    printf("  %-10s %-8s", r->name, queue);
    for (int c = 0; c < COLUMNS; c++) printf(" %s %ld/%ld%s", column_names[c], (long)row->ours[c], (long)row->theirs[c], c + 1 < COLUMNS ? "," : "\n");
}

static json_t *queues_of(const struct run *r) { return json_object_get(json_object_get(r->summary, "queue_log"), "queues"); }

static void compare(const struct run *r, bool exact) {
    const char *queue;
    json_t *q;
    printf("  (ours/queue_log)\n");
    json_object_foreach(queues_of(r), queue, q) {
        struct row row = {0};
        count_ours(r, queue, &row);
        count_theirs(q, &row);
        print_row(r, queue, &row);
        for (int c = 0; c < COLUMNS && exact; c++) assert_int_equal(row.ours[c], row.theirs[c]);
    }
}

/* ---- waiting now, against Asterisk ------------------------------------------------------------------------------ */

static int64_t us(const json_t *seconds) { return (int64_t)(json_number_value(seconds) * 1e6); }

static bool waited(const struct visit *v, int64_t at) {
    int64_t until = v->answered > 0 ? v->answered : v->left;
    return v->offered <= at && (until == 0 || until > at);
}

/* Callers waiting at `at`; and whether that changed within a tenth of a second of the poll. */
static int64_t waiting_at(const struct run *r, const char *queue, int64_t from, int64_t to, bool *changed) {
    int64_t n = 0;
    for (size_t i = 0; i < r->visits.n; i++) {
        const struct visit *v = &r->visits.v[i];
        if (strcmp(v->queue, queue) != 0) continue;
        int64_t until = v->answered > 0 ? v->answered : v->left;
        n += waited(v, from);
        *changed |= v->offered >= from - 100000 && v->offered <= to + 100000;
        *changed |= until >= from - 100000 && until <= to + 100000;
    }
    return n;
}

static bool connected_at(const struct run *r, int64_t from, int64_t to) {
    size_t i;
    json_t *c;
    json_array_foreach(json_object_get(json_object_get(r->summary, "ami"), "connections"), i, c) {
        if (us(json_object_get(c, "opened")) + 1500000 < from && us(json_object_get(c, "closed")) > to) return true;
    }
    return false;
}

static unsigned compare_poll(const struct run *r, json_t *poll, unsigned *unsure) {
    const char *queue;
    json_t *params;
    unsigned n = 0;
    int64_t from = us(json_object_get(poll, "t")), to = us(json_object_get(poll, "t_end"));
    if (json_is_true(json_object_get(poll, "down")) || !connected_at(r, from, to)) return 0;
    json_object_foreach(json_object_get(poll, "params"), queue, params) {
        bool changed = false;
        int64_t ours = waiting_at(r, queue, from, to, &changed);
        int64_t theirs = atoll(json_string_value(json_object_get(params, "Calls")));
        if (ours != theirs && !changed) fail_msg("%s at %ld: %s has %ld callers, we say %ld", r->name, (long)from, queue, (long)theirs, (long)ours);
        *unsure += ours != theirs;
        n++;
    }
    return n;
}

static void compare_waiting(const struct run *r) {
    char path[600];
    static char line[1 << 20];
    unsigned polls = 0, unsure = 0;
    (void)snprintf(path, sizeof path, "%s/asterisk/%s/truth.jsonl.gz", FC_TEST_DATA, r->name);
    gzFile gz = gzopen(path, "rb");
    assert_non_null(gz);
    while (gzgets(gz, line, sizeof line) != NULL) {
        json_error_t jerr;
        json_t *poll = json_loads(line, 0, &jerr);
        if (poll == NULL) fail_msg("%s: %s", path, jerr.text);
        polls += compare_poll(r, poll, &unsure);
        json_decref(poll);
    }
    (void)gzclose(gz);
    printf("  %-10s waiting now equals Asterisk's Calls in %u answers (%u changed while it was being asked)\n", r->name, polls - unsure, unsure);
    assert_true(polls > 0);
}

/* ---- what holds for every recording ----------------------------------------------------------------------------- */

static void nothing_twice_nobody_open_in(const struct run *r) {
    assert_int_equal(r->visits.stray, 0);
    for (size_t i = 0; i < r->visits.n; i++) {
        const struct visit *v = &r->visits.v[i];
        bool fine = v->lefts <= 1 && v->ends <= 1 && v->lefts + (v->answers > 0) == 1 && v->ends == (v->answers > 0);
        if (!fine) fail_msg("%s: %s: %u offered, %u answered, %u left, %u ended", r->name, v->contact, v->offers, v->answers, v->lefts, v->ends);
        int64_t until = v->answers > 0 ? v->answered : v->left;
        if (until < v->offered || (v->ends > 0 && v->ended < v->answered)) fail_msg("%s: %s: time runs back", r->name, v->contact);
    }
}

static void nothing_twice_nobody_open(const struct run *r) {
    nothing_twice_nobody_open_in(r);
    assert_int_equal(counter(r, "waiting_now"), 0);
    assert_int_equal(counter(r, "talking_now"), 0);
    assert_int_equal(counter(r, "events_invalid"), 0);
    assert_int_equal(counter(r, "over_limit"), 0);
}

static void print_counters(const struct run *r) {
    printf("  %-10s", r->name);
    for (unsigned i = 0; i < r->counters_n; i++)
        if (r->counters[i].value > 0) printf(" %s=%lu", r->counters[i].name, (unsigned long)r->counters[i].value);
    printf("\n");
}

static void unbroken(const char *name) {
    struct run r = run_of(name);
    compare(&r, true);
    compare_waiting(&r);
    print_counters(&r);
    nothing_twice_nobody_open(&r);
    assert_int_equal(fake_count(r.sink, FC_GAP), 0);
    assert_int_equal(fake_count(r.sink, FC_HELLO), 1);
    assert_int_equal(counter(&r, "exits_unknown"), 0);
    assert_int_equal(counter(&r, "ends_unknown"), 0);
    assert_int_equal(counter(&r, "ends_without_visit"), 0);
    assert_int_equal(counter(&r, "orders_odd"), 0);
    assert_int_equal(counter(&r, "lines_bad"), 0);
    assert_int_equal(counter(&r, "messages"), number(json_object_get(r.summary, "ami"), "messages"));
    run_free(&r);
}

static void short_is_exact(void **state) { (void)state; unbroken("short"); }
static void long_is_exact(void **state) { (void)state; unbroken("long"); }
static void v16_is_exact(void **state) { (void)state; unbroken("v16"); }

static void at_most(const struct run *r) {
    const char *queue;
    json_t *q;
    json_object_foreach(queues_of(r), queue, q) {
        struct row row = {0};
        count_ours(r, queue, &row);
        count_theirs(q, &row);
        for (int c = 0; c < COLUMNS; c++)
            if (c != UNKNOWN && c != LOST) assert_true(row.ours[c] <= row.theirs[c]);
        assert_int_equal(row.ours[OFFERED], row.ours[ANSWERED] + row.ours[LOST] + row.ours[KEY]);
    }
}

static void broken(const char *name, size_t gaps, size_t lives, bool exact) {
    struct run r = run_of(name);
    compare(&r, exact);
    compare_waiting(&r);
    print_counters(&r);
    nothing_twice_nobody_open(&r);
    at_most(&r);
    assert_int_equal(fake_count(r.sink, FC_GAP), gaps);
    assert_int_equal(fake_count(r.sink, FC_HELLO), gaps + 1);
    assert_int_equal(fake_count(r.sink, FC_SNAPSHOT), 2 * (gaps + 1));
    assert_int_equal(counter(&r, "lives"), lives);
    run_free(&r);
}

static void reconnect_counts_nothing_twice(void **state) { (void)state; broken("reconnect", 2, 1, false); }
/* Asterisk ends every call before it restarts, so nothing is lost with the connection. */
static void restart_counts_nothing_twice(void **state) { (void)state; broken("restart", 1, 2, true); }
static void crash_counts_nothing_twice(void **state) { (void)state; broken("crash", 1, 2, false); }

/* ---- logins that are sent fewer classes of events ---------------------------------------------------------------- */

/* Whether a login with these classes would have been sent the message; answers have no class. */
static bool sent_to(const struct fc_ami_msg *m, const char *const *classes) {
    struct fc_str p = fc_ami_get(m, "Privilege");
    for (size_t i = 0; classes[i] != NULL; i++)
        if (fc_str_starts(p, classes[i])) return true;
    return p.p == NULL;
}

static struct run run_with_classes(const char *name, const char *const *classes) {
    static struct fc_ami_parse parse;
    static struct fc_ami_msg msg;
    struct fc_error err = {{0}};
    struct fc_amilog_files files;
    struct fc_ami_out out;
    struct run r = {.name = name, .sink = fake_create()};
    char path[600];
    (void)snprintf(path, sizeof path, "%s/asterisk/%s", FC_TEST_DATA, name);
    if (fc_amilog_open(&files, path, &err) != FC_OK || fc_amilog_next(&files, &err) != FC_OK) fail_msg("%s", err.text);
    fc_ami_parse_init(&parse);
    fc_ami_out_init(&out, r.sink, fc_str("amilog:test"));
    struct fc_ami_track *t = fc_ami_track_create(&out);
    fc_ami_track_connected(t, fc_amilog_due_us(&files));
    for (;;) {
        size_t cap, n;
        char *to = fc_ami_parse_space(&parse, &cap);
        if (fc_amilog_read(&files, to, cap, &n, &err) != FC_OK) break;
        fc_ami_parse_added(&parse, n);
        while (fc_ami_parse_next(&parse, &msg, &err) == FC_OK)
            if (msg.greeting || sent_to(&msg, classes)) fc_ami_track_message(t, &msg, files.read_us);
    }
    fc_ami_track_finish(t, files.read_us);
    fc_ami_track_destroy(t);
    fc_ami_out_fini(&out);
    fc_amilog_close(&files);
    r.visits = visits_of(r.sink);
    json_error_t jerr;
    (void)snprintf(path, sizeof path, "%s/asterisk/%s/summary.json", FC_TEST_DATA, name);
    r.summary = json_load_file(path, 0, &jerr);
    if (r.summary == NULL) fail_msg("%s: %s", path, jerr.text);
    return r;
}

/* The columns that do not depend on the classes are exact; of the lost, those in `known` are, and the rest is unknown. */
static void expect_known(const char *name, const char *const *classes, bool abandoned_known) {
    struct run r = run_with_classes(name, classes);
    const char *queue;
    json_t *q;
    json_object_foreach(queues_of(&r), queue, q) {
        struct row row = {0};
        count_ours(&r, queue, &row);
        count_theirs(q, &row);
        print_row(&r, queue, &row);
        static const enum column exact[] = {OFFERED, ANSWERED, LOST, KEY, RNA, BY_AGENT, BY_CALLER, BY_TRANSFER};
        for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) assert_int_equal(row.ours[exact[i]], row.theirs[exact[i]]);
        assert_int_equal(row.ours[ABANDONED], abandoned_known ? row.theirs[ABANDONED] : 0);
        assert_int_equal(row.ours[UNKNOWN], row.theirs[LOST] - row.ours[ABANDONED]);
    }
    nothing_twice_nobody_open_in(&r);
    run_free(&r);
}

static void pitfall_22_class_agent_is_enough_for_the_figures(void **state) {
    (void)state;
    static const char *const agent[] = {"agent", NULL};
    expect_known("short", agent, false);
    expect_known("long", agent, false);
    expect_known("v16", agent, false);
}

static void pitfall_04_class_call_tells_who_gave_up(void **state) {
    (void)state;
    static const char *const call[] = {"system", "call", "agent", "user", "reporting", NULL};
    expect_known("short", call, true);
    expect_known("long", call, true);
    expect_known("v16", call, true);
}

/* ---- per agent --------------------------------------------------------------------------------------------------- */

static int64_t count_agent(const struct run *r, const char *agent, enum fc_kind kind) {
    int64_t n = 0;
    for (size_t i = 0; i < r->sink->n; i++) n += r->sink->recs[i].kind == kind && strcmp(r->sink->recs[i].agent, agent) == 0;
    return n;
}

static void pitfall_11_agents_are_those_of_queue_log(void **state) {
    (void)state;
    static const char *const names[] = {"short", "long", "v16"};
    for (size_t i = 0; i < 3; i++) {
        struct run r = run_of(names[i]);
        const char *agent;
        json_t *a;
        int64_t transfers = 0, expected = 0;
        json_object_foreach(json_object_get(json_object_get(r.summary, "queue_log"), "agents"), agent, a) {
            int64_t answered = 0, before = transfers;
            for (size_t k = 0; k < r.visits.n; k++) {
                const struct visit *v = &r.visits.v[k];
                if (strcmp(v->agent, agent) != 0) continue;
                answered++;
                transfers += v->by == FC_BY_TRANSFER;
            }
            assert_int_equal(answered, number(a, "answered"));
            assert_int_equal(transfers - before, number(a, "transfers"));
            assert_int_equal(count_agent(&r, agent, FC_MISSED), number(a, "rna"));
            expected += number(a, "transfers");
        }
        assert_int_equal(transfers, expected);
        run_free(&r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_is_exact),
        cmocka_unit_test(long_is_exact),
        cmocka_unit_test(v16_is_exact),
        cmocka_unit_test(reconnect_counts_nothing_twice),
        cmocka_unit_test(restart_counts_nothing_twice),
        cmocka_unit_test(crash_counts_nothing_twice),
        cmocka_unit_test(pitfall_22_class_agent_is_enough_for_the_figures),
        cmocka_unit_test(pitfall_04_class_call_tells_who_gave_up),
        cmocka_unit_test(pitfall_11_agents_are_those_of_queue_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
