#include "run.h"

#include "clock.h"
#include "floor.h"
#include "log.h"
#include "ndjson.h"
#include "sender.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct run {
    const struct fc_settings *settings;
    const volatile sig_atomic_t *stop;
    struct fc_floor *floor;
    struct fc_sender *sender; /* or NULL: */
    FILE *lines;
    uint64_t events;
    bool write_failed;
    struct fc_mono began;
};

static void take(void *ctx, const struct fc_event *ev) {
    struct run *r = ctx;
    char line[FC_NDJSON_BYTES_MAX];
    r->events++;
    if (r->sender != NULL) {
        fc_sender_push(r->sender, ev);
        return;
    }
    size_t n = fc_ndjson_line(ev, line, sizeof line);
    if (fwrite(line, 1, n, r->lines) != n) r->write_failed = true;
}

/* ---- time ------------------------------------------------------------------------------------------------------- */

/* Where the floor should be by now. */
static int64_t target_us(const struct run *r, struct fc_mono now) {
    const struct fc_settings *s = r->settings;
    int64_t end_us = s->end_us < INT64_MAX ? s->end_us : INT64_MAX - 1, at_us = end_us;
    if (s->live) at_us = fc_wall_now().us;
    else if (s->speed > 0) at_us = s->start_us + (int64_t)((double)(now.ns - r->began.ns) / 1e3 * s->speed);
    return at_us < end_us ? at_us : end_us;
}

static bool ended(const struct run *r) { return *r->stop != 0 || r->write_failed; }

/* Steps to the target, but never so long that a tick is missed by much. */
static bool advance(struct run *r, struct fc_mono now) {
    int64_t to_us = target_us(r, now);
    struct fc_mono until = {now.ns + FC_RUN_TICK_MS * INT64_C(1000000)};
    for (unsigned i = 1; !ended(r); i++) {
        if (!fc_floor_step(r->floor, to_us)) return to_us == r->settings->end_us;
        if (i % 256 == 0 && fc_mono_now().ns > until.ns) return false;
    }
    return true;
}

static void rest(struct run *r, struct fc_mono until) {
    if (r->sender == NULL) {
        if (fflush(r->lines) != 0) r->write_failed = true;
    } else {
        fc_sender_flush(r->sender);
        fc_sender_poll(r->sender, 0);
    }
    for (;;) {
        int64_t left_ms = (until.ns - fc_mono_now().ns) / 1000000;
        if (left_ms <= 0 || ended(r)) return;
        if (r->sender != NULL) fc_sender_poll(r->sender, (int)left_ms);
        else (void)nanosleep(&(struct timespec){.tv_nsec = left_ms * 1000000}, NULL);
    }
}

static void loop(struct run *r) {
    for (bool done = false; !done && !ended(r);) {
        struct fc_mono now = fc_mono_now();
        done = advance(r, now);
        bool behind = r->settings->speed == 0 || fc_floor_now_us(r->floor) < target_us(r, now);
        rest(r, behind ? now : (struct fc_mono){now.ns + FC_RUN_TICK_MS * INT64_C(1000000)});
    }
}

/* ---- begin and end ---------------------------------------------------------------------------------------------- */

static enum fc_status open_output(struct run *r, struct fc_error *err) {
    const struct fc_settings *s = r->settings;
    if (s->to != NULL) return fc_sender_open(s->to, r->stop, &r->sender, err);
    r->lines = strcmp(s->ndjson, "-") == 0 ? stdout : fopen(s->ndjson, "w");
    if (r->lines == NULL) return fc_fail(err, FC_IO, "--ndjson %s: %s", s->ndjson, strerror(errno));
    return FC_OK;
}

static void log_floor(const struct run *r) {
    struct fc_floor_count c = fc_floor_count(r->floor, -1);
    struct fc_floor_agents agents = fc_floor_agents(r->floor);
    const int64_t *t = agents.spent_us;
    uint64_t left = 0;
    for (int i = 0; i < FC_LEFT_COUNT; i++) left += c.left[i];
    int64_t handling = t[FC_AGENT_BUSY] + t[FC_AGENT_HOLD] + t[FC_AGENT_WRAP] + t[FC_AGENT_ALERTING];
    int64_t ready = handling + t[FC_AGENT_AVAILABLE];
    double seconds = (double)fc_mono_ms_since(r->began, fc_mono_now()) / 1000;
    fc_info("%llu events in %.1f s: offered %llu = answered %llu + left %llu (%llu abandoned) + waiting %u; agents occupied %.0f %%",
            (unsigned long long)r->events, seconds, (unsigned long long)c.offered, (unsigned long long)c.answered,
            (unsigned long long)left, (unsigned long long)c.left[FC_LEFT_ABANDONED], c.waiting,
            ready > 0 ? 100.0 * (double)handling / (double)ready : 0);
}

static enum fc_status finish_sending(struct run *r, struct fc_error *err) {
    bool all = fc_sender_drain(r->sender, *r->stop != 0 ? FC_RUN_DRAIN_MS / 5 : FC_RUN_DRAIN_MS);
    struct fc_sender_count c = fc_sender_count(r->sender);
    fc_info("%s: %llu events confirmed in %llu messages, %llu refused, %llu sent again under new numbers, %llu reconnects", r->settings->to,
            (unsigned long long)c.confirmed, (unsigned long long)c.messages, (unsigned long long)c.refused,
            (unsigned long long)c.repaired, (unsigned long long)c.reopens);
    if (!all)
        return fc_fail(err, FC_IO, "%s: %llu events are not confirmed by the collector", r->settings->to,
                       (unsigned long long)(c.events - c.confirmed - c.refused));
    if (c.refused > 0) return fc_fail(err, FC_IO, "%s: the collector refused %llu events", r->settings->to, (unsigned long long)c.refused);
    return FC_OK;
}

static enum fc_status finish_lines(struct run *r, struct fc_error *err) {
    if (fflush(r->lines) != 0) r->write_failed = true;
    return r->write_failed ? fc_fail(err, FC_IO, "--ndjson %s: cannot write: %s", r->settings->ndjson, strerror(errno)) : FC_OK;
}

enum fc_status fc_run(const struct fc_settings *settings, const volatile sig_atomic_t *stop, struct fc_error *err) {
    struct run r = {.settings = settings, .stop = stop};
    enum fc_status st = open_output(&r, err);
    if (st != FC_OK) return st;
    const struct fc_plan *plan = &settings->plan;
    fc_info("seed %llu: preset %s, %u queues, %u agents, source %s, epoch %s", (unsigned long long)plan->seed, settings->preset,
            plan->queues_n, plan->agents_n, plan->src, plan->epoch);
    r.floor = fc_floor_create(plan, take, &r);
    r.began = fc_mono_now();
    fc_floor_begin(r.floor);
    loop(&r);
    log_floor(&r);
    st = r.sender != NULL ? finish_sending(&r, err) : finish_lines(&r, err);
    fc_floor_destroy(r.floor);
    fc_sender_close(r.sender);
    if (r.lines != NULL && r.lines != stdout) (void)fclose(r.lines);
    return st;
}
