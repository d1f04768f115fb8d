/* metrics -- every figure of the aggregator's threads under one name, for the heartbeat and so for /metrics. Its rows are in
 * contract/aggregator_figures.h. */
#ifndef FC_METRICS_H
#define FC_METRICS_H

#include "driver.h"
#include "ingest.h"
#include "publisher.h"
#include "query.h"
#include "writer.h"

struct fc_metrics {
    struct fc_driver *driver;
    const struct fc_writer *writer;
    struct fc_query *query;
    struct fc_ingest *const *ingests;
    uint32_t ingests_n;
    struct fc_mono started;
};

/* fc_metrics_each -- calls `each` for every row; ingests are summed over the endpoints. Reads counters of other threads, relaxed, and
 * asks the system for memory and descriptors. Thread: publisher */
void fc_metrics_each(void *metrics, const struct fc_publisher_counts *publisher, void (*each)(void *to, const char *name, uint64_t value), void *to);

#endif
