#include "rules.h"

#include <stdlib.h>

struct fc_rules *fc_rules_default(void) {
    struct fc_rules *r = calloc(1, sizeof *r);
    FC_ASSERT(r != NULL);
    const struct fc_settings s = {.threshold_us = 20000000, .short_us = 5000000, .goal = 0.8};
    r->zones = calloc(1, sizeof *r->zones);
    FC_ASSERT(r->zones != NULL);
    enum fc_status st = fc_zone_open(NULL, &r->zones[0], NULL);
    FC_ASSERT(st == FC_OK); /* the machine always has one */
    r->zones_n = 1;
    r->defaults = (struct fc_queue_rules){.name = strdup(""), .settings = s, .zone = r->zones[0]};
    for (int c = 0; c < FC_CHANNEL_COUNT; c++) r->defaults.channels[c] = s;
    r->skew_limit_us = 2 * INT64_C(1000000);
    r->late_us = 3600 * INT64_C(1000000);
    r->fcr_window_us = 168 * 3600 * INT64_C(1000000);
    r->contacts_max = 2000000;
    r->minutes_days = 7;
    r->quarters_days = 400;
    r->contacts_days = 7;
    return r;
}

void fc_rules_free(struct fc_rules *r) {
    if (r == NULL) return;
    for (uint32_t i = 0; i < r->queues_n; i++) free(r->queues[i].name);
    for (uint32_t i = 0; i < r->groups_n; i++) {
        for (uint32_t k = 0; k < r->groups[i].queues_n; k++) free(r->groups[i].queues[k]);
        free(r->groups[i].queues);
        free(r->groups[i].name);
    }
    for (uint32_t i = 0; i < r->zones_n; i++) fc_zone_close(r->zones[i]);
    free(r->defaults.name);
    free(r->queues);
    free(r->groups);
    free(r->members);
    free(r->zones);
    free(r);
}

/* As strcmp, of a view. */
static int compare(struct fc_str a, const char *z) {
    size_t n = strlen(z), least = a.n < n ? a.n : n;
    int order = least > 0 ? memcmp(a.p, z, least) : 0;
    return order != 0 ? order : (a.n > n) - (a.n < n);
}

const struct fc_queue_rules *fc_rules_queue(const struct fc_rules *r, struct fc_str name) {
    for (uint32_t lo = 0, hi = r->queues_n; lo < hi;) {
        uint32_t mid = lo + (hi - lo) / 2;
        int order = compare(name, r->queues[mid].name);
        if (order == 0) return &r->queues[mid];
        if (order < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return &r->defaults;
}

uint32_t fc_rules_groups(const struct fc_rules *r, struct fc_str queue, const struct fc_member **first) {
    uint32_t lo = 0, n = 0;
    for (uint32_t hi = r->members_n; lo < hi;) { /* the first that is not before it */
        uint32_t mid = lo + (hi - lo) / 2;
        if (compare(queue, r->members[mid].queue) > 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    while (lo + n < r->members_n && compare(queue, r->members[lo + n].queue) == 0) n++;
    *first = n > 0 ? &r->members[lo] : NULL;
    return n;
}

const char *fc_rules_scope(const struct fc_rules *r, struct fc_str queue) {
    const struct fc_member *first;
    return fc_rules_groups(r, queue, &first) > 0 ? first->group->name : "";
}
