/* floorcast-aggregator: reads the command line, wires the threads together and takes them apart again. */
#include "config.h"
#include "driver.h"
#include "endpoint.h"
#include "ingest.h"
#include "kpi.h"
#include "log.h"
#include "metrics.h"
#include "options.h"
#include "process.h"
#include "publisher.h"
#include "query.h"
#include "recover.h"
#include "retention.h"
#include "tally.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { OPT_DATA, OPT_DATA_LIMIT, OPT_LISTEN, OPT_PUBLISH, OPT_QUERY, OPT_CLOCK, OPT_CONFIG, OPT_CHECK, OPT_KPIS, OPT_CELL, OPT_INSECURE, OPT_LOG_FORMAT, OPT_COUNT };

static const struct fc_option table[OPT_COUNT] = {
    [OPT_DATA] = {.name = "data", .arg = "DIR", .help = "where journal, checkpoints and history live (default ./data)"},
    [OPT_DATA_LIMIT] = {.name = "data-limit", .arg = "BYTES", .help = "its largest size, with K, M or G (64G); at the limit collectors keep their events"},
    [OPT_LISTEN] = {.name = "listen", .arg = "ENDPOINT", .help = "take batches of collectors there, a thread each (default tcp://127.0.0.1:5600)", .repeatable = true},
    [OPT_PUBLISH] = {.name = "publish", .arg = "ENDPOINT", .help = "publish topic states there (default tcp://127.0.0.1:5601)"},
    [OPT_QUERY] = {.name = "query", .arg = "ENDPOINT", .help = "answer questions there (default tcp://127.0.0.1:5602)"},
    [OPT_CLOCK] = {.name = "clock", .arg = "wall|event", .help = "what now is: the machine's time, or the newest event's (for replays)"},
    [OPT_CONFIG] = {.name = "config", .arg = "FILE", .help = "YAML: thresholds, goals, formulas, queues, groups, the business day and more (see README)"},
    [OPT_CHECK] = {.name = "check", .help = "check options and configuration, then exit"},
    [OPT_KPIS] = {.name = "kpis", .arg = "md|json|ts", .optional = true, .help = "print the table of KPIs, then exit: Markdown (default),\nthe API's JSON, or the page's TypeScript types"},
    [OPT_CELL] = {.name = "cell", .help = "one of several aggregators, each with groups of queues of its own: items hold\nwhat a wallboard merges them by"},
    [OPT_INSECURE] = {.name = "insecure", .help = "allow endpoints that other machines reach: whoever reaches them can feed and read"},
    [OPT_LOG_FORMAT] = {.name = "log-format", .arg = "text|json", .help = "form of the lines on stderr (default text)"},
};
static const struct fc_program program = {"floorcast-aggregator", "works out live KPIs from collected events and keeps them", table, OPT_COUNT};

struct settings {
    const char *data, *publish, *query, *config;
    const char *listen[FC_OPTION_REPEAT_MAX];
    uint32_t listen_n;
    uint64_t data_limit_bytes;
    bool event_clock, insecure, cell;
    struct fc_rules *rules;
};

/* ---- options ---------------------------------------------------------------------------------------------------- */

/* `what`: what whoever reaches it can do, as there are no keys. */
static enum fc_status check_endpoint(const struct settings *s, const char *option, const char *endpoint, const char *what, struct fc_error *err) {
    if (strncmp(endpoint, "tcp://", 6) != 0 && strncmp(endpoint, "ipc://", 6) != 0)
        return fc_fail(err, FC_CONFIG, "--%s %s: expected tcp://HOST:PORT or ipc://PATH", option, endpoint);
    if (fc_endpoint_is_local(endpoint)) return FC_OK;
    if (!s->insecure)
        return fc_fail(err, FC_CONFIG, "--%s %s: other machines can reach this address, and without keys whoever does can %s; expected a loopback address, or --insecure",
                       option, endpoint, what);
    fc_warn("--insecure: --%s %s is open to every machine that reaches it: without keys whoever does can %s", option, endpoint, what);
    return FC_OK;
}

static enum fc_status load_rules(const char *path, struct fc_rules **out, struct fc_error *err) {
    if (path == NULL) {
        *out = fc_rules_default();
        return FC_OK;
    }
    return fc_rules_read(path, out, err);
}

static enum fc_status read_settings(const struct fc_option_values *got, struct settings *s, struct fc_error *err) {
    const char *format = fc_options_last(&got[OPT_LOG_FORMAT], "text"), *clock = fc_options_last(&got[OPT_CLOCK], "wall");
    if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0) return fc_fail(err, FC_CONFIG, "--log-format %s: expected text or json", format);
    fc_log_setup(strcmp(format, "json") == 0 ? FC_LOG_JSON : FC_LOG_TEXT, FC_LOG_INFO);
    if (strcmp(clock, "wall") != 0 && strcmp(clock, "event") != 0) return fc_fail(err, FC_CONFIG, "--clock %s: expected wall or event", clock);
    *s = (struct settings){.data = fc_options_last(&got[OPT_DATA], "data"),
                           .publish = fc_options_last(&got[OPT_PUBLISH], "tcp://127.0.0.1:5601"),
                           .query = fc_options_last(&got[OPT_QUERY], "tcp://127.0.0.1:5602"),
                           .config = fc_options_last(&got[OPT_CONFIG], NULL),
                           .listen = {"tcp://127.0.0.1:5600"},
                           .listen_n = got[OPT_LISTEN].n > 0 ? got[OPT_LISTEN].n : 1,
                           .event_clock = strcmp(clock, "event") == 0,
                           .insecure = got[OPT_INSECURE].n > 0,
                           .cell = got[OPT_CELL].n > 0};
    for (uint32_t i = 0; i < got[OPT_LISTEN].n; i++) s->listen[i] = got[OPT_LISTEN].v[i];
    enum fc_status st = FC_OK;
    for (uint32_t i = 0; st == FC_OK && i < s->listen_n; i++) st = check_endpoint(s, "listen", s->listen[i], "add and falsify calls", err);
    if (st == FC_OK) st = check_endpoint(s, "publish", s->publish, "read every queue and agent", err);
    if (st == FC_OK) st = check_endpoint(s, "query", s->query, "read all that is stored", err);
    if (st == FC_OK && got[OPT_DATA_LIMIT].n > 0 && !fc_options_bytes(got[OPT_DATA_LIMIT].v[0], FC_STORE_MAP_BYTES_MIN, &s->data_limit_bytes))
        st = fc_fail(err, FC_CONFIG, "--data-limit %s: expected bytes with K, M or G, from 1M to 16384G", got[OPT_DATA_LIMIT].v[0]);
    if (st == FC_OK) st = load_rules(s->config, &s->rules, err);
    return st;
}

/* ---- the threads ------------------------------------------------------------------------------------------------- */

struct service {
    const struct settings *s;
    void *zmq;
    struct fc_store *store;
    struct fc_engine *engine;
    struct fc_writer *writer;
    struct fc_driver *driver;
    struct fc_query *query;
    struct fc_retention *retention;
    struct fc_publisher *publisher;
    struct fc_ingest *ingests[FC_OPTION_REPEAT_MAX];
    uint32_t ingests_n, ingests_running;
    bool writer_running, driver_running, publisher_running;
    struct fc_metrics metrics;
};

#define WAY_OUT "README, \"A damaged store\", says what to do"

/* What was not acked the collectors have; what was is on the disk. Whoever restarts services starts this one from there. */
static void end_broken(void *ctx, const struct fc_error *why) {
    (void)ctx;
    fc_err("%s; stopping with exit code 1: a new start goes on from what is on the disk (if it refuses: " WAY_OUT ")", why->text);
    _exit(1);
}

static enum fc_status recover(struct service *v, struct fc_recovered *r, struct fc_error *err) {
    v->engine = fc_engine_create(v->s->rules, v->s->event_clock);
    if (v->s->cell) fc_engine_show_tallies(v->engine);
    return fc_recover(v->store, v->engine, fc_wall_now(), r, err);
}

/* Without room for that the start goes on: live figures are right, and the stored ones will be when there is room. */
static enum fc_status store_tail(struct service *v, struct fc_recovered *r, struct fc_error *err) {
    enum fc_status st = fc_recover_store(v->store, v->engine, err);
    if (st != FC_FULL) return st;
    fc_warn("%s: until there is room, answers about stored intervals lack the last %llu events", err->text, (unsigned long long)r->events);
    fc_engine_destroy(v->engine);
    return recover(v, r, err);
}

static enum fc_status open_state(struct service *v, struct fc_error *err) {
    const struct fc_store_options options = {.dir = v->s->data, .map_bytes = v->s->data_limit_bytes, .merge = fc_tally_merge_bytes};
    struct fc_recovered r;
    enum fc_status st = fc_store_open(&options, &v->store, err);
    if (st == FC_INVALID) fc_err("the data directory %s is damaged: " WAY_OUT, v->s->data);
    if (st != FC_OK) return st;
    st = recover(v, &r, err);
    if (st == FC_OK && r.events > 0) st = store_tail(v, &r, err);
    if (st == FC_INVALID) fc_err("the data directory %s is damaged: " WAY_OUT, v->s->data);
    if (st != FC_OK) return fc_context(err, st, "--data %s", v->s->data);
    if (r.records > 0 || r.batches > 0)
        fc_info("state restored from %s: %llu records, then %llu events of %llu journalled batches", v->s->data, (unsigned long long)r.records,
                (unsigned long long)r.events, (unsigned long long)r.batches);
    return FC_OK;
}

static enum fc_status add_ingests(struct service *v, struct fc_error *err) {
    for (uint32_t i = 0; i < v->s->listen_n; i++) {
        const struct fc_ingest_options options = {.zmq = v->zmq, .endpoint = v->s->listen[i], .engine = fc_driver_wake(v->driver), .writer = fc_writer_wake(v->writer)};
        enum fc_status st = fc_ingest_create(&options, &v->ingests[i], err);
        if (st != FC_OK) return st;
        v->ingests_n++;
        fc_writer_add_inbox(v->writer, fc_ingest_batches(v->ingests[i]), fc_ingest_batches_back(v->ingests[i]), fc_ingest_wake(v->ingests[i]));
        fc_driver_add_inbox(v->driver, fc_ingest_events(v->ingests[i]), fc_ingest_events_back(v->ingests[i]), fc_ingest_blocks_wake(v->ingests[i]));
    }
    return FC_OK;
}

static enum fc_status wire(struct service *v, struct fc_error *err) {
    enum fc_status st = open_state(v, err);
    if (st == FC_OK) st = fc_writer_create(v->store, &(struct fc_writer_options){0}, &v->writer, err);
    if (st == FC_OK) st = fc_driver_create(v->engine, &v->driver, err);
    if (st != FC_OK) return st;
    fc_driver_set_writer(v->driver, fc_writer_free_blocks(v->writer), fc_writer_records(v->writer), fc_writer_wake(v->writer));
    fc_writer_set_engine_wake(v->writer, fc_driver_wake(v->driver));
    st = add_ingests(v, err);
    const struct fc_counter *now_us = &fc_driver_counts(v->driver)->now_us;
    if (st == FC_OK) st = fc_query_start(v->store, v->s->rules, now_us, &v->query, err);
    if (st == FC_OK) st = fc_retention_create(v->store, v->s->rules, now_us, &v->retention, err);
    if (st != FC_OK) return st;
    fc_writer_set_broken(v->writer, end_broken, NULL);
    fc_writer_set_retention(v->writer, fc_retention_due, v->retention);
    v->metrics = (struct fc_metrics){.driver = v->driver, .writer = v->writer, .query = v->query, .ingests = v->ingests,
                                     .ingests_n = v->ingests_n, .started = fc_mono_now()};
    struct fc_publisher_options options = {.zmq = v->zmq,         .publish = v->s->publish,           .query = v->s->query,       .driver = v->driver,
                                                 .answers = v->query,   .event_clock = v->s->event_clock,   .metrics = fc_metrics_each, .metrics_ctx = &v->metrics,
                                                 .stalls = fc_writer_stalls(v->writer), .records = &fc_writer_counts(v->writer)->records};
    for (uint32_t i = 0; i < v->ingests_n; i++) options.tells[options.tells_n++] = fc_ingest_tells(v->ingests[i]);
    st = fc_publisher_create(&options, &v->publisher, err);
    if (st != FC_OK) return st;
    fc_query_set_publisher(v->query, fc_publisher_wake(v->publisher));
    if (v->s->cell) fc_query_show_tallies(v->query);
    fc_driver_set_publisher(v->driver, fc_publisher_wake(v->publisher));
    return FC_OK;
}

static enum fc_status start(struct service *v, struct fc_error *err) {
    enum fc_status st = fc_writer_start(v->writer, err);
    v->writer_running = st == FC_OK;
    if (st == FC_OK) st = fc_driver_start(v->driver, err);
    v->driver_running = st == FC_OK;
    if (st == FC_OK) st = fc_publisher_start(v->publisher, err);
    v->publisher_running = st == FC_OK;
    for (uint32_t i = 0; st == FC_OK && i < v->ingests_n; i++) {
        st = fc_ingest_start(v->ingests[i], err);
        if (st != FC_OK) break;
        v->ingests_running++;
        fc_info("taking batches at %s", fc_ingest_endpoint(v->ingests[i]));
    }
    if (st == FC_OK) fc_info("publishing at %s, answering at %s, data in %s", v->s->publish, v->s->query, v->s->data);
    return st;
}

/* In the order that ingest.h promises: nothing taken is lost. */
static enum fc_status stop(struct service *v, struct fc_error *err) {
    enum fc_status st = FC_OK;
    for (uint32_t i = 0; i < v->ingests_running; i++) fc_ingest_stop(v->ingests[i]);
    if (v->driver_running) fc_driver_stop(v->driver);
    if (v->writer_running) st = fc_writer_stop(v->writer, err);
    if (v->publisher_running) fc_publisher_stop(v->publisher);
    fc_query_stop(v->query);
    for (uint32_t i = 0; i < v->ingests_n; i++) fc_ingest_destroy(v->ingests[i]);
    fc_publisher_destroy(v->publisher);
    fc_driver_destroy(v->driver);
    fc_writer_destroy(v->writer);
    fc_retention_destroy(v->retention);
    if (v->engine != NULL) fc_engine_destroy(v->engine);
    fc_store_close(v->store);
    (void)zmq_ctx_term(v->zmq);
    return st;
}

/* ---- signals ----------------------------------------------------------------------------------------------------- */

#define RELOADS_MAX 1000 /* rules of earlier reloads live on until the end: other threads may still read them */

static void say_change(void *ctx, const char *text) {
    (void)ctx;
    fc_info("configuration: %s", text);
}

static void reload(struct service *v, struct fc_rules **kept, uint32_t *kept_n) {
    struct fc_error err = {0};
    struct fc_rules *rules;
    if (v->s->config == NULL || *kept_n == RELOADS_MAX) {
        fc_warn("reload: %s", v->s->config == NULL ? "there is no --config to read again" : "too many reloads; restart to read the configuration");
        return;
    }
    if (fc_rules_read(v->s->config, &rules, &err) != FC_OK) {
        fc_err("reload refused, the old configuration stays: %s", err.text);
        return;
    }
    const struct fc_rules *before = *kept_n > 0 ? kept[*kept_n - 1] : v->s->rules;
    kept[(*kept_n)++] = rules;
    while (!fc_driver_configure(v->driver, rules)) (void)usleep(1000);
    FC_ASSERT(fc_query_configure(v->query, rules) && fc_retention_configure(v->retention, rules)); /* room for RELOADS_MAX */
    fc_info("configuration read again: %u queues and %u groups named", rules->queues_n, rules->groups_n);
    fc_rules_diff(before, rules, say_change, NULL);
}

static void serve(struct service *v, const sigset_t *signals) {
    static struct fc_rules *kept[RELOADS_MAX];
    uint32_t kept_n = 0;
    for (;;) {
        int sig = sigwaitinfo(signals, NULL);
        if (sig == SIGHUP) reload(v, kept, &kept_n);
        if (sig != SIGTERM && sig != SIGINT) continue;
        fc_info("stopping");
        break;
    }
}

static enum fc_status run(const struct settings *s, struct fc_error *err) {
    static struct service v;
    sigset_t signals;
    fc_process_hold_signals(&signals);
    v.s = s;
    v.zmq = zmq_ctx_new();
    if (v.zmq == NULL) return fc_fail(err, FC_IO, "cannot start ZeroMQ: %s", zmq_strerror(zmq_errno()));
    enum fc_status st = wire(&v, err);
    if (st == FC_OK) st = start(&v, err);
    if (st == FC_OK) serve(&v, &signals);
    enum fc_status stopped = stop(&v, st == FC_OK ? err : NULL);
    return st == FC_OK ? stopped : st;
}

static enum fc_status print_kpis(const char *form, struct fc_error *err) {
    if (form == NULL || strcmp(form, "md") == 0) fc_kpi_print_markdown(stdout);
    else if (strcmp(form, "json") == 0) fc_kpi_print_json(stdout);
    else if (strcmp(form, "ts") == 0) fc_kpi_print_typescript(stdout);
    else return fc_fail(err, FC_CONFIG, "--kpis=%s: expected md, json or ts", form);
    return fflush(stdout) == 0 ? FC_OK : fc_fail(err, FC_IO, "--kpis: cannot write to stdout: %s", strerror(errno));
}

int main(int argc, char **argv) {
    static struct fc_option_values got[OPT_COUNT];
    struct settings s = {0};
    struct fc_error err = {0};
    fc_process_hold_signals(NULL);
    int code = fc_options_run(&program, argc, argv, got);
    if (code >= 0) return code;
    if (got[OPT_KPIS].n > 0) {
        enum fc_status printed = print_kpis(fc_options_last(&got[OPT_KPIS], NULL), &err);
        return printed == FC_OK ? 0 : fc_options_fail(&program, printed, &err);
    }
    enum fc_status st = read_settings(got, &s, &err);
    if (st == FC_OK && got[OPT_CHECK].n == 0) st = run(&s, &err);
    fc_rules_free(s.rules);
    return st == FC_OK ? 0 : fc_options_fail(&program, st, &err);
}
