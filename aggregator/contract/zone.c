#include "zone.h"

#include <ctype.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define US INT64_C(1000000)
#define DAY_S 86400
#define OFFSET_S_MAX (26 * 3600) /* no clock is that far from UTC */

struct fc_zone {
    GTimeZone *tz;
    char *name;
};

/* ---- opening --------------------------------------------------------------------------------------------------- */

/* glib would also take offsets ("+02"), POSIX rules ("EST5EDT,M3.2.0,M11.1.0") and paths: they are no names. The
 * folders beside the zones count leap seconds or repeat them. */
static bool is_name(const char *name) {
    if (!isalpha((unsigned char)name[0]) || strstr(name, "..") != NULL || strncmp(name, "right/", 6) == 0 ||
        strncmp(name, "posix/", 6) == 0)
        return false;
    for (const char *p = name; *p != '\0'; p++)
        if (!isalnum((unsigned char)*p) && strchr("_+-/", *p) == NULL) return false;
    return true;
}

/* Of what has no file glib would make a rule out of the name itself, and other files make it complain on stderr. */
static bool has_file(const char *name) {
    const char *dir = getenv("TZDIR");
    char *path = g_build_filename(dir != NULL ? dir : "/usr/share/zoneinfo", name, NULL), head[4];
    FILE *f = fopen(path, "re");
    bool there = f != NULL && fread(head, 1, sizeof head, f) == sizeof head && memcmp(head, "TZif", sizeof head) == 0;
    if (f != NULL) (void)fclose(f);
    g_free(path);
    return there;
}

enum fc_status fc_zone_open(const char *name, struct fc_zone **out, struct fc_error *err) {
    GTimeZone *tz = NULL;
    if (name == NULL)
        tz = g_time_zone_new_local();
    else if (is_name(name) && has_file(name))
        tz = g_time_zone_new_identifier(name);
    if (tz == NULL)
        return fc_fail(err, FC_CONFIG,
                       "\"%s\" is no zone known here; expected an IANA name such as Europe/Berlin or Asia/Shanghai "
                       "(package tzdata)",
                       name);
    struct fc_zone *z = calloc(1, sizeof *z);
    FC_ASSERT(z != NULL);
    z->tz = tz;
    if (name != NULL) z->name = strdup(name);
    *out = z;
    return FC_OK;
}

void fc_zone_close(struct fc_zone *z) {
    if (z == NULL) return;
    g_time_zone_unref(z->tz);
    free(z->name);
    free(z);
}

const char *fc_zone_name(const struct fc_zone *z) {
    return z->name;
}

/* ---- days ------------------------------------------------------------------------------------------------------ */

/* The time line is cut into stretches of one offset each, numbered in order of time. */
static int stretch_at(const struct fc_zone *z, int64_t s) {
    return g_time_zone_find_interval(z->tz, G_TIME_TYPE_UNIVERSAL, s);
}
static int64_t offset_of(const struct fc_zone *z, int stretch) {
    return g_time_zone_get_offset(z->tz, stretch);
}

/* The first second of the stretch, which lies after `before` and not after `within`. */
static int64_t first_of(const struct fc_zone *z, int stretch, int64_t before, int64_t within) {
    while (within - before > 1) {
        int64_t mid = before + (within - before) / 2;
        if (stretch_at(z, mid) < stretch)
            before = mid;
        else
            within = mid;
    }
    return within;
}

/* The first instant at which the zone's clocks show `local_s` or later: seconds since 1970-01-01 00:00 on them. */
static int64_t first_showing(const struct fc_zone *z, int64_t local_s) {
    int64_t last = local_s + OFFSET_S_MAX; /* at the latest */
    for (int i = stretch_at(z, local_s - OFFSET_S_MAX);; i++) {
        int64_t at = local_s - offset_of(z, i); /* if it were in this stretch */
        int there = stretch_at(z, at);
        if (there > i) continue;
        /* Not there either: the clocks jumped over it, to where the stretch begins. */
        return there == i ? at : first_of(z, i, at, last);
    }
}

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

void fc_zone_day(const struct fc_zone *z, int64_t at_us, int start_minute, int64_t *start_us, int64_t *end_us) {
    FC_ASSERT(start_minute >= 0 && start_minute < 1440);
    int64_t at = floor_div(at_us, US), start_s = start_minute * INT64_C(60);
    /* One more than the clock shows now: clocks set back over the start show the day before again. */
    int64_t date = floor_div(at + offset_of(z, stretch_at(z, at)) - start_s, DAY_S) + 1;
    int64_t start = first_showing(z, (date + 1) * DAY_S + start_s), end;
    do {
        end = start;
        start = first_showing(z, date-- * DAY_S + start_s);
    } while (start > at);
    FC_ASSERT(end > at);
    *start_us = start * US;
    *end_us = end * US;
}

int fc_zone_weekday(const struct fc_zone *z, int64_t at_us) {
    int64_t at = floor_div(at_us, US), days = floor_div(at + offset_of(z, stretch_at(z, at)), DAY_S) + 3; /* 1970-01-01 was a Thursday */
    return (int)(days - floor_div(days, 7) * 7);
}
