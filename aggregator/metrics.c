#include "metrics.h"

#include "aggregator_figures.h"
#include "process.h"

/* ---- the engine ------------------------------------------------------------------------------------------------- */

static uint64_t ms_since(const struct fc_counter *ns, struct fc_mono now) {
    int64_t then = (int64_t)fc_count_get(ns);
    return then > 0 && now.ns > then ? (uint64_t)(now.ns - then) / 1000000 : 0;
}

static void engine(const struct fc_driver_counts *c, struct fc_mono now, struct fc_aggregator_figures *f) {
#define COUNTER(name, type, help) f->engine_##name = fc_count_get(&c->name);
    FC_ENGINE_COUNTERS(COUNTER)
#undef COUNTER
    f->engine_now_us = fc_count_get(&c->now_us);
    f->engine_held_ms = fc_count_get(&c->held_us) / 1000;
    f->engine_turn_ms_ago = ms_since(&c->turn_ns, now);
    f->engine_apply_us_max = fc_count_get(&c->apply_us_max);
    f->engine_checkpoint_us = fc_count_get(&c->checkpoint_us);
    f->engine_checkpoint_us_max = fc_count_get(&c->checkpoint_us_max);
    f->engine_checkpoint_kept = fc_count_get(&c->checkpoint_kept);
    f->checkpoint_age_ms = ms_since(&c->covered_ns, now);
    f->engine_stalls = fc_count_get(&c->stalls);
    f->engine_turn_us_max = fc_count_get(&c->turn_us_max);
}

/* ---- the writer ------------------------------------------------------------------------------------------------- */

#define SAME(NAME) NAME(batches) NAME(events) NAME(bytes) NAME(duplicates) NAME(overlaps) NAME(holes) NAME(trimmed) NAME(commits) \
    NAME(commits_failed) NAME(commit_us_max) NAME(blocked) NAME(checkpoints) NAME(records) NAME(expired) NAME(stalls) NAME(turn_us_max)

static void writer(const struct fc_writer_counts *c, struct fc_aggregator_figures *f) {
#define COPY(name) f->writer_##name = fc_count_get(&c->name);
    SAME(COPY)
#undef COPY
    f->journal_entries = fc_count_get(&c->journal_entries);
    f->checkpoint_stuck = fc_count_get(&c->checkpoint_stuck);
    f->checkpoint_waiting_bytes = fc_count_get(&c->waiting_bytes);
    f->store_state_records = fc_count_get(&c->state_records);
    f->store_interval_records = fc_count_get(&c->interval_records);
    f->store_contact_records = fc_count_get(&c->contact_records);
    f->store_used_bytes = fc_count_get(&c->used_bytes);
    f->store_map_bytes = fc_count_get(&c->map_bytes);
}

/* ---- ingests, summed over the endpoints ------------------------------------------------------------------------- */

#define SUMMED(NAME) NAME(batches) NAME(events) NAME(bytes) NAME(hellos) NAME(strays) NAME(events_invalid) NAME(events_unknown) \
    NAME(refused) NAME(acks) NAME(stalls) NAME(tells) NAME(tells_dropped) NAME(turns_long)

static void add_ring(const struct fc_ring *ring, uint64_t *used, uint64_t *room) {
    *used += fc_ring_fill(ring);
    *room += fc_ring_room(ring);
}

static void add_ingest(struct fc_ingest *in, struct fc_aggregator_figures *f) {
    const struct fc_ingest_counts *c = fc_ingest_counts(in);
    uint64_t longest_us = fc_count_get(&c->turn_us_max);
#define ADD(name) f->ingest_##name += fc_count_get(&c->name);
    SUMMED(ADD)
#undef ADD
    if (longest_us > f->ingest_turn_us_max) f->ingest_turn_us_max = longest_us;
    add_ring(fc_ingest_events(in), &f->ring_events, &f->ring_events_room);
    add_ring(fc_ingest_batches(in), &f->ring_batches, &f->ring_batches_room);
    add_ring(fc_ingest_batches_back(in), &f->ring_acks, &f->ring_acks_room);
    add_ring(fc_ingest_events_back(in), &f->ingest_blocks_free, &f->ingest_blocks);
}

/* ---- all -------------------------------------------------------------------------------------------------------- */

static void process(const struct fc_metrics *m, struct fc_mono now, struct fc_aggregator_figures *f) {
    struct fc_process p;
    fc_process_read(&p);
    f->uptime_ms = (uint64_t)fc_mono_ms_since(m->started, now);
    f->resident_bytes = p.resident_bytes;
    f->descriptors = p.descriptors;
    f->descriptors_max = p.descriptors_max;
}

void fc_metrics_each(void *metrics, const struct fc_publisher_counts *publisher, void (*each)(void *to, const char *name, uint64_t value), void *to) {
    const struct fc_metrics *m = metrics;
    struct fc_mono now = fc_mono_now();
    struct fc_aggregator_figures f = {.publisher_stalls = publisher->stalls, .publisher_turn_us_max = publisher->turn_us_max,
                                      .subscriptions = publisher->subscriptions, .questions = publisher->questions,
                                      .questions_refused = publisher->questions_refused, .messages_sent = publisher->sent};
    engine(fc_driver_counts(m->driver), now, &f);
    writer(fc_writer_counts(m->writer), &f);
    for (uint32_t i = 0; i < m->ingests_n; i++) add_ingest(m->ingests[i], &f);
    if (fc_driver_records(m->driver) != NULL) add_ring(fc_driver_records(m->driver), &f.ring_records, &f.ring_records_room);
    add_ring(fc_driver_states(m->driver), &f.ring_states, &f.ring_states_room);
    add_ring(fc_query_jobs(m->query), &f.ring_questions, &f.ring_questions_room);
    process(m, now, &f);
#define COUNTER(name, type, help) each(to, "engine_" #name, f.engine_##name);
    FC_ENGINE_COUNTERS(COUNTER)
#undef COUNTER
#define FIGURE(key, name, label, type, per, help) each(to, #key, f.key);
    FC_AGGREGATOR_FIGURES(FIGURE)
#undef FIGURE
}
