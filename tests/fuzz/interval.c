/* interval -- the stored form of what was counted, and everything that is worked out from it: decoding, adding up, KPIs
 * in every variant, and the keys that intervals lie under. */
#include "fuzz.h"
#include "interval.h"
#include "kpi.h"
#include "tally.h"

static void kpis(const struct fc_tally *t) {
    uint8_t bytes[FC_KPI_BYTES_MAX];
    struct fc_mpw w;
    for (uint8_t v = 0; v < 5; v++) {
        struct fc_kpi_view view = {.tally = t, .wait_us_max = t->wait_us_max, .complaints_open = -1,
                                   .variants = {.service_level = v, .abandon_rate = v % 2, .fcr = v % 3}};
        fc_mpw_init(&w, bytes, sizeof bytes);
        fc_mpw_map(&w, FC_KPI_PAIRS);
        fc_kpi_write(&w, &view);
        struct fc_mp mp = fc_mp_open(bytes, w.len);
        FC_ASSERT(!w.overflow && fc_mp_skip(&mp) && fc_mp_left(&mp) == 0);
    }
    (void)fc_kpi_ewt_ms(3, 0, 2, t, t);
}

static void key(struct fc_str key) {
    char again[FC_INTERVAL_KEY_MAX];
    struct fc_interval at;
    if (!fc_interval_parse(key, &at)) return;
    FC_ASSERT(fc_interval_key(again, at.scope, at.minutes, at.channel, at.name, at.start_us) == key.n);
    FC_ASSERT(memcmp(again, key.p, key.n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t once[FC_TALLY_BYTES_MAX], twice[FC_TALLY_BYTES_MAX];
    struct fc_tally t = {0}, again = {0};
    struct fc_error err = {""};
    struct fc_str all = fc_str_n((const char *)data, size);
    struct fc_mp mp = fc_mp_open(data, size);
    size_t n = 0, m = 0;
    key(all);
    if (fc_tally_decode(&mp, &t, &err) != FC_OK) {
        fuzz_sentence(&err);
        FC_ASSERT(fc_tally_empty(&t) && fc_tally_merge_bytes((struct fc_str){0}, all, once, sizeof once, &n) != FC_OK);
    } else {
        kpis(&t);
        FC_ASSERT(fc_tally_merge_bytes((struct fc_str){0}, all, once, sizeof once, &n) == FC_OK);
        mp = fc_mp_open(once, n);
        FC_ASSERT(fc_tally_decode(&mp, &again, &err) == FC_OK && memcmp(t.v, again.v, sizeof t.v) == 0);
        struct fc_str first = fc_str_n((const char *)once, n);
        for (int i = 0; i < 3 && fc_tally_merge_bytes(first, all, twice, sizeof twice, &m) == FC_OK; i++) {
            memcpy(once, twice, m);
            first.n = (uint32_t)m;
        }
    }
    fc_tally_fini(&t);
    fc_tally_fini(&again);
    return 0;
}
