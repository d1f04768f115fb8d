/* kpi_path -- "service_level", "left.timeout": the way to one number in an item, checked against the catalogue.
 *
 * Refuses a KPI that is several numbers without saying which.
 * Thread: any, no allocation
 */
#ifndef FC_KPI_PATH_H
#define FC_KPI_PATH_H

#include "kpi.h"
#include "str.h"

struct fc_kpi_path {
    enum fc_kpi kpi;
    const char *part; /* NULL: it has none */
};

/* fc_kpi_path_read -- FC_INVALID: no such KPI or part, or several numbers; the sentence lacks the place. */
FC_MUST_USE enum fc_status fc_kpi_path_read(struct fc_str text, struct fc_kpi_path *out, struct fc_error *err);

/* What an item says of it. */
struct fc_kpi_reading {
    double value;
    int64_t n; /* what it is counted of; -1: of nothing in particular */
};

/* fc_kpi_path_look -- false: the item has it not, or as null. An instant's value is how long ago it was, in ms; 0 where it is null. */
bool fc_kpi_path_look(struct fc_kpi_path path, const void *item, size_t n, int64_t now_us, struct fc_kpi_reading *out);

#endif
