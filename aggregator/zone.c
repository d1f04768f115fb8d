#include "zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum fc_status fc_zone_set(const char *name, struct fc_error *err) {
    if (name != NULL) {
        char path[300];
        (void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
        if (name[0] == '\0' || strstr(name, "..") != NULL || access(path, R_OK) != 0)
            return fc_fail(err, FC_CONFIG, "zone \"%s\" is not known here; expected an IANA name such as Europe/Berlin or Asia/Shanghai (package tzdata)", name);
        (void)setenv("TZ", name, 1);
    }
    tzset();
    return FC_OK;
}

/* Local midnight of tm's date moved by `days`, plus the start; mktime settles what does not exist. */
static int64_t start_of(struct tm tm, int days, int start_minute) {
    struct tm at = {.tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday + days, .tm_hour = start_minute / 60,
                    .tm_min = start_minute % 60, .tm_isdst = -1};
    return (int64_t)mktime(&at) * 1000000;
}

void fc_zone_day(struct fc_zone *zone, int64_t at_us, int start_minute, int64_t *start_us, int64_t *end_us) {
    (void)zone;
    time_t s = (time_t)(at_us / 1000000);
    struct tm tm;
    (void)localtime_r(&s, &tm);
    int day = start_of(tm, 0, start_minute) <= at_us ? 0 : -1;
    *start_us = start_of(tm, day, start_minute);
    *end_us = start_of(tm, day + 1, start_minute);
}
