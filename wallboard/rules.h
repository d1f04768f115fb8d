/* rules -- when to raise an alert, and whom to tell: `alerts` and `webhook` of the configuration file, checked.
 *
 *   alerts:
 *     - {id: sl-sales, kpi: service_level, scope: queue, name: sales, window: m15, op: below, limit: 0.7, for_s: 60}
 *   webhook: {url: "http://127.0.0.1:9000/hook", timeout_s: 5, queue: 1000}
 *
 * Thread: any; immutable once read
 */
#ifndef FC_RULES_H
#define FC_RULES_H

#include "kpi_path.h"
#include "query.h"
#include "schema.h"
#include "zone.h"

#define FC_RULES_MAX 200

struct fc_hours { /* all zeroes: always */
    struct fc_zone *zone; /* NULL: always */
    int from_minute, to_minute;
    uint8_t days; /* bit of fc_zone_weekday: the day on which they begin */
};

struct fc_rule {
    char id[FC_DOC_ID_MAX + 1], kpi[80], scope[8], name[FC_QUERY_NAME_MAX + 1]; /* name empty: of scope all */
    json_t *title;      /* NULL: none */
    struct fc_kpi_path path;
    bool each;          /* name: "*" */
    int channel;        /* enum fc_channel; -1: all together */
    enum fc_window window;
    bool below, urgent; /* else above; else a warning */
    double limit, clear;
    int64_t n_least, for_us, cooldown_us;
    struct fc_hours hours;
};

struct fc_rules {
    struct fc_rule *v;
    uint32_t count;
    char *url; /* of the webhook; NULL: none */
    uint32_t timeout_s, queue;
};

/* fc_rules_load -- from the YAML file; NULL path, or neither key in it: none. Errors: FC_CONFIG FILE:LINE:COLUMN. Blocks on the disk */
FC_MUST_USE enum fc_status fc_rules_load(const char *path, struct fc_rules *out, struct fc_error *err);
void fc_rules_free(struct fc_rules *rules);

/* fc_hours_hold -- whether an instant lies within them. The end, and a beginning that the clocks jump over, are as zone.h has days. */
bool fc_hours_hold(const struct fc_hours *hours, int64_t at_us);

#endif
