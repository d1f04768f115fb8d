/* rules -- what the aggregator is told about queues: thresholds, goals and where the day begins.
 *
 * An immutable value once loaded; a reload makes a new one. Names of queues that the config does not list get the defaults.
 */
#ifndef FC_RULES_H
#define FC_RULES_H

#include "event.h"
#include "kpi.h"
#include "zone.h"

struct fc_settings {
    int64_t threshold_us; /* T: answered within it meets the service level */
    int64_t short_us;     /* S: abandoned within it is a short abandon */
    double goal;          /* 0..1, of service_level */
};

struct fc_queue_rules { char *name; struct fc_settings settings; struct fc_settings channels[FC_CHANNEL_COUNT]; struct fc_variants variants; struct fc_zone *zone; int day_start_minute; };
struct fc_group_rules { char *name; char **queues; uint32_t queues_n; double goal; struct fc_variants variants; };
struct fc_rules {
    struct fc_zone *zone;
    int day_start_minute; /* past local midnight */
    struct fc_settings defaults;
    struct fc_variants variants;
    int64_t late_us, contacts_max, fcr_window_us;
    struct fc_queue_rules *queues, any;
    uint32_t queues_n;
    struct fc_group_rules *groups; uint32_t groups_n;
};

/* fc_rules_default -- 20 s, 5 s, 80 %, midnight of the machine's zone. Never NULL. */
struct fc_rules *fc_rules_default(void);

/* fc_rules_read -- reads and checks the YAML file. Errors: FC_CONFIG or FC_IO with file, line, column, what is wrong and what is
 * allowed; *out is then unchanged. Owns: caller frees with fc_rules_free. */
FC_MUST_USE enum fc_status fc_rules_read(const char *path, struct fc_rules **out, struct fc_error *err);
void fc_rules_free(struct fc_rules *c);

/* The settings of a queue: its own or the defaults. Valid as long as c. */
const struct fc_queue_rules *fc_rules_queue(const struct fc_rules *c, struct fc_str name);
struct fc_str fc_rules_scope(const struct fc_rules *r, struct fc_str n);
bool fc_group_rules_list(const struct fc_group_rules *g, struct fc_str n);
int64_t fc_rules_kept_us(const struct fc_rules *r, int minutes);

#endif
