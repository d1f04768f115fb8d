#include "merge.h"

#include "event.h"
#include "item.h"

#define MORE_BYTES (FC_KPI_BYTES_MAX + 512) /* of an item, beyond the head of its first share */

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static bool is_kpi(struct fc_str key) {
    for (enum fc_kpi k = 0; k < FC_KPI_ALL; k++)
        if (fc_str_is(key, fc_kpi_row(k)->key)) return true;
    return false;
}

static bool read_channels(struct fc_mp *mp, struct fc_share *s) {
    uint32_t n;
    struct fc_str word;
    if (!fc_mp_array(mp, &n)) return false;
    for (uint32_t i = 0; i < n; i++) {
        if (!fc_mp_str(mp, &word)) return false;
        int channel = fc_word_find(FC_VOCAB_CHANNEL, word);
        if (channel >= 0) s->channels |= 1u << channel;
    }
    return true;
}

static bool read_agents(struct fc_mp *mp, struct fc_share *s) {
    uint32_t n;
    struct fc_str word;
    int64_t agents;
    if (!fc_mp_map(mp, &n)) return false;
    for (uint32_t i = 0; i < n; i++) {
        if (!fc_mp_str(mp, &word) || !fc_mp_i64(mp, &agents)) return false;
        int state = fc_word_find(FC_VOCAB_AGENT, word);
        if (state >= 0) s->now.agents[state] = agents;
    }
    return true;
}

static bool read_open(struct fc_mp *mp, struct fc_share *s) {
    struct fc_mp at;
    if (!fc_item_find(mp->p, fc_mp_left(mp), "open", &at)) return false;
    if (!fc_mp_i64(&at, &s->complaints_open)) s->complaints_open = -1;
    return fc_mp_skip(mp);
}

static bool read_variants(struct fc_mp *mp, struct fc_share *s) {
    static const char *const keys[FC_VARIANT_KINDS] = {[FC_VARIANT_SERVICE_LEVEL] = "service_level",
                                                       [FC_VARIANT_ABANDON_RATE] = "abandon_rate",
                                                       [FC_VARIANT_FCR] = "fcr"};
    uint8_t *const to[FC_VARIANT_KINDS] = {[FC_VARIANT_SERVICE_LEVEL] = &s->variants.service_level,
                                           [FC_VARIANT_ABANDON_RATE] = &s->variants.abandon_rate,
                                           [FC_VARIANT_FCR] = &s->variants.fcr};
    for (unsigned kind = 0; kind < FC_VARIANT_KINDS; kind++) {
        struct fc_mp at;
        struct fc_str word;
        if (!fc_item_find(mp->p, fc_mp_left(mp), keys[kind], &at) || !fc_mp_str(&at, &word)) return false;
        int variant = fc_variant_find((enum fc_variant_kind)kind, word);
        if (variant < 0) return false;
        *to[kind] = (uint8_t)variant;
    }
    return fc_mp_skip(mp);
}

static bool read_handled(struct fc_mp *mp, struct fc_share *s) {
    uint32_t n;
    s->is_now = true;
    return fc_mp_array(mp, &n) && n == 4 && fc_mp_i64(mp, &s->handled[0]) && fc_mp_i64(mp, &s->handled[1]) &&
           fc_mp_i64(mp, &s->handled[2]) && fc_mp_i64(mp, &s->handled[3]);
}

static bool read_longest(struct fc_mp *mp, struct fc_share *s) {
    return fc_mp_nil(mp) || fc_mp_i64(mp, &s->now.longest_wait_since_us);
}

static bool read_from(struct fc_mp *mp, struct fc_share *s) {
    return fc_mp_i64(mp, &s->from_us);
}

static bool read_waiting(struct fc_mp *mp, struct fc_share *s) {
    return fc_mp_i64(mp, &s->now.waiting);
}

static bool read_tally(struct fc_mp *mp, struct fc_share *s) {
    s->is_stretch = true;
    return fc_tally_decode(mp, &s->tally, NULL) == FC_OK;
}

/* A cell's sources are its own: those that are lost stand side by side. */
static bool read_lost(struct fc_mp *mp, struct fc_share *s) {
    uint32_t n;
    if (!fc_mp_array(mp, &n)) return false;
    const uint8_t *start = mp->p;
    for (uint32_t i = 0; i < n; i++)
        if (!fc_mp_skip(mp)) return false;
    fc_bytes_add(&s->lost, start, (size_t)(mp->p - start));
    s->lost_n += n;
    return true;
}

static bool pass_over(struct fc_mp *mp, struct fc_share *s) {
    (void)s;
    return fc_mp_skip(mp);
}

static const struct {
    const char *key;
    bool (*read)(struct fc_mp *mp, struct fc_share *s);
} readers[] = {
    {"ver", pass_over},          {"at_us", pass_over},        {"cells", pass_over},
    {"sources_lost", read_lost},
    {"channels", read_channels}, {"variants", read_variants}, {"handled", read_handled},
    {"tally", read_tally},       {"waiting", read_waiting},   {"longest_wait_since_us", read_longest},
    {"agents", read_agents},     {"complaints", read_open},   {"from_us", read_from},
};

static bool read_pair(struct fc_mp *mp, struct fc_share *s) {
    const uint8_t *start = mp->p;
    struct fc_str key;
    if (!fc_mp_str(mp, &key)) return false;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (fc_str_is(key, readers[i].key)) return readers[i].read(mp, s);
    if (!fc_mp_skip(mp)) return false;
    if (is_kpi(key)) return true; /* worked out anew */
    fc_bytes_add(&s->head, start, (size_t)(mp->p - start));
    s->head_pairs++;
    return true;
}

static void empty(struct fc_share *s) {
    struct fc_bytes head = s->head, lost = s->lost;
    struct fc_tally tally = s->tally;
    fc_bytes_clear(&head);
    fc_bytes_clear(&lost);
    fc_tally_clear(&tally);
    *s = (struct fc_share){.head = head, .lost = lost, .tally = tally, .complaints_open = -1};
}

bool fc_share_read(struct fc_share *s, const void *item, size_t n) {
    struct fc_mp mp = fc_mp_open(item, n);
    uint32_t pairs;
    empty(s);
    bool good = fc_mp_map(&mp, &pairs);
    for (uint32_t i = 0; good && i < pairs; i++) good = read_pair(&mp, s);
    if (good && (s->is_now || s->is_stretch)) return true;
    empty(s);
    return false;
}

void fc_share_fini(struct fc_share *s) {
    fc_bytes_free(&s->head);
    fc_bytes_free(&s->lost);
    fc_tally_fini(&s->tally);
    *s = (struct fc_share){0};
}

/* ---- the sum ---------------------------------------------------------------------------------------------------- */

static int64_t sooner(int64_t a, int64_t b) {
    return a == 0 || (b > 0 && b < a) ? b : a;
}

static void add(struct fc_share *sum, const struct fc_share *s) {
    sum->channels |= s->channels;
    if (s->from_us > sum->from_us) sum->from_us = s->from_us;
    sum->now.waiting = fc_sum(sum->now.waiting, s->now.waiting);
    sum->now.longest_wait_since_us = sooner(sum->now.longest_wait_since_us, s->now.longest_wait_since_us);
    for (int i = 0; i < FC_AGENT_STATE_COUNT; i++) sum->now.agents[i] = fc_sum(sum->now.agents[i], s->now.agents[i]);
    for (int i = 0; i < 4; i++) sum->handled[i] = fc_sum(sum->handled[i], s->handled[i]);
    if (s->complaints_open >= 0)
        sum->complaints_open = fc_sum(s->complaints_open, sum->complaints_open > 0 ? sum->complaints_open : 0);
    fc_tally_merge(&sum->tally, &s->tally);
    fc_bytes_add(&sum->lost, s->lost.p, s->lost.n);
    sum->lost_n += s->lost_n;
}

/* As the engine reckons it for one owner. */
static int64_t ewt_ms(const struct fc_share *sum) {
    struct fc_tally h1 = {0}, day = {0};
    int64_t staffed = 0;
    h1.v[FC_TALLY_handle_n] = sum->handled[0];
    h1.v[FC_TALLY_handle_us] = sum->handled[1];
    day.v[FC_TALLY_handle_n] = sum->handled[2];
    day.v[FC_TALLY_handle_us] = sum->handled[3];
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++)
        staffed = fc_sum(staffed, s == FC_AGENT_OFFLINE || s == FC_AGENT_PAUSED ? 0 : sum->now.agents[s]);
    return fc_kpi_ewt_ms(sum->now.waiting, sum->now.agents[FC_AGENT_AVAILABLE], staffed, &h1, &day);
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

void fc_merge_write_cells(struct fc_mpw *w, const struct fc_merged *about) {
    fc_mpw_key(w, "cells");
    fc_mpw_map(w, 2);
    fc_mpw_key(w, "up");
    fc_mpw_int(w, about->up);
    fc_mpw_key(w, "of");
    fc_mpw_int(w, about->of);
}

static void write_channels(struct fc_mpw *w, uint32_t channels) {
    fc_mpw_key(w, "channels");
    fc_mpw_array(w, (size_t)__builtin_popcount(channels));
    for (unsigned c = 0; c < FC_CHANNEL_COUNT; c++)
        if ((channels >> c & 1) != 0) fc_mpw_key(w, fc_word(FC_VOCAB_CHANNEL, c));
}

static void write_lost(struct fc_mpw *w, const struct fc_share *sum) {
    if (sum->lost_n == 0) return;
    fc_mpw_key(w, "sources_lost");
    fc_mpw_array(w, sum->lost_n);
    fc_mpw_raw(w, sum->lost.p, sum->lost.n);
}

static void write_about(struct fc_mpw *w, const struct fc_merged *about) {
    if (about->ver > 0) {
        fc_mpw_key(w, "ver");
        fc_mpw_int(w, (int64_t)about->ver);
        fc_mpw_key(w, "at_us");
        fc_mpw_int(w, about->at_us);
    }
    if (about->of > 0) fc_merge_write_cells(w, about);
}

static void write_sum(struct fc_mpw *w, const struct fc_share *first, struct fc_share *sum,
                      const struct fc_merged *about) {
    fc_mpw_map(w, first->head_pairs + 1u + (sum->lost_n > 0) + (about->ver > 0 ? 2u : 0) + (about->of > 0) +
                      (first->is_now ? FC_KPI_NOW_PAIRS : 0u) + (first->is_stretch ? 1u + FC_KPI_PAIRS : 0u));
    fc_mpw_raw(w, first->head.p, first->head.n);
    write_channels(w, sum->channels);
    write_lost(w, sum);
    write_about(w, about);
    if (first->is_now) {
        sum->now.ewt_ms = ewt_ms(sum);
        fc_kpi_write_now(w, &sum->now);
    }
    if (!first->is_stretch) return;
    fc_mpw_key(w, "from_us");
    fc_mpw_int(w, sum->from_us);
    fc_kpi_write(w, &(struct fc_kpi_view){.tally = &sum->tally,
                                          .wait_us_max = sum->tally.wait_us_max,
                                          .variants = first->variants,
                                          .complaints_open = sum->complaints_open});
}

void fc_merge_write(struct fc_bytes *out, const struct fc_share *const *shares, uint32_t n,
                    const struct fc_merged *about) {
    struct fc_share sum = {.complaints_open = -1};
    struct fc_mpw w;
    for (uint32_t i = 0; i < n; i++) add(&sum, shares[i]);
    size_t room = shares[0]->head.n + sum.lost.n + MORE_BYTES;
    fc_mpw_init(&w, fc_bytes_room(out, room), room);
    write_sum(&w, shares[0], &sum, about);
    FC_ASSERT(!w.overflow);
    out->n += w.len;
    fc_share_fini(&sum);
}
