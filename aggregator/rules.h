/* rules -- what the aggregator is told: thresholds, goals, formulas, groups, days, and how long things are kept.
 *
 * An immutable value once read; a reload makes a new one. What a queue does not say is as above it in the file, and a
 * queue that the file does not name gets the defaults. Everything is checked here, so that nobody else has to.
 */
#ifndef FC_RULES_H
#define FC_RULES_H

#include "event.h"
#include "kpi.h"
#include "status.h"
#include "str.h"
#include "zone.h"

struct fc_settings {
    int64_t threshold_us; /* T: answered within it meets the service level */
    int64_t short_us;     /* S: abandoned within it is a short abandon */
    double goal;          /* above 0, at most 1: of service_level */
};

struct fc_queue_rules {
    char *name;                                  /* "" in the defaults */
    struct fc_settings settings;
    struct fc_settings channels[FC_CHANNEL_COUNT]; /* as `settings` where the file says nothing */
    struct fc_variants variants;
    struct fc_zone *zone;                        /* belongs to the rules, shared by all that name it */
    int day_start_minute;                        /* past local midnight */
};

struct fc_group_rules {
    char *name;
    char **queues; /* in the file's order, at least one; may be unknown as yet */
    uint32_t queues_n;
    double goal;
    struct fc_variants variants;
};

struct fc_member { /* a queue is in a group; sorted by queue, then by the group's place in the file */
    const char *queue;
    const struct fc_group_rules *group;
};

struct fc_rules {
    struct fc_queue_rules defaults; /* of queues not named; of `all` and agents: goal, variants, zone, day */
    struct fc_queue_rules *queues;  /* sorted by name */
    struct fc_group_rules *groups;  /* in the file's order */
    struct fc_member *members;
    struct fc_zone **zones; /* all that the above use */
    uint32_t queues_n, groups_n, members_n, zones_n;
    int64_t skew_limit_us;  /* a source's clock that is further off is flagged */
    int64_t late_us;        /* how late an event may be and still count as if it had come in time */
    int64_t fcr_window_us;  /* W: contacts of a customer closer than this are one chain */
    uint32_t contacts_max;  /* kept at a time */
    uint32_t minutes_days, quarters_days; /* how long stored minutes and quarters of an hour are kept */
    uint32_t contacts_days; /* how long contacts are kept one by one after they are over; 0: not at all */
};

/* fc_rules_default -- what an empty file would mean: 20 s, 5 s, 80 %, midnight of the machine's zone. Never NULL. */
struct fc_rules *fc_rules_default(void);

/* fc_rules_read -- reads and checks the YAML file.
 * Errors: FC_CONFIG with file, line, column, what is wrong and what is allowed; *out is then unchanged. Allocates.
 * Owns:   the caller frees with fc_rules_free
 * Thread: any, but blocks on the disk */
FC_MUST_USE enum fc_status fc_rules_read(const char *path, struct fc_rules **out, struct fc_error *err);
void fc_rules_free(struct fc_rules *r);

/* The three below: thread any, no allocation, by binary search; what they hand back is valid as long as r. */

/* fc_rules_queue -- the rules of a queue: its own or the defaults, never NULL. */
const struct fc_queue_rules *fc_rules_queue(const struct fc_rules *r, struct fc_str name);

/* fc_rules_groups -- the groups that list the queue: *first and the ones after it, as many as returned. */
uint32_t fc_rules_groups(const struct fc_rules *r, struct fc_str queue, const struct fc_member **first);

/* fc_rules_scope -- within what a customer's contacts make one chain: the name of the first group in the file that
 * lists the queue, "" when none does. */
const char *fc_rules_scope(const struct fc_rules *r, struct fc_str queue);

/* fc_rules_diff -- says what a reload changed and from when it holds, a line for each kind of change, nothing when all
 * means the same: "threshold_s: sales 20 -> 10: for contacts offered from now on; .."
 * Shape:  of each kind the first few are told, the others counted; `text` lives for the call only
 * Thread: any */
void fc_rules_diff(const struct fc_rules *before, const struct fc_rules *after,
                   void (*say)(void *ctx, const char *text), void *ctx);

#endif
