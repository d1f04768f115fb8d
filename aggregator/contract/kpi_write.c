/* kpi_write -- KPIs as msgpack, by the form of each row. */
#include "kpi.h"

#include <math.h>

static_assert((int)FC_LEFT_COUNT <= FC_KPI_PARTS_MAX && (int)FC_AGENT_STATE_COUNT <= FC_KPI_PARTS_MAX,
              "room for every part");

/* ---- forms ------------------------------------------------------------------------------------------------------- */

static void write_f64(struct fc_mpw *w, const char *key, bool known, double v) {
    fc_mpw_key(w, key);
    if (known) fc_mpw_f64(w, v);
    else fc_mpw_nil(w);
}

static void write_n(struct fc_mpw *w, const struct fc_kpi_value *v) {
    fc_mpw_key(w, "n");
    fc_mpw_int(w, v->n);
}

static void write_ratio(struct fc_mpw *w, const struct fc_kpi_value *v, bool interval) {
    fc_mpw_map(w, 4);
    write_f64(w, "value", v->known, v->value);
    write_n(w, v);
    write_f64(w, "lo", v->known && interval, v->lo);
    write_f64(w, "hi", v->known && interval, v->hi);
}

static void write_mean(struct fc_mpw *w, const struct fc_kpi_value *v, const char *key) {
    fc_mpw_map(w, 2);
    write_f64(w, key, v->known, v->value);
    write_n(w, v);
}

static void write_tier(struct fc_mpw *w, const struct fc_kpi_value *v) {
    fc_mpw_map(w, 3);
    write_f64(w, "mean", v->known, v->value);
    write_n(w, v);
    fc_mpw_key(w, "tier");
    if (v->known) fc_mpw_key(w, fc_kpi_part(FC_FORM_TIER, (unsigned)v->i));
    else fc_mpw_nil(w);
}

static void write_dimensions(struct fc_mpw *w, const struct fc_kpi_value *v) {
    const char *key;
    unsigned n = 0;
    while (fc_kpi_part(FC_FORM_DIMENSIONS, n) != NULL) n++;
    fc_mpw_map(w, n + 1);
    for (unsigned i = 0; (key = fc_kpi_part(FC_FORM_DIMENSIONS, i)) != NULL; i++)
        write_f64(w, key, !isnan(v->part[i]), v->part[i]);
    write_n(w, v);
}

static void write_parts(struct fc_mpw *w, const struct fc_kpi_value *v, enum fc_kpi_form form) {
    const char *key;
    size_t n = 0;
    bool all = form != FC_FORM_REASONS;
    for (unsigned i = 0; fc_kpi_part(form, i) != NULL; i++) n += all || fpclassify(v->part[i]) != FP_ZERO;
    fc_mpw_map(w, n);
    for (unsigned i = 0; (key = fc_kpi_part(form, i)) != NULL; i++) {
        if (!all && fpclassify(v->part[i]) == FP_ZERO) continue;
        fc_mpw_key(w, key);
        if (fabs(v->part[i]) < 0x1p63) fc_mpw_int(w, (int64_t)v->part[i]);
        else fc_mpw_nil(w); /* not known, or run over */
    }
}

static void write_pair(struct fc_mpw *w, const struct fc_kpi_row *row, const struct fc_kpi_value *v) {
    fc_mpw_key(w, row->key);
    switch (row->form) {
    case FC_FORM_COUNT:
    case FC_FORM_MS:
    case FC_FORM_INSTANT:
        if (v->known) fc_mpw_int(w, v->i);
        else fc_mpw_nil(w);
        return;
    case FC_FORM_RATIO: write_ratio(w, v, true); return;
    case FC_FORM_TIME_SHARE: write_ratio(w, v, false); return;
    case FC_FORM_MEAN: write_mean(w, v, "mean"); return;
    case FC_FORM_SCORE: write_mean(w, v, "value"); return;
    case FC_FORM_TIER: write_tier(w, v); return;
    case FC_FORM_DIMENSIONS: write_dimensions(w, v); return;
    default: write_parts(w, v, row->form); return;
    }
}

/* ---- items ------------------------------------------------------------------------------------------------------- */

static void write_variants(struct fc_mpw *w, const struct fc_variants *v) {
    fc_mpw_key(w, "variants");
    fc_mpw_map(w, 3);
    fc_mpw_key(w, "service_level");
    fc_mpw_key(w, fc_variant_word(FC_VARIANT_SERVICE_LEVEL, v->service_level));
    fc_mpw_key(w, "abandon_rate");
    fc_mpw_key(w, fc_variant_word(FC_VARIANT_ABANDON_RATE, v->abandon_rate));
    fc_mpw_key(w, "fcr");
    fc_mpw_key(w, fc_variant_word(FC_VARIANT_FCR, v->fcr));
}

void fc_kpi_write(struct fc_mpw *w, const struct fc_kpi_view *view) {
    for (enum fc_kpi k = 0; k < FC_KPI_ALL; k++) {
        if (fc_kpi_row(k)->where != FC_KPI_STRETCH) continue;
        struct fc_kpi_value v = fc_kpi_compute(k, view);
        write_pair(w, fc_kpi_row(k), &v);
    }
    write_variants(w, &view->variants);
}

void fc_kpi_write_now(struct fc_mpw *w, const struct fc_kpi_now *now) {
    for (enum fc_kpi k = 0; k < FC_KPI_ALL; k++) {
        if (fc_kpi_row(k)->where != FC_KPI_MOMENT) continue;
        struct fc_kpi_value v = fc_kpi_compute_now(k, now);
        write_pair(w, fc_kpi_row(k), &v);
    }
}
