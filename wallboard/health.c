/* health -- /healthz for whoever restarts services, /metrics for Prometheus. */
#include "job.h"
#include "json.h"

#include <inttypes.h>

static void add_text(struct fc_bytes *out, const char *key, const char *value) {
    fc_bytes_printf(out, "\"%s\":", key);
    fc_json_string(out, fc_str(value));
}

static void add_cell(struct fc_bytes *out, const struct fc_cell *cell, struct fc_mono now) {
    struct fc_mp at;
    fc_bytes_char(out, '{');
    add_text(out, "instance", cell->instance);
    fc_bytes_char(out, ',');
    add_text(out, "version", cell->version);
    fc_bytes_char(out, ',');
    add_text(out, "clock", cell->clock);
    if (cell->heard.ns == 0) fc_bytes_text(out, ",\"heard_ms_ago\":null}");
    else fc_bytes_printf(out, ",\"heard_ms_ago\":%" PRId64 ",\"at_us\":%" PRId64, fc_mono_ms_since(cell->heard, now), cell->at_us);
    if (cell->heard.ns == 0) return;
    struct fc_bytes metrics = {0};
    if (fc_item_find(cell->beat.p, cell->beat.n, "metrics", &at) && fc_json_value(&metrics, &at)) {
        fc_bytes_text(out, ",\"metrics\":");
        fc_bytes_add(out, metrics.p, metrics.n);
    }
    fc_bytes_free(&metrics);
    fc_bytes_char(out, '}');
}

void fc_health_run(struct fc_job *job) {
    const struct fc_hub *hub = job->hub;
    struct fc_mono now = fc_mono_now();
    struct fc_bytes *out = &job->reply.body;
    int64_t age_ms = fc_hub_age_ms(hub, now);
    bool up = fc_hub_up(hub, now);
    struct fc_hub_stall stall;
    bool stalled = fc_hub_stall(hub, &stall);
    job->reply.status = up && !stalled ? 200 : 503;
    job->reply.type = FC_TYPE_JSON;
    fc_bytes_printf(out, "{\"status\":\"%s\"", !up ? "stale" : stalled ? "stalled" : "ok");
    if (stalled) {
        fc_bytes_text(out, ",\"reason\":");
        fc_json_string(out, stall.reason);
        fc_bytes_printf(out, ",\"since_us\":%" PRId64, stall.since_us);
    }
    fc_bytes_text(out, ",\"feed_age_ms\":");
    if (age_ms < 0) fc_bytes_text(out, "null");
    else fc_bytes_printf(out, "%" PRId64, age_ms);
    fc_bytes_printf(out, ",\"clients\":%" PRIu64 ",\"topics\":%" PRIu64 ",\"version\":\"%s\",\"aggregator\":", hub->counters.clients,
                    hub->counters.topics, FC_VERSION);
    add_cell(out, &hub->cells[0], now);
    if (hub->cell_count > 1) {
        fc_bytes_text(out, ",\"cells\":[");
        for (uint32_t i = 0; i < hub->cell_count; i++) {
            if (i > 0) fc_bytes_char(out, ',');
            add_cell(out, &hub->cells[i], now);
        }
        fc_bytes_char(out, ']');
    }
    fc_bytes_text(out, "}\n");
}

static void add_metric(struct fc_bytes *out, const char *name, const char *type, const char *help, uint64_t value) {
    fc_bytes_printf(out, "# HELP floorcast_wallboard_%s %s.\n# TYPE floorcast_wallboard_%s %s\nfloorcast_wallboard_%s %" PRIu64 "\n", name,
                    help, name, type, name, value);
}

/* A Prometheus name; what it may not hold becomes '_'. */
static void metric_name(char *to, size_t cap, struct fc_str from) {
    (void)fc_str_copy(to, cap, from);
    for (char *c = to; *c != '\0'; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '_')) *c = '_';
}

static bool cell_metric(const struct fc_cell *cell, const char *key, double *value) {
    struct fc_mp at;
    return fc_item_find(cell->beat.p, cell->beat.n, "metrics", &at) && fc_item_find(at.p, fc_mp_left(&at), key, &at) && fc_mp_f64(&at, value);
}

/* One metric with the samples of all cells together, as the format wants it. */
static void add_aggregator_metric(struct fc_bytes *out, const struct fc_hub *hub, struct fc_str key) {
    char name[120], plain[120];
    double value;
    (void)fc_str_copy(plain, sizeof plain, key);
    metric_name(name, sizeof name, key);
    const char *type = key.n > 6 && memcmp(key.p + key.n - 6, "_total", 6) == 0 ? "counter" : "gauge";
    fc_bytes_printf(out, "# HELP floorcast_aggregator_%s As the aggregator's heartbeat tells it.\n# TYPE floorcast_aggregator_%s %s\n", name,
                    name, type);
    for (uint32_t i = 0; i < hub->cell_count; i++)
        if (cell_metric(&hub->cells[i], plain, &value))
            fc_bytes_printf(out, "floorcast_aggregator_%s{cell=\"%u\"} %.17g\n", name, i + 1, value);
}

/* Cells run the same program: the first one's metrics are everyone's. */
static void add_aggregator_metrics(struct fc_bytes *out, const struct fc_hub *hub) {
    struct fc_mp at;
    uint32_t pairs;
    struct fc_str key;
    const struct fc_bytes *beat = &hub->cells[0].beat;
    if (!fc_item_find(beat->p, beat->n, "metrics", &at) || !fc_mp_map(&at, &pairs)) return;
    for (uint32_t i = 0; i < pairs && fc_mp_str(&at, &key); i++) {
        enum fc_mp_type type = fc_mp_peek(&at);
        if (!fc_mp_skip(&at)) return;
        if (type == FC_MP_INT || type == FC_MP_FLOAT) add_aggregator_metric(out, hub, key);
    }
}

void fc_metrics_run(struct fc_job *job) {
    const struct fc_hub *hub = job->hub;
    const struct fc_counters *c = &hub->counters;
    struct fc_mono now = fc_mono_now();
    struct fc_bytes *out = &job->reply.body;
    job->reply.status = 200;
    job->reply.type = "text/plain; version=0.0.4; charset=utf-8";
#define ADD(name, type, help) add_metric(out, #name, #type, help, c->name);
    FC_COUNTERS(ADD)
#undef ADD
    add_metric(out, "feed_up", "gauge", "1 when every aggregator's heartbeat came within 2 s", fc_hub_up(hub, now));
    add_aggregator_metrics(out, hub);
}
