#include "metrics.h"

static void engine(const struct fc_driver_counts *c, void (*each)(void *to, const char *name, uint64_t value), void *to) {
#define COUNTER(name, help) each(to, "engine_" #name, fc_count_get(&c->name));
    FC_ENGINE_COUNTERS(COUNTER)
#undef COUNTER
    each(to, "engine_now_us", fc_count_get(&c->now_us));
    each(to, "engine_apply_us_max", fc_count_get(&c->apply_us_max));
    each(to, "engine_checkpoint_us_max", fc_count_get(&c->checkpoint_us_max));
    each(to, "engine_checkpoint_kept", fc_count_get(&c->checkpoint_kept));
}

static void writer(const struct fc_writer_counts *c, void (*each)(void *to, const char *name, uint64_t value), void *to) {
    each(to, "writer_batches", fc_count_get(&c->batches));
    each(to, "writer_events", fc_count_get(&c->events));
    each(to, "writer_bytes", fc_count_get(&c->bytes));
    each(to, "writer_duplicates", fc_count_get(&c->duplicates));
    each(to, "writer_overlaps", fc_count_get(&c->overlaps));
    each(to, "writer_holes", fc_count_get(&c->holes));
    each(to, "writer_commits", fc_count_get(&c->commits));
    each(to, "writer_commit_us_max", fc_count_get(&c->commit_us_max));
    each(to, "writer_commits_failed", fc_count_get(&c->commits_failed));
    each(to, "writer_checkpoints", fc_count_get(&c->checkpoints));
    each(to, "writer_records", fc_count_get(&c->records));
    each(to, "writer_trimmed", fc_count_get(&c->trimmed));
    each(to, "writer_expired", fc_count_get(&c->expired));
    each(to, "writer_blocked", fc_count_get(&c->blocked));
}

/* One row per ingest counter, so that the sum over endpoints is written once. */
#define INGEST_COUNTERS(COUNTER)                                                                                                           \
    COUNTER(batches) COUNTER(events) COUNTER(bytes) COUNTER(hellos) COUNTER(strays) COUNTER(events_invalid) COUNTER(events_unknown)         \
    COUNTER(refused) COUNTER(acks) COUNTER(stalls)

static void ingest(const struct fc_metrics *m, void (*each)(void *to, const char *name, uint64_t value), void *to) {
#define COUNTER(name)                                                                                                                      \
    {                                                                                                                                      \
        uint64_t sum = 0;                                                                                                                  \
        for (uint32_t i = 0; i < m->ingests_n; i++) sum += fc_count_get(&fc_ingest_counts(m->ingests[i])->name);                           \
        each(to, "ingest_" #name, sum);                                                                                                    \
    }
    INGEST_COUNTERS(COUNTER)
#undef COUNTER
}

void fc_metrics_each(void *metrics, void (*each)(void *to, const char *name, uint64_t value), void *to) {
    const struct fc_metrics *m = metrics;
    engine(fc_driver_counts(m->driver), each, to);
    writer(fc_writer_counts(m->writer), each, to);
    ingest(m, each, to);
}
