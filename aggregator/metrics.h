/* metrics -- every counter of the aggregator's threads under one name, for the heartbeat and so for /metrics. */
#ifndef FC_METRICS_H
#define FC_METRICS_H

#include "driver.h"
#include "ingest.h"
#include "writer.h"

struct fc_metrics {
    const struct fc_driver *driver;
    const struct fc_writer *writer;
    struct fc_ingest *const *ingests;
    uint32_t ingests_n;
};

/* fc_metrics_each -- calls `each` for every counter: engine_*, writer_*, ingest_* (summed over the endpoints). Reads counters of
 * other threads, relaxed. Thread: any */
void fc_metrics_each(void *metrics, void (*each)(void *to, const char *name, uint64_t value), void *to);

#endif
