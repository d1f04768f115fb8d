/* rules_file -- the YAML file as libcyaml reads it: durations as people write them, NULL what was not given. Only the
 * form is checked by then; private to rules_*.c. */
#ifndef FC_RULES_FILE_H
#define FC_RULES_FILE_H

#include "config.h"
#include "event.h"

struct file_settings {
    double *threshold_s, *short_abandon_s, *goal;
};

struct file_variants {
    uint8_t *service_level, *abandon_rate, *fcr;
};

struct file_day {
    char *zone, *start;
};

struct file_channel {
    enum fc_channel channel;
    struct file_settings s;
};

struct file_queue {
    char *name;
    struct file_day day;
    struct file_settings s;
    struct file_variants v;
    struct file_channel *channels;
    uint32_t channels_count;
};

struct file_group {
    char *name, **queues;
    uint32_t queues_count;
    struct file_settings s; /* the goal alone */
    struct file_variants v;
};

struct file_fcr {
    uint32_t *window_h;
    uint8_t *by;
};

struct file_retention {
    uint32_t *minutes_days, *quarters_days, *contacts_days;
};

struct file {
    struct file_day day;
    struct file_settings s;
    struct file_variants v; /* fcr stands in the other */
    struct file_fcr fcr;
    struct file_retention retention;
    uint32_t *late_s, *contacts_max, *skew_limit_s;
    struct file_queue *queues;
    struct file_group *groups;
    uint32_t queues_count, groups_count;
};

extern const cyaml_schema_value_t fc_rules_schema;

#endif
