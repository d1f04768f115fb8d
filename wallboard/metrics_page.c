/* metrics_page -- /metrics: what this service counts, and what the aggregators and their collectors tell of themselves. */
#include "job.h"
#include "process.h"
#include "prometheus.h"
#include "told.h"

#include <stdio.h>

#define WALLBOARD "floorcast_wallboard_"
#define AGGREGATOR "floorcast_aggregator_"
#define COLLECTOR "floorcast_collector_"
#define SOURCE "floorcast_source_"

static struct fc_str text_of(const struct fc_bytes *b) { return fc_str_n((const char *)b->p, b->n); }

/* ---- this service ------------------------------------------------------------------------------------------------ */

static void add_own(struct fc_bytes *out, const char *name, const char *type, const char *help, double value) {
    fc_prom_head(out, name, type, help);
    fc_prom_sample(out, name, (struct fc_str){0}, value);
}

static void add_process(struct fc_bytes *out, const struct fc_hub *hub, struct fc_mono now) {
    struct fc_process p;
    fc_process_read(&p);
    add_own(out, WALLBOARD "uptime_seconds", "gauge", "Since the process started", (double)fc_mono_ms_since(hub->started, now) / 1e3);
    add_own(out, WALLBOARD "resident_memory_bytes", "gauge", "Resident memory of the process", (double)p.resident_bytes);
    add_own(out, WALLBOARD "open_fds", "gauge", "Descriptors that the process has open", (double)p.descriptors);
    add_own(out, WALLBOARD "max_fds", "gauge", "Descriptors that it may have open", (double)p.descriptors_max);
    add_own(out, WALLBOARD "loop_late_seconds_max", "gauge", "How late the service loop was for its timer at worst", (double)hub->loop_late_us_max / 1e6);
}

static void add_wallboard(struct fc_bytes *out, const struct fc_hub *hub, struct fc_mono now) {
    const struct fc_counters *c = &hub->counters;
    int64_t age_ms = fc_hub_age_ms(hub, now);
#define ADD(name, type, help) add_own(out, WALLBOARD #name, #type, help, (double)c->name);
    FC_COUNTERS(ADD)
#undef ADD
    add_own(out, WALLBOARD "feed_up", "gauge", "1 when every aggregator is heard and its state is fresh", fc_hub_up(hub, now));
    if (age_ms >= 0) add_own(out, WALLBOARD "feed_age_seconds", "gauge", "Age of the oldest aggregator's state", (double)age_ms / 1e3);
    add_process(out, hub, now);
    fc_prom_histogram(out, WALLBOARD "lag_event_seconds", "From an event's own time to the frame that shows it, differences of clocks included",
                      &hub->lag.event);
    fc_prom_histogram(out, WALLBOARD "lag_received_seconds", "From an event's arrival at the aggregator to the frame that shows it", &hub->lag.received);
}

/* ---- figures told by others -------------------------------------------------------------------------------------- */

/* One that tells figures: a cell or a collector, with the labels of its samples. */
struct teller {
    struct fc_mp figures; /* at the map */
    struct fc_bytes labels;
};

struct tellers {
    struct teller v[FC_CELLS_MAX * 64];
    uint32_t n;
};

static bool value_of(const struct teller *t, const char *key, double *value) {
    struct fc_mp at;
    return fc_item_find(t->figures.p, fc_mp_left(&t->figures), key, &at) && fc_mp_f64(&at, value);
}

static void add_sample(struct fc_bytes *out, const char *name, const struct teller *t, const char *label, double value) {
    struct fc_bytes labels = {0};
    fc_bytes_add(&labels, t->labels.p, t->labels.n);
    if (*label != '\0') fc_bytes_printf(&labels, "%s%s", labels.n > 0 ? "," : "", label);
    fc_prom_sample(out, name, text_of(&labels), value);
    fc_bytes_free(&labels);
}

/* Rows of one name stand together, the first with the help: one metric, several labels. A row that nobody tells is left out. */
static void add_rows(struct fc_bytes *out, const char *prefix, const struct fc_figure *rows, uint32_t n, const struct tellers *tellers) {
    char name[160];
    bool headed = false;
    for (uint32_t i = 0; i < n; i++) {
        const struct fc_figure *first = &rows[i], *row = &rows[i];
        while (*first->help == '\0') first--;
        headed = headed && first != row;
        (void)snprintf(name, sizeof name, "%s%s", prefix, row->name);
        for (uint32_t k = 0; k < tellers->n; k++) {
            double value;
            if (!value_of(&tellers->v[k], row->key, &value)) continue;
            if (!headed) fc_prom_head(out, name, row->type, first->help);
            headed = true;
            add_sample(out, name, &tellers->v[k], row->label, value / row->per);
        }
    }
}

/* ---- aggregators ------------------------------------------------------------------------------------------------- */

static void find_cells(const struct fc_hub *hub, struct tellers *out) {
    char label[20];
    out->n = 0;
    for (uint32_t i = 0; i < hub->cell_count; i++) {
        struct teller t = {0};
        if (!fc_item_find(hub->cells[i].beat.p, hub->cells[i].beat.n, "metrics", &t.figures)) continue;
        (void)snprintf(label, sizeof label, "%u", i + 1);
        fc_prom_label(&t.labels, "cell", fc_str(label));
        out->v[out->n++] = t;
    }
}

static void forget(struct tellers *t) {
    for (uint32_t i = 0; i < t->n; i++) fc_bytes_free(&t->v[i].labels);
    t->n = 0;
}

static bool is_known(const char *key) {
    for (uint32_t i = 0; i < fc_aggregator_figures_n; i++)
        if (strcmp(fc_aggregator_figures[i].key, key) == 0) return true;
    return false;
}

/* A Prometheus name; what it may not hold becomes '_'. */
static void clean_name(char *name) {
    for (char *c = name; *c != '\0'; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '_')) *c = '_';
}

/* What a newer aggregator tells beyond the rows this program knows. */
static void add_unknown(struct fc_bytes *out, const struct tellers *cells) {
    char key[100], name[160];
    struct fc_str word;
    uint32_t pairs;
    struct fc_mp at = cells->n > 0 ? cells->v[0].figures : (struct fc_mp){0};
    if (cells->n == 0 || !fc_mp_map(&at, &pairs)) return;
    for (uint32_t i = 0; i < pairs && fc_mp_str(&at, &word); i++) {
        double value;
        (void)fc_str_copy(key, sizeof key, word);
        if (!fc_mp_skip(&at)) return;
        if (is_known(key) || !value_of(&cells->v[0], key, &value)) continue;
        size_t n = (size_t)snprintf(name, sizeof name, AGGREGATOR "%s", key);
        clean_name(name);
        fc_prom_head(out, name, n > 6 && strcmp(name + n - 6, "_total") == 0 ? "counter" : "gauge", "Told by an aggregator of another version");
        for (uint32_t k = 0; k < cells->n; k++)
            if (value_of(&cells->v[k], key, &value)) add_sample(out, name, &cells->v[k], "", value);
    }
}

/* ---- collectors -------------------------------------------------------------------------------------------------- */

static void add_collector(void *ctx, const struct fc_told *t) {
    struct tellers *all = ctx;
    struct teller one = {0};
    if (all->n == sizeof all->v / sizeof *all->v || !fc_item_find(t->tell.p, fc_mp_left(&t->tell), "figures", &one.figures)) return;
    fc_prom_label(&one.labels, "collector", fc_str(t->id));
    all->v[all->n++] = one;
}

static void add_age(void *ctx, const struct fc_told *t) {
    struct fc_bytes labels = {0};
    fc_prom_label(&labels, "collector", fc_str(t->id));
    fc_prom_sample(ctx, COLLECTOR "told_age_seconds", text_of(&labels), (double)t->age_ms / 1e3);
    fc_bytes_free(&labels);
}

/* Sources' counters that say that something was not taken, by their own names. */
static bool is_reject(struct fc_str name) {
    static const char *const names[] = {"rejected", "bad_lines", "too_long", "lines_bad", "events_invalid", "events_refused", "unknown_kind", "messages_skipped"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (fc_str_is(name, names[i])) return true;
    return false;
}

struct counted {
    struct fc_bytes *out;
    bool rejects;
};

static void add_counters(const struct counted *c, const struct fc_told *t, struct fc_str uri, struct fc_mp counters) {
    struct fc_str name;
    double value;
    uint32_t n;
    if (!fc_mp_map(&counters, &n)) return;
    for (uint32_t i = 0; i < n && fc_mp_str(&counters, &name) && fc_mp_f64(&counters, &value); i++) {
        struct fc_bytes labels = {0};
        if (is_reject(name) != c->rejects) continue;
        fc_prom_label(&labels, "collector", fc_str(t->id));
        fc_prom_label(&labels, "source", uri);
        fc_prom_label(&labels, c->rejects ? "reason" : "figure", name);
        fc_prom_sample(c->out, c->rejects ? COLLECTOR "source_rejected_total" : COLLECTOR "source_figure", text_of(&labels), value);
        fc_bytes_free(&labels);
    }
}

static void add_source_counters(void *ctx, const struct fc_told *t) {
    struct fc_mp at, counters;
    uint32_t n;
    if (!fc_item_find(t->tell.p, fc_mp_left(&t->tell), "sources", &at) || !fc_mp_array(&at, &n)) return;
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *start = at.p;
        struct fc_mp value;
        struct fc_str uri;
        if (!fc_mp_skip(&at)) return;
        size_t size = (size_t)(at.p - start);
        if (!fc_item_find(start, size, "uri", &value) || !fc_mp_str(&value, &uri)) continue;
        if (fc_item_find(start, size, "counters", &counters)) add_counters(ctx, t, uri, counters);
    }
}

static void add_collectors(struct fc_bytes *out, const struct fc_hub *hub, struct fc_mono now) {
    static struct tellers collectors;
    fc_told_each(hub, now, add_collector, &collectors);
    if (collectors.n == 0) return;
    fc_prom_head(out, COLLECTOR "told_age_seconds", "gauge", "Since a collector last told how it is, which it does every second");
    fc_told_each(hub, now, add_age, out);
    add_rows(out, COLLECTOR, fc_collector_figures, fc_collector_figures_n, &collectors);
    fc_prom_head(out, COLLECTOR "source_rejected_total", "counter", "What a source could not use, by reason");
    fc_told_each(hub, now, add_source_counters, &(struct counted){out, true});
    fc_prom_head(out, COLLECTOR "source_figure", "untyped", "What a source counts beside, by its own names (logged every minute too)");
    fc_told_each(hub, now, add_source_counters, &(struct counted){out, false});
    forget(&collectors);
}

/* ---- sources ----------------------------------------------------------------------------------------------------- */

struct source_metric {
    struct fc_bytes *out;
    const char *name;
    bool (*value)(const struct fc_source_told *s, double *to);
};

static void add_source(void *ctx, const struct fc_source_told *s) {
    const struct source_metric *m = ctx;
    struct fc_bytes labels = {0};
    double v;
    if (!m->value(s, &v)) return;
    fc_prom_label(&labels, "source", s->src);
    fc_prom_sample(m->out, m->name, text_of(&labels), v);
    fc_bytes_free(&labels);
}

static bool up_of(const struct fc_source_told *s, double *to) { return *to = s->up, true; }
static bool gaps_of(const struct fc_source_told *s, double *to) { return *to = (double)s->gaps, true; }
static bool skew_of(const struct fc_source_told *s, double *to) { return *to = (double)s->skew_ms / 1e3, s->skew_known; }
static bool skewed_of(const struct fc_source_told *s, double *to) { return *to = s->skewed, true; }

static void add_sources(struct fc_bytes *out, const struct fc_hub *hub) {
    static const struct {
        const char *name, *type, *help;
        bool (*value)(const struct fc_source_told *s, double *to);
    } rows[] = {
        {SOURCE "up", "gauge", "1 while a source is heard and its own feed is up", up_of},
        {SOURCE "gaps_total", "counter", "Times a source told that it lost something", gaps_of},
        {SOURCE "clock_skew_seconds", "gauge", "How far a source's clock is ahead (below 0: behind, or its events come late)", skew_of},
        {SOURCE "clock_skewed", "gauge", "1 while that is beyond the limit (skew_limit_s)", skewed_of},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fc_prom_head(out, rows[i].name, rows[i].type, rows[i].help);
        fc_sources_each(hub, add_source, &(struct source_metric){out, rows[i].name, rows[i].value});
    }
}

void fc_metrics_run(struct fc_job *job) {
    static struct tellers cells;
    const struct fc_hub *hub = job->hub;
    struct fc_mono now = fc_mono_now();
    struct fc_bytes *out = &job->reply.body;
    job->reply.status = 200;
    job->reply.type = "text/plain; version=0.0.4; charset=utf-8";
    add_wallboard(out, hub, now);
    find_cells(hub, &cells);
    add_rows(out, AGGREGATOR, fc_aggregator_figures, fc_aggregator_figures_n, &cells);
    add_unknown(out, &cells);
    forget(&cells);
    add_collectors(out, hub, now);
    add_sources(out, hub);
}
