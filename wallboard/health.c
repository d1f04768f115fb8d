/* health -- /healthz: is what the screens show to be trusted, and if something is wrong, where and what, in words.
 *
 *   ok        nothing to say
 *   degraded  what is shown is right as far as it goes, but something needs a hand: a source is silent, a disk is full
 *   stale     what is shown is old: 503, and displays are told
 */
#include "job.h"
#include "json.h"
#include "process.h"
#include "state.h"
#include "told.h"

#include <inttypes.h>
#include <time.h>

#define COLLECTOR_SILENT_MS 15000   /* it tells every second */
#define SPOOL_OLD_MS 60000          /* an event that waits for so long in a spool is worth a word */
#define CHECKPOINT_OLD_MS 60000     /* every second is usual */
#define GIVEN_UP_US (24 * 3600 * INT64_C(1000000)) /* as the aggregator does: a source that was taken away is not missed for ever */
#define NEARLY_FULL(used, most) ((most) > 0 && (used) >= (most) - (most) / 8)

enum verdict { OK, DEGRADED, STALE };

static const char *const words[] = {"ok", "degraded", "stale"};

/* One part's judgement; what it has to say also goes to the whole's, with the part's name. */
struct part {
    struct part *whole; /* or NULL */
    const char *name;
    enum verdict verdict;
    struct fc_bytes reasons; /* elements of a JSON array */
};

static void say(struct part *part, enum verdict verdict, const char *format, ...) FC_PRINTF(3, 4);

static void say(struct part *part, enum verdict verdict, const char *format, ...) {
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (verdict > part->verdict) part->verdict = verdict;
    if (part->reasons.n > 0) fc_bytes_char(&part->reasons, ',');
    fc_json_string(&part->reasons, fc_str(text));
    if (part->whole != NULL) say(part->whole, verdict, "%s: %s", part->name, text);
}

static void add_text(struct fc_bytes *out, const char *key, const char *value) {
    fc_bytes_printf(out, "\"%s\":", key);
    fc_json_string(out, fc_str(value));
}

/* "status":..,"reasons":[..] */
static void add_part(struct fc_bytes *out, struct part *part) {
    fc_bytes_printf(out, "\"status\":\"%s\",\"reasons\":[", words[part->verdict]);
    fc_bytes_add(out, part->reasons.p, part->reasons.n);
    fc_bytes_char(out, ']');
    fc_bytes_free(&part->reasons);
}

static void add_value(struct fc_bytes *out, const char *key, struct fc_mp at) {
    size_t before = out->n;
    fc_bytes_printf(out, ",\"%s\":", key);
    if (!fc_json_value(out, &at)) out->n = before;
}

static void time_since(char since[32], int64_t us) {
    time_t at = (time_t)(us / 1000000);
    struct tm tm;
    since[0] = '\0';
    if (gmtime_r(&at, &tm) != NULL) (void)strftime(since, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* ---- aggregators ------------------------------------------------------------------------------------------------- */

static int64_t metric(const struct fc_cell *cell, const char *key) {
    struct fc_mp at;
    int64_t v = 0;
    return fc_item_find(cell->beat.p, cell->beat.n, "metrics", &at) && fc_item_find(at.p, fc_mp_left(&at), key, &at) && fc_mp_i64(&at, &v) ? v : 0;
}

static void judge_trouble(struct part *p, const struct fc_cell *c, struct fc_mono now) {
    int64_t heard_ms = fc_mono_ms_since(c->heard, now);
    switch (fc_cell_trouble(c, now)) {
    case FC_TROUBLE_NONE: break;
    case FC_TROUBLE_NEVER: say(p, STALE, "not heard yet"); break;
    case FC_TROUBLE_SILENT: say(p, STALE, "silent for %.1f s, heartbeats are due every 0.5 s", (double)heard_ms / 1e3); break;
    case FC_TROUBLE_STUCK: say(p, STALE, "its engine has not turned for %.1f s", (double)(c->turn_ms_ago + heard_ms) / 1e3); break;
    case FC_TROUBLE_CLOCK:
        say(p, STALE, "its wall clock was set back and is %.0f s behind the newest time seen: waits and windows stand still until it has caught up",
            (double)c->held_ms / 1e3);
        break;
    }
}

static void judge_stall(struct part *p, const struct fc_cell *c) {
    struct fc_hub_stall stall;
    char since[32];
    if (!fc_cell_stall(c, &stall)) return;
    time_since(since, stall.since_us);
    if (fc_str_is(stall.kind, "full"))
        say(p, STALE, "it cannot write since %s, figures are right up to then, collectors keep what comes in their spools: %.*s", since, FC_STR_ARG(stall.reason));
    else
        say(p, DEGRADED, "a checkpoint cannot be applied since %s, the journal only grows: %.*s", since, FC_STR_ARG(stall.reason));
}

static void judge_cell(struct part *p, const struct fc_cell *c, struct fc_mono now) {
    judge_trouble(p, c, now);
    if (c->newer != 0)
        say(p, STALE, "it sends messages of version %lld, this wallboard reads version %d: update it", (long long)c->newer, FC_STATE_VERSION);
    if (c->heard.ns == 0) return;
    int64_t checkpoint_ms = metric(c, "checkpoint_age_ms");
    judge_stall(p, c);
    if (checkpoint_ms > CHECKPOINT_OLD_MS) say(p, DEGRADED, "no checkpoint for %.0f s", (double)checkpoint_ms / 1e3);
    if (NEARLY_FULL(metric(c, "store_used_bytes"), metric(c, "store_map_bytes"))) say(p, DEGRADED, "its store is nearly full");
    if (NEARLY_FULL(metric(c, "descriptors"), metric(c, "descriptors_max"))) say(p, DEGRADED, "it may hardly open another descriptor");
}

static void add_cell(struct fc_bytes *out, const struct fc_cell *cell, const char *name, struct part *whole, struct fc_mono now) {
    struct part part = {.whole = whole, .name = name};
    struct fc_mp at;
    judge_cell(&part, cell, now);
    fc_bytes_char(out, '{');
    add_part(out, &part);
    fc_bytes_char(out, ',');
    add_text(out, "instance", cell->instance);
    fc_bytes_char(out, ',');
    add_text(out, "version", cell->version);
    fc_bytes_char(out, ',');
    add_text(out, "clock", cell->clock);
    if (cell->heard.ns == 0) fc_bytes_text(out, ",\"heard_ms_ago\":null");
    else fc_bytes_printf(out, ",\"heard_ms_ago\":%" PRId64 ",\"at_us\":%" PRId64, fc_mono_ms_since(cell->heard, now), cell->at_us);
    if (fc_item_find(cell->beat.p, cell->beat.n, "metrics", &at)) add_value(out, "metrics", at);
    fc_bytes_char(out, '}');
}

static void add_cells(struct fc_bytes *out, const struct fc_hub *hub, struct part *whole, struct fc_mono now) {
    char name[24] = "aggregator";
    fc_bytes_text(out, ",\"aggregator\":");
    add_cell(out, &hub->cells[0], name, hub->cell_count > 1 ? NULL : whole, now);
    if (hub->cell_count == 1) return;
    fc_bytes_text(out, ",\"cells\":[");
    for (uint32_t i = 0; i < hub->cell_count; i++) {
        (void)snprintf(name, sizeof name, "aggregator %u", i + 1);
        if (i > 0) fc_bytes_char(out, ',');
        add_cell(out, &hub->cells[i], name, whole, now);
    }
    fc_bytes_char(out, ']');
}

/* ---- collectors and sources -------------------------------------------------------------------------------------- */

struct list {
    struct fc_bytes *out;
    struct part *whole;
    int64_t now_us; /* the aggregators' */
    uint32_t n;
};

static int64_t figure(const struct fc_told *t, const char *key) {
    int64_t v = 0;
    return fc_told_figure(t, key, &v) ? v : 0;
}

static void judge_collector(struct part *p, const struct fc_told *t) {
    int64_t waiting = figure(t, "spool_events"), oldest_ms = figure(t, "spool_oldest_ms");
    if (t->age_ms > COLLECTOR_SILENT_MS) {
        say(p, DEGRADED, "silent for %.0f s: it does not run, or cannot reach its aggregator", (double)t->age_ms / 1e3);
        return;
    }
    if (figure(t, "spool_full") != 0) say(p, DEGRADED, "its spool is full: sources wait, producers are refused");
    if (waiting > 0 && oldest_ms > SPOOL_OLD_MS) say(p, DEGRADED, "%" PRId64 " events wait in its spool, the oldest is %.0f s old", waiting, (double)oldest_ms / 1e3);
    if (NEARLY_FULL(figure(t, "descriptors"), figure(t, "descriptors_max"))) say(p, DEGRADED, "it may hardly open another descriptor");
}

static void add_collector(void *ctx, const struct fc_told *t) {
    struct list *l = ctx;
    char name[32];
    static const char *const keys[] = {"host", "version", "at_us", "figures", "sources"};
    struct part part = {.whole = l->whole, .name = name};
    struct fc_mp at;
    (void)snprintf(name, sizeof name, "collector %s", t->id);
    judge_collector(&part, t);
    fc_bytes_text(l->out, l->n++ > 0 ? ",{" : "{");
    add_text(l->out, "id", t->id);
    fc_bytes_char(l->out, ',');
    add_part(l->out, &part);
    fc_bytes_printf(l->out, ",\"told_ms_ago\":%" PRId64, t->age_ms);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (fc_item_find(t->tell.p, fc_mp_left(&t->tell), keys[i], &at)) add_value(l->out, keys[i], at);
    fc_bytes_char(l->out, '}');
}

static void judge_source(struct part *p, const struct fc_source_told *s, int64_t now_us) {
    char since[32];
    time_since(since, s->since_us);
    if (!s->up && now_us - s->since_us < GIVEN_UP_US) say(p, DEGRADED, "%.*s since %s: numbers fed by it may be incomplete", FC_STR_ARG(s->state), since);
    if (s->skewed && s->skew_ms > 0) say(p, DEGRADED, "its clock is %.1f s ahead", (double)s->skew_ms / 1e3);
    if (s->skewed && s->skew_ms < 0) say(p, DEGRADED, "its clock is %.1f s behind, or its events come so late", (double)-s->skew_ms / 1e3);
}

static void add_source(void *ctx, const struct fc_source_told *s) {
    struct list *l = ctx;
    char name[200];
    struct part part = {.whole = l->whole, .name = name};
    (void)snprintf(name, sizeof name, "source %.*s", FC_STR_ARG(s->src));
    judge_source(&part, s, l->now_us);
    fc_bytes_text(l->out, l->n++ > 0 ? ",{\"src\":" : "{\"src\":");
    fc_json_string(l->out, s->src);
    fc_bytes_char(l->out, ',');
    add_part(l->out, &part);
    fc_bytes_text(l->out, ",\"state\":");
    fc_json_string(l->out, s->state);
    fc_bytes_printf(l->out, ",\"gaps\":%" PRId64 ",\"skew_ms\":", s->gaps);
    if (s->skew_known) fc_bytes_printf(l->out, "%" PRId64 "}", s->skew_ms);
    else fc_bytes_text(l->out, "null}");
}

/* ---- this service ------------------------------------------------------------------------------------------------ */

static void add_lag(struct fc_bytes *out, const char *key, const struct fc_histogram *h) {
    double p50 = 0, p99 = 0;
    uint64_t n = 0;
    fc_bytes_printf(out, "\"%s\":{", key);
    if (fc_histogram_recent(h, 0.5, &p50, &n) && fc_histogram_recent(h, 0.99, &p99, &n))
        fc_bytes_printf(out, "\"p50_ms\":%g,\"p99_ms\":%g,", p50 * 1e3, p99 * 1e3);
    fc_bytes_printf(out, "\"n\":%" PRIu64 "}", n);
}

static void add_wallboard(struct fc_bytes *out, const struct fc_hub *hub, struct part *whole, struct fc_mono now) {
    struct part part = {.whole = whole, .name = "wallboard"};
    struct fc_process p;
    fc_process_read(&p);
    if (NEARLY_FULL(p.descriptors, p.descriptors_max)) say(&part, DEGRADED, "it may hardly open another descriptor");
    fc_bytes_text(out, ",\"wallboard\":{");
    add_part(out, &part);
    fc_bytes_printf(out, ",\"uptime_ms\":%" PRId64 ",\"loop_stalls\":%" PRIu64 ",\"resident_bytes\":%" PRIu64 ",\"descriptors\":%" PRIu64
                    ",\"descriptors_max\":%" PRIu64 "},\"lag\":{", fc_mono_ms_since(hub->started, now), hub->counters.loop_stalls_total, p.resident_bytes,
                    p.descriptors, p.descriptors_max);
    add_lag(out, "event", &hub->lag.event);
    fc_bytes_char(out, ',');
    add_lag(out, "received", &hub->lag.received);
    fc_bytes_char(out, '}');
}

void fc_health_run(struct fc_job *job) {
    const struct fc_hub *hub = job->hub;
    struct fc_mono now = fc_mono_now();
    struct fc_bytes rest = {0}, *out = &job->reply.body;
    struct part whole = {.name = ""};
    int64_t age_ms = fc_hub_age_ms(hub, now);
    add_wallboard(&rest, hub, &whole, now);
    add_cells(&rest, hub, &whole, now);
    fc_bytes_text(&rest, ",\"collectors\":[");
    fc_told_each(hub, now, add_collector, &(struct list){&rest, &whole, hub->views.at_us, 0});
    fc_bytes_text(&rest, "],\"sources\":[");
    fc_sources_each(hub, add_source, &(struct list){&rest, &whole, hub->views.at_us, 0});
    fc_bytes_text(&rest, "]}\n");
    job->reply.status = whole.verdict == STALE ? 503 : 200;
    job->reply.type = FC_TYPE_JSON;
    fc_bytes_char(out, '{');
    add_part(out, &whole);
    if (age_ms < 0) fc_bytes_text(out, ",\"feed_age_ms\":null");
    else fc_bytes_printf(out, ",\"feed_age_ms\":%" PRId64, age_ms);
    fc_bytes_printf(out, ",\"clients\":%" PRIu64 ",\"topics\":%" PRIu64 ",\"version\":\"%s\"", hub->counters.clients, hub->counters.topics, FC_VERSION);
    fc_bytes_add(out, rest.p, rest.n);
    fc_bytes_free(&rest);
}
