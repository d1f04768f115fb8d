#include "kpi.h"

#include <math.h>

/* ---- what numbers are made of ------------------------------------------------------------------------------------ */

#define V(name) v->tally->v[FC_TALLY_##name]

static int64_t less(int64_t a, int64_t b) { return (int64_t)((uint64_t)a - (uint64_t)b); } /* see fc_sum */

static struct fc_kpi_value count(int64_t n) { return (struct fc_kpi_value){.known = true, .i = n}; }

static struct fc_kpi_value mean(int64_t sum, int64_t n) {
    if (n <= 0) return (struct fc_kpi_value){0};
    return (struct fc_kpi_value){.known = true, .n = n, .value = (double)sum / (double)n};
}

static struct fc_kpi_value mean_ms(int64_t sum_us, int64_t n) {
    if (n <= 0 || n > INT64_MAX / 1000) return (struct fc_kpi_value){0};
    return count(fc_sum(sum_us, n * 500) / (n * 1000));
}

struct fc_kpi_value fc_ratio_wilson(int64_t k, int64_t n, double z) {
    if (n <= 0 || k < 0 || k > n) return (struct fc_kpi_value){.n = n > 0 ? n : 0};
    double z2 = z * z, size = (double)n, p = (double)k / size;
    double middle = (p + z2 / (2 * size)) / (1 + z2 / size);
    double half = z / (1 + z2 / size) * sqrt(p * (1 - p) / size + z2 / (4 * size * size));
    /* At k = 0 and k = n the bound is exactly 0 and 1; rounding must not push it past p. */
    return (struct fc_kpi_value){.known = true,
                                 .n = n,
                                 .value = p,
                                 .lo = k == 0 ? 0 : fmax(0, middle - half),
                                 .hi = k == n ? 1 : fmin(1, middle + half)};
}

static struct fc_kpi_value ratio(int64_t k, int64_t n) { return fc_ratio_wilson(k, n, FC_WILSON_95); }

static struct fc_kpi_value time_share(int64_t part_us, int64_t all_us) {
    int64_t n = all_us / 1000000;
    if (n <= 0 || part_us < 0 || part_us > all_us) return (struct fc_kpi_value){.n = n > 0 ? n : 0};
    return (struct fc_kpi_value){.known = true, .n = n, .value = (double)part_us / (double)all_us};
}

/* ---- now --------------------------------------------------------------------------------------------------------- */

static struct fc_kpi_value waiting(const struct fc_kpi_now *now) { return count(now->waiting); }

static struct fc_kpi_value longest_wait_since_us(const struct fc_kpi_now *now) {
    return (struct fc_kpi_value){.known = now->longest_wait_since_us > 0, .i = now->longest_wait_since_us};
}

static struct fc_kpi_value agents(const struct fc_kpi_now *now) {
    struct fc_kpi_value a = {.known = true};
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++) a.part[s] = (double)now->agents[s];
    return a;
}

static struct fc_kpi_value ewt_ms(const struct fc_kpi_now *now) {
    return (struct fc_kpi_value){.known = now->ewt_ms >= 0, .i = now->ewt_ms};
}

int64_t fc_kpi_ewt_ms(int64_t waiting_n, int64_t available, int64_t staffed, const struct fc_tally *h1,
                      const struct fc_tally *day) {
    if (available > 0 && waiting_n == 0) return 0;
    const struct fc_tally *t = h1->v[FC_TALLY_handle_n] > 0 ? h1 : day;
    int64_t handled = t->v[FC_TALLY_handle_n];
    if (staffed <= 0 || handled <= 0) return -1;
    double us = ((double)waiting_n + 1) * ((double)t->v[FC_TALLY_handle_us] / (double)handled) / (double)staffed;
    return us >= 0 && us < 1e18 ? (int64_t)(us / 1000 + 0.5) : -1;
}

/* ---- the queue --------------------------------------------------------------------------------------------------- */

static int64_t left_by(const struct fc_kpi_view *v, int reason) { return v->tally->v[FC_TALLY_LEFT + reason]; }

static int64_t flown_out(const struct fc_kpi_view *v) {
    int64_t n = 0;
    for (int r = 0; r < FC_LEFT_COUNT; r++)
        if (r != FC_LEFT_ABANDONED && r != FC_LEFT_UNKNOWN) n = fc_sum(n, left_by(v, r));
    return n;
}

static struct fc_kpi_value offered(const struct fc_kpi_view *v) { return count(V(offered)); }
static struct fc_kpi_value answered(const struct fc_kpi_view *v) { return count(V(answered)); }
static struct fc_kpi_value abandoned(const struct fc_kpi_view *v) { return count(left_by(v, FC_LEFT_ABANDONED)); }
static struct fc_kpi_value short_abandoned(const struct fc_kpi_view *v) { return count(V(short_abandoned)); }
static struct fc_kpi_value flow_out(const struct fc_kpi_view *v) { return count(flown_out(v)); }

static struct fc_kpi_value left(const struct fc_kpi_view *v) {
    struct fc_kpi_value a = {.known = true};
    for (int r = 0; r < FC_LEFT_COUNT; r++) a.part[r] = (double)left_by(v, r);
    return a;
}

static struct fc_kpi_value service_level(const struct fc_kpi_view *v) {
    switch (v->variants.service_level) {
    case FC_SERVICE_LEVEL_ANSWERED: return ratio(V(sl_met), V(answered));
    case FC_SERVICE_LEVEL_IGNORE: return ratio(V(sl_met), less(V(offered), V(abandoned_within)));
    case FC_SERVICE_LEVEL_POSITIVE: return ratio(fc_sum(V(sl_met), V(abandoned_within)), V(offered));
    case FC_SERVICE_LEVEL_NEGATIVE: return ratio(V(sl_met), V(offered));
    default: return ratio(V(sl_met), fc_sum(V(sl_met), V(sl_missed)));
    }
}

static struct fc_kpi_value abandon_rate(const struct fc_kpi_view *v) {
    int64_t all = left_by(v, FC_LEFT_ABANDONED);
    if (v->variants.abandon_rate == FC_ABANDON_RATE_RAW) return ratio(all, V(offered));
    return ratio(less(all, V(short_abandoned)), less(less(V(offered), V(short_abandoned)), flown_out(v)));
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

/* The kept maximum only rises: when a late event takes back the longest wait, the histogram knows better. */
static int64_t longest_ms(const struct fc_kpi_view *v) {
    int64_t kept = v->wait_us_max / 1000, top = fc_hist_top_ms(&v->tally->waits);
    return kept < top ? kept : top;
}

static struct fc_kpi_value wait_quantile(const struct fc_kpi_view *v, double q) {
    struct fc_kpi_value a = {0};
    a.known = fc_hist_quantile_ms(&v->tally->waits, q, &a.i);
    if (a.known && a.i > longest_ms(v)) a.i = longest_ms(v); /* a bucket's middle may lie above the largest in it */
    return a;
}

static struct fc_kpi_value asa_ms(const struct fc_kpi_view *v) { return mean_ms(V(wait_us), V(answered)); }
static struct fc_kpi_value wait_p50_ms(const struct fc_kpi_view *v) { return wait_quantile(v, 0.50); }
static struct fc_kpi_value wait_p90_ms(const struct fc_kpi_view *v) { return wait_quantile(v, 0.90); }
static struct fc_kpi_value wait_p95_ms(const struct fc_kpi_view *v) { return wait_quantile(v, 0.95); }
static struct fc_kpi_value wait_p99_ms(const struct fc_kpi_view *v) { return wait_quantile(v, 0.99); }

static struct fc_kpi_value wait_max_ms(const struct fc_kpi_view *v) {
    return V(answered) > 0 ? count(longest_ms(v)) : (struct fc_kpi_value){0};
}

/* ---- handling ---------------------------------------------------------------------------------------------------- */

static struct fc_kpi_value talk_ms(const struct fc_kpi_view *v) { return mean_ms(V(talk_us), V(talk_n)); }
static struct fc_kpi_value hold_ms(const struct fc_kpi_view *v) { return mean_ms(V(hold_us), V(talk_n)); }

static struct fc_kpi_value wrap_ms(const struct fc_kpi_view *v) {
    return V(wrap_n) > 0 ? mean_ms(V(wrap_us), V(handle_n)) : (struct fc_kpi_value){0};
}

static struct fc_kpi_value aht_ms(const struct fc_kpi_view *v) { return mean_ms(V(handle_us), V(handle_n)); }
static struct fc_kpi_value missed(const struct fc_kpi_view *v) { return count(V(missed)); }
static struct fc_kpi_value transferred(const struct fc_kpi_view *v) { return count(V(transferred)); }
static struct fc_kpi_value transfer_rate(const struct fc_kpi_view *v) { return ratio(V(transferred), V(talk_n)); }

/* ---- agents' time ------------------------------------------------------------------------------------------------ */

static int64_t time_us(const struct fc_kpi_view *v, int state) {
    return v->time_us != NULL ? v->time_us[state] : v->tally->v[FC_TALLY_TIME + state];
}

static int64_t handling_us(const struct fc_kpi_view *v) {
    return fc_sum(fc_sum(time_us(v, FC_AGENT_BUSY), time_us(v, FC_AGENT_HOLD)), time_us(v, FC_AGENT_WRAP));
}

static struct fc_kpi_value occupancy(const struct fc_kpi_view *v) {
    return time_share(handling_us(v), fc_sum(handling_us(v), time_us(v, FC_AGENT_AVAILABLE)));
}

static struct fc_kpi_value utilization(const struct fc_kpi_view *v) {
    int64_t signed_in_us = 0;
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++)
        if (s != FC_AGENT_OFFLINE) signed_in_us = fc_sum(signed_in_us, time_us(v, s));
    return time_share(fc_sum(handling_us(v), time_us(v, FC_AGENT_AVAILABLE)), signed_in_us);
}

static struct fc_kpi_value state_ms(const struct fc_kpi_view *v) {
    struct fc_kpi_value a = {.known = true};
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++) a.part[s] = s == FC_AGENT_OFFLINE ? NAN : (double)(time_us(v, s) / 1000);
    return a;
}

/* ---- customers --------------------------------------------------------------------------------------------------- */

static struct fc_kpi_value fcr_provisional(const struct fc_kpi_view *v) {
    switch (v->variants.fcr) {
    case FC_FCR_DISPOSITION: return ratio(V(disposed_once), V(disposed_n));
    case FC_FCR_SURVEY: return ratio(V(told_once), V(told_n));
    default: return ratio(V(chain_once), V(chain_n));
    }
}

static struct fc_kpi_value fcr_matured(const struct fc_kpi_view *v) {
    switch (v->variants.fcr) {
    case FC_FCR_DISPOSITION: return ratio(V(disposed_final_once), V(disposed_final_n));
    case FC_FCR_SURVEY: return ratio(V(told_final_once), V(told_final_n));
    default: return ratio(V(chain_final_once), V(chain_final_n));
    }
}

static struct fc_kpi_value journey_ms(const struct fc_kpi_view *v) { return mean_ms(V(journey_us), V(journey_n)); }

static struct fc_kpi_value journey_p90_ms(const struct fc_kpi_view *v) {
    struct fc_kpi_value a = {0};
    a.known = fc_hist_quantile_ms(&v->tally->journeys, 0.90, &a.i);
    return a;
}

static struct fc_kpi_value csat(const struct fc_kpi_view *v) { return mean(V(csat_sum), V(csat_n)); }
static struct fc_kpi_value csat_top(const struct fc_kpi_view *v) { return ratio(V(csat_top), V(csat_n)); }
static struct fc_kpi_value nps(const struct fc_kpi_view *v) {
    int64_t over = less(V(nps_promoters), V(nps_detractors));
    struct fc_kpi_value a = mean(over, V(nps_n));
    if (a.known) a.value = 100 * (double)over / (double)a.n;
    return a;
}

static struct fc_kpi_value rater(const struct fc_kpi_view *v) {
    const int64_t sums[] = {V(rater_reliability), V(rater_assurance), V(rater_tangibles), V(rater_empathy),
                            V(rater_responsiveness)};
    struct fc_kpi_value a = {.known = true, .n = V(rater_n)};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) a.part[i] = a.n > 0 ? (double)sums[i] / (double)a.n : NAN;
    return a;
}

static struct fc_kpi_value assess(const struct fc_kpi_view *v) {
    struct fc_kpi_value a = mean(V(assess_sum), V(assess_n));
    double whole = floor(a.value + 0.5);
    a.i = whole <= 12 ? 0 : whole <= 22 ? 1 : 2;
    return a;
}

static struct fc_kpi_value resolved(const struct fc_kpi_view *v) {
    return (struct fc_kpi_value){
        .known = true, .part = {[FC_OUTCOME_YES] = (double)V(resolved_yes), [FC_OUTCOME_NO] = (double)V(resolved_no)}};
}

/* ---- complaints -------------------------------------------------------------------------------------------------- */

static struct fc_kpi_value complaints(const struct fc_kpi_view *v) {
    double open = v->complaints_open >= 0 ? (double)v->complaints_open : NAN;
    return (struct fc_kpi_value){.known = true,
                                 .part = {(double)V(complaints_opened), open, (double)V(complaints_reopened)}};
}

static struct fc_kpi_value complaint_rate(const struct fc_kpi_view *v) {
    return ratio(V(complaints_opened), V(handle_n));
}
static struct fc_kpi_value complaint_ack_ms(const struct fc_kpi_view *v) {
    return mean_ms(V(complaint_ack_us), V(complaint_ack_n));
}

static struct fc_kpi_value complaint_resolve_ms(const struct fc_kpi_view *v) {
    return mean_ms(V(complaint_resolve_us), V(complaint_resolve_n));
}

static struct fc_kpi_value causes(const struct fc_kpi_view *v) {
    return (struct fc_kpi_value){.known = true,
                                 .part = {[FC_CAUSE_FRONTLINE] = (double)V(cause_frontline),
                                          [FC_CAUSE_PROCESS] = (double)V(cause_process),
                                          [FC_CAUSE_SUPPORT] = (double)V(cause_support)}};
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static const struct {
    struct fc_kpi_value (*stretch)(const struct fc_kpi_view *view);
    struct fc_kpi_value (*moment)(const struct fc_kpi_now *now);
} functions[FC_KPI_ALL] = {
#define OF_STRETCH(key) .stretch = key
#define OF_MOMENT(key) .moment = key
#define KPI(key, where, form, unit, variants, en, zh, formula, source, help_en, help_zh) {OF_##where(key)},
#include "kpi_rows.h"
#undef KPI
};

struct fc_kpi_value fc_kpi_compute(enum fc_kpi kpi, const struct fc_kpi_view *view) {
    FC_ASSERT(kpi < FC_KPI_ALL && functions[kpi].stretch != NULL);
    return functions[kpi].stretch(view);
}

struct fc_kpi_value fc_kpi_compute_now(enum fc_kpi kpi, const struct fc_kpi_now *now) {
    FC_ASSERT(kpi < FC_KPI_ALL && functions[kpi].moment != NULL);
    return functions[kpi].moment(now);
}
