#include "settings.h"

#include "clock.h"
#include "log.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TO, NDJSON, PRESET, SEED, SPEED, DURATION, START, HISTORY, RATE_FACTOR, PACE, PROFILE, SRC, LOG_FORMAT, CHECK, OPTIONS };

static const struct fc_option options[OPTIONS] = {
    [TO] = {.name = "to", .arg = "tcp://HOST:PORT", .help = "send to a collector's zmq source"},
    [NDJSON] = {.name = "ndjson", .arg = "PATH", .help = "write one JSON object a line instead; - is stdout"},
    [PRESET] = {.name = "preset", .arg = "NAME",
                .help = "which floor (default demo):\n"
                        "demo     3 queues, 20 agents, short calls: something happens every second\n"
                        "small    the same with calls of about 3 minutes\n"
                        "large    24 queues (voice, chat, e-mail), 200 agents\n"
                        "zh       small with Chinese labels; demo-zh: demo with Chinese labels"},
    [SEED] = {.name = "seed", .arg = "N", .help = "the same seed and start give the same events (default: another one each time)"},
    [SPEED] = {.name = "speed", .arg = "X", .help = "simulated seconds per second (default 1); 0: as fast as it goes"},
    [DURATION] = {.name = "duration", .arg = "SECONDS", .help = "simulated time to run for (default 0: for ever)"},
    [START] = {.name = "start", .arg = "TIME", .help = "simulated time of the start, 2026-03-01T08:00:00Z or microseconds since 1970\n(default: now)"},
    [HISTORY] = {.name = "history", .arg = "SECONDS", .help = "begin that long before the start and catch up at once (default 0)"},
    [RATE_FACTOR] = {.name = "rate-factor", .arg = "F", .help = "multiply the arrivals of every queue (default 1)"},
    [PACE] = {.name = "pace", .arg = "F", .help = "make everything happen F times as often and as fast (default 1)"},
    [PROFILE] = {.name = "profile", .arg = "flat|day", .help = "arrivals over the day, in UTC (default flat)"},
    [SRC] = {.name = "src", .arg = "NAME", .help = "name of this source (default sim); two at once need two names"},
    [LOG_FORMAT] = {.name = "log-format", .arg = "text|json", .help = "of the lines on stderr (default text)"},
    [CHECK] = {.name = "check", .help = "check the options, then exit"},
};

const struct fc_program fc_settings_program = {"floorcast-sim", "a simulated call center that sends Floorcast events", options, OPTIONS};

struct reader {
    struct fc_option_values got[OPTIONS];
    struct fc_error err;
    bool failed;
};

static void fail(struct reader *r, int option, const char *expected) {
    if (r->failed) return;
    r->failed = true;
    (void)fc_fail(&r->err, FC_CONFIG, "--%s %.100s: expected %s", options[option].name, fc_options_last(&r->got[option], ""), expected);
}

static double number(struct reader *r, int option, double otherwise, double least, double most, const char *expected) {
    if (r->got[option].n == 0) return otherwise;
    char *end;
    double v = strtod(r->got[option].v[0], &end);
    if (*end != '\0' || !isfinite(v) || v < least || v > most) fail(r, option, expected);
    return v;
}

static uint64_t read_seed(struct reader *r, struct fc_wall now) {
    uint64_t state = (uint64_t)now.us;
    if (r->got[SEED].n == 0) return fc_splitmix(&state) >> 32; /* short enough to be typed again */
    char *end;
    const char *text = r->got[SEED].v[0];
    errno = 0;
    uint64_t v = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0) fail(r, SEED, "a whole number from 0 to 18446744073709551615");
    return v;
}

static int64_t read_start(struct reader *r, struct fc_wall now) {
    static const char expected[] = "a time from 1971 to 9998 as 2026-03-01T08:00:00Z or in microseconds since 1970";
    if (r->got[START].n == 0) return now.us;
    const char *text = r->got[START].v[0];
    int64_t us = 0;
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (end != NULL && *end == '\0') us = (int64_t)timegm(&tm) * FC_SECOND_US;
    else if (!fc_str_int(fc_str(text), &us)) fail(r, START, expected);
    if (us < 365 * 86400 * FC_SECOND_US || us > INT64_C(253370764800) * FC_SECOND_US) fail(r, START, expected);
    return us;
}

static bool read_word(struct reader *r, int option, const char *otherwise, const char *one) {
    const char *v = fc_options_last(&r->got[option], otherwise);
    if (strcmp(v, one) != 0 && strcmp(v, otherwise) != 0) fail(r, option, options[option].arg);
    return strcmp(v, one) == 0;
}

static void read_src(struct reader *r, struct fc_plan *plan) {
    const char *src = fc_options_last(&r->got[SRC], "sim");
    size_t n = strlen(src), plain = strspn(src, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
    if (n >= 32 || plain != n) fail(r, SRC, "at most 31 letters, digits, \"_\", \".\" or \"-\"");
    (void)fc_str_copy(plan->src, sizeof plan->src, fc_str(src));
}

/* The epoch tells runs apart, and contact ids carry it. Numbers of events rise from run to run because they start at
 * the run's time, so a collector does not take the second run for a repetition of the first. */
static void read_plan(struct reader *r, struct fc_settings *s, struct fc_wall now) {
    struct fc_plan *plan = &s->plan;
    fc_plan_init(plan);
    if (!r->failed && fc_plan_preset(plan, s->preset, &r->err) != FC_OK) r->failed = true;
    double pace = number(r, PACE, 1, 0.001, 1000, "a factor from 0.001 to 1000");
    plan->rate_factor *= number(r, RATE_FACTOR, 1, 0.001, 1000, "a factor from 0.001 to 1000");
    plan->seed = read_seed(r, now);
    int64_t start_us = s->start_us = read_start(r, now);
    if (r->failed) return;
    fc_plan_pace(plan, pace);
    if (read_word(r, PROFILE, "flat", "day")) fc_plan_profile_day(plan);
    plan->seq_first = (uint64_t)start_us;
    (void)snprintf(plan->epoch, sizeof plan->epoch, "%llx.%x", (unsigned long long)start_us, (unsigned)(plan->seed & 0xffff));
    plan->start_us = start_us - (int64_t)(1e6 * number(r, HISTORY, 0, 0, 90 * 86400, "seconds from 0 to 7776000"));
    double duration_s = number(r, DURATION, 0, 0, 1e9, "seconds from 0 to 1000000000");
    s->end_us = duration_s > 0 ? start_us + (int64_t)(duration_s * 1e6) : INT64_MAX;
    read_src(r, plan);
}

static void read_all(struct reader *r, struct fc_settings *s) {
    s->to = fc_options_last(&r->got[TO], NULL);
    s->ndjson = fc_options_last(&r->got[NDJSON], NULL);
    s->preset = fc_options_last(&r->got[PRESET], "demo");
    if ((s->to == NULL) == (s->ndjson == NULL)) {
        (void)fc_fail(&r->err, FC_CONFIG, "expected either --to tcp://HOST:PORT or --ndjson PATH");
        r->failed = true;
    }
    if (s->to != NULL && (strncmp(s->to, "tcp://", 6) != 0 || strrchr(s->to, ':') == s->to + 3 || strlen(s->to) > 200))
        fail(r, TO, "tcp://HOST:PORT");
    s->speed = number(r, SPEED, 1, 0, 1e6, "a factor from 0 to 1000000");
    s->live = s->speed == 1 && r->got[START].n == 0;
    fc_log_setup(read_word(r, LOG_FORMAT, "text", "json") ? FC_LOG_JSON : FC_LOG_TEXT, FC_LOG_INFO);
    read_plan(r, s, fc_wall_now());
}

int fc_settings_read(int argc, char *const *argv, struct fc_settings *out) {
    struct reader *r = calloc(1, sizeof *r);
    FC_ASSERT(r != NULL);
    int code = fc_options_run(&fc_settings_program, argc, argv, r->got);
    if (code < 0) {
        read_all(r, out);
        if (!r->failed && fc_plan_check(&out->plan, &r->err) != FC_OK) r->failed = true;
        if (r->failed) code = fc_options_fail(&fc_settings_program, FC_CONFIG, &r->err);
        else if (r->got[CHECK].n > 0) code = 0;
    }
    free(r);
    return code;
}
