#include "kpi.h"

#include <math.h>
#include <stdio.h>

static const struct {
    const char *key, *formula, *source;
    enum fc_kpi_form form;
} rows[FC_KPI_COUNT] = {
#define KPI(key, form, formula, source) {#key, formula, source, FC_FORM_##form},
    FC_KPIS(KPI)
#undef KPI
};

const char *fc_kpi_key(enum fc_kpi kpi) { return rows[kpi].key; }
enum fc_kpi_form fc_kpi_form(enum fc_kpi kpi) { return rows[kpi].form; }

struct fc_kpi_value fc_ratio_wilson(int64_t k, int64_t n, double z) {
    if (n <= 0 || k < 0 || k > n) return (struct fc_kpi_value){.n = n > 0 ? n : 0};
    double z2 = z * z, size = (double)n, p = (double)k / size;
    double middle = (p + z2 / (2 * size)) / (1 + z2 / size);
    double half = z / (1 + z2 / size) * sqrt(p * (1 - p) / size + z2 / (4 * size * size));
    /* At k = 0 and k = n the bound is exactly 0 and 1; rounding must not push it past p. */
    return (struct fc_kpi_value){
        .known = true, .n = n, .value = p, .lo = k == 0 ? 0 : fmax(0, middle - half), .hi = k == n ? 1 : fmin(1, middle + half)};
}

static struct fc_kpi_value count(int64_t n) { return (struct fc_kpi_value){.known = true, .i = n}; }

static struct fc_kpi_value mean_ms(int64_t sum_us, int64_t n) {
    if (n <= 0) return (struct fc_kpi_value){0};
    return (struct fc_kpi_value){.known = true, .i = (sum_us + n * 500) / (n * 1000)};
}

static struct fc_kpi_value quantile_ms(const struct fc_tally *t, double q, int64_t wait_us_max) {
    struct fc_kpi_value v = {0};
    v.known = fc_hist_quantile_ms(&t->waits, q, &v.i);
    if (v.known && v.i > wait_us_max / 1000) v.i = wait_us_max / 1000; /* a bucket's middle may lie above the largest in it */
    return v;
}

static int64_t flow_out(const struct fc_tally *t) {
    int64_t n = 0;
    for (int r = 0; r < FC_LEFT_COUNT; r++)
        if (r != FC_LEFT_ABANDONED && r != FC_LEFT_UNKNOWN) n += t->v[FC_TALLY_LEFT + r];
    return n;
}

#define V(name) t->v[FC_TALLY_##name]

struct fc_kpi_value fc_kpi_compute(enum fc_kpi kpi, const struct fc_kpi_view *view) {
    const struct fc_tally *t = view->tally; int64_t wait_us_max = view->wait_us_max;
    int64_t abandoned = t->v[FC_TALLY_LEFT + FC_LEFT_ABANDONED];
    switch (kpi) {
    case FC_KPI_offered: return count(V(offered));
    case FC_KPI_answered: return count(V(answered));
    case FC_KPI_abandoned: return count(abandoned);
    case FC_KPI_short_abandoned: return count(V(short_abandoned));
    case FC_KPI_flow_out: return count(flow_out(t));
    case FC_KPI_service_level: return fc_ratio_wilson(V(sl_met), V(sl_met) + V(sl_missed), FC_WILSON_95);
    case FC_KPI_abandon_rate: return fc_ratio_wilson(abandoned - V(short_abandoned), V(offered) - V(short_abandoned) - flow_out(t), FC_WILSON_95);
    case FC_KPI_asa_ms: return mean_ms(V(wait_us), V(answered));
    case FC_KPI_wait_p50_ms: return quantile_ms(t, 0.50, wait_us_max);
    case FC_KPI_wait_p90_ms: return quantile_ms(t, 0.90, wait_us_max);
    case FC_KPI_wait_p95_ms: return quantile_ms(t, 0.95, wait_us_max);
    case FC_KPI_wait_p99_ms: return quantile_ms(t, 0.99, wait_us_max);
    case FC_KPI_wait_max_ms: return V(answered) > 0 ? count(wait_us_max / 1000) : (struct fc_kpi_value){0};
    case FC_KPI_talk_ms: return mean_ms(V(talk_us), V(talk_n));
    case FC_KPI_hold_ms: return mean_ms(V(hold_us), V(talk_n));
    case FC_KPI_wrap_ms: return V(wrap_n) > 0 ? mean_ms(V(wrap_us), V(handle_n)) : (struct fc_kpi_value){0};
    case FC_KPI_aht_ms: return mean_ms(V(handle_us), V(handle_n));
    case FC_KPI_missed: return count(V(missed));
    case FC_KPI_transferred: return count(V(transferred));
    case FC_KPI_transfer_rate: return fc_ratio_wilson(V(transferred), V(talk_n), FC_WILSON_95);
    case FC_KPI_left:
    case FC_KPI_COUNT: break;
    }
    return (struct fc_kpi_value){0};
}

static void write_reasons(struct fc_mpw *w, const struct fc_tally *t) {
    size_t used = 0;
    for (int r = 0; r < FC_LEFT_COUNT; r++) used += t->v[FC_TALLY_LEFT + r] != 0;
    fc_mpw_map(w, used);
    for (unsigned r = 0; r < FC_LEFT_COUNT; r++) {
        if (t->v[FC_TALLY_LEFT + r] == 0) continue;
        fc_mpw_key(w, fc_word(FC_VOCAB_LEFT, r));
        fc_mpw_int(w, t->v[FC_TALLY_LEFT + r]);
    }
}

static void write_number(struct fc_mpw *w, bool known, double v) {
    if (known) fc_mpw_f64(w, v);
    else fc_mpw_nil(w);
}

static void write_ratio(struct fc_mpw *w, struct fc_kpi_value v) {
    fc_mpw_map(w, 4);
    fc_mpw_key(w, "value");
    write_number(w, v.known, v.value);
    fc_mpw_key(w, "n");
    fc_mpw_int(w, v.n);
    fc_mpw_key(w, "lo");
    write_number(w, v.known, v.lo);
    fc_mpw_key(w, "hi");
    write_number(w, v.known, v.hi);
}

int64_t fc_kpi_ewt_ms(int64_t w, int64_t a, int64_t s, const struct fc_kpi_handled *h1, const struct fc_kpi_handled *d) { (void)w; (void)a; (void)s; (void)h1; (void)d; return -1; }
void fc_kpi_write_variants(struct fc_mpw *w, const struct fc_variants *v) { (void)w; (void)v; }
void fc_kpi_write_now(struct fc_mpw *w, const struct fc_kpi_now *n) {
    fc_mpw_key(w, "waiting"); fc_mpw_int(w, n->waiting);
    fc_mpw_key(w, "longest_wait_since_us"); if (n->longest_wait_since_us) fc_mpw_int(w, n->longest_wait_since_us); else fc_mpw_nil(w);
    fc_mpw_key(w, "ewt_ms"); fc_mpw_nil(w);
    fc_mpw_key(w, "agents");
    fc_mpw_map(w, FC_AGENT_STATE_COUNT);
    for (unsigned s = 0; s < FC_AGENT_STATE_COUNT; s++) { fc_mpw_key(w, fc_word(FC_VOCAB_AGENT, s)); fc_mpw_int(w, n->agents[s]); }
}
void fc_kpi_write(struct fc_mpw *w, const struct fc_kpi_view *view) {
    const struct fc_tally *t = view->tally;
    for (enum fc_kpi k = 0; k < FC_KPI_COUNT; k++) {
        struct fc_kpi_value v = fc_kpi_compute(k, view);
        fc_mpw_key(w, rows[k].key);
        if (rows[k].form == FC_FORM_REASONS) write_reasons(w, t);
        else if (rows[k].form == FC_FORM_RATIO) write_ratio(w, v);
        else if (v.known) fc_mpw_int(w, v.i);
        else fc_mpw_nil(w);
    }
}

void fc_kpi_print_table(void *out) {
    static const char *const forms[] = {"integer", "ms or null", "ratio", "by reason"};
    FILE *f = out;
    (void)fprintf(f, "# KPIs\n\nMade by `floorcast-aggregator --kpis` from the table in `kpi.h`; do not edit.\n\n");
    (void)fprintf(f, "| key | form | formula | definition from |\n|---|---|---|---|\n");
    for (int i = 0; i < FC_KPI_COUNT; i++)
        (void)fprintf(f, "| `%s` | %s | %s | %s |\n", rows[i].key, forms[rows[i].form], rows[i].formula, rows[i].source);
}
