/* kpi -- the KPI table: from a tally to the numbers that are shown. One KPI, one row, one function.
 *
 * A row names the JSON key, the form, the formula in words and where the definition comes from. The JSON, the page
 * KPIS.md and the tests are made from the rows. A number whose denominator is empty is null, never 0 % or 100 %.
 * In a rolling window a fact counts when it happened, so a window can hold more exits than entries; a ratio that
 * would then leave 0..1 is null as well: it is no share of anything.
 */
#ifndef FC_KPI_H
#define FC_KPI_H

#include "mp.h"
#include "tally.h"

/* COUNT: integer.  MS: integer milliseconds or null.  RATIO: {"value","n","lo","hi"}, lo and hi the 95 % Wilson interval.
 * REASONS: {reason: n} of those that occurred. */
enum fc_kpi_form { FC_FORM_COUNT, FC_FORM_MS, FC_FORM_RATIO, FC_FORM_REASONS };

/* KPI(key, form, "formula", "source of the definition") -- symbols as in the design: O offered, A answered, B abandoned,
 * Bs abandoned within the short-abandon limit, F flow-out, T the threshold. */
#define FC_KPIS(KPI)                                                                                                   \
    KPI(offered, COUNT, "O: contacts that entered the queue", "common to all products")                                \
    KPI(answered, COUNT, "A: contacts connected to an agent", "common to all products")                                \
    KPI(abandoned, COUNT, "B: customer hung up while waiting, short ones included", "Genesys Cloud metric definitions") \
    KPI(short_abandoned, COUNT, "Bs: abandoned with a wait of at most S", "Talkdesk, RingCentral short abandons")      \
    KPI(flow_out, COUNT, "F: left unanswered for every reason but abandoned and unknown", "Genesys Cloud flow-outs")   \
    KPI(left, REASONS, "left the queue unanswered, by reason", "Asterisk queue_log exits")                             \
    KPI(service_level, RATIO, "A<=T / (A + B - Bs + W>T); a breach counts when T elapses",                             \
        "Cisco UCCE service level event; short abandons removed as Talkdesk does")                                     \
    KPI(abandon_rate, RATIO, "(B - Bs) / (O - Bs - F)", "Talkdesk with short abandons; flow-outs left alive")          \
    KPI(asa_ms, MS, "mean wait of answered contacts, queue and ringing", "average speed of answer, Vodia, Amazon Connect") \
    KPI(wait_p50_ms, MS, "half of the answered waited no longer", "nearest rank")                                      \
    KPI(wait_p90_ms, MS, "nine in ten of the answered waited no longer", "nearest rank")                               \
    KPI(wait_p95_ms, MS, "19 in 20 of the answered waited no longer", "nearest rank")                                  \
    KPI(wait_p99_ms, MS, "99 in 100 of the answered waited no longer", "nearest rank")                                 \
    KPI(wait_max_ms, MS, "longest wait of an answered contact", "Amazon Connect maximum queued time, answered only")   \
    KPI(talk_ms, MS, "mean talk time of conversations over, hold not included", "common to all products")              \
    KPI(hold_ms, MS, "mean time on hold of conversations over, none counts as 0", "common to all products")            \
    KPI(wrap_ms, MS, "mean after-contact work of handled contacts, none counts as 0; null where no source tells it",   \
        "common to all products")                                                                                      \
    KPI(aht_ms, MS, "mean of talk + hold + wrap, stamped when wrap ends", "Genesys Cloud average handle time")         \
    KPI(missed, COUNT, "alerts that an agent did not take", "Amazon Connect agent non-response")                       \
    KPI(transferred, COUNT, "conversations that ended in a transfer", "Genesys Cloud")                                 \
    KPI(transfer_rate, RATIO, "transferred / conversations over", "Genesys Cloud")

enum fc_kpi {
#define KPI(key, form, formula, source) FC_KPI_##key,
    FC_KPIS(KPI)
#undef KPI
        FC_KPI_COUNT,
};

/* ---- variants: the same KPI by another formula, as a queue chooses ---------------------------------------------- */

enum fc_variant_kind {
    FC_VARIANT_SERVICE_LEVEL,
    FC_VARIANT_ABANDON_RATE,
    FC_VARIANT_FCR,
    FC_VARIANT_KINDS,
    FC_VARIANT_NONE = FC_VARIANT_KINDS,
};

/* VARIANT(kind, NAME, "word", "formula"); the first of a kind is its default, whose number is 0. */
#define FC_VARIANTS(VARIANT)                                                                                           \
    VARIANT(SERVICE_LEVEL, DEFAULT, "default", "A≤T / (A + B − Bs + W>T)")                                             \
    VARIANT(SERVICE_LEVEL, ANSWERED, "answered", "A≤T / A")                                                            \
    VARIANT(SERVICE_LEVEL, IGNORE, "ignore", "A≤T / (O − B≤T)")                                                        \
    VARIANT(SERVICE_LEVEL, POSITIVE, "positive", "(A≤T + B≤T) / O")                                                    \
    VARIANT(SERVICE_LEVEL, NEGATIVE, "negative", "A≤T / O")                                                            \
    VARIANT(ABANDON_RATE, DEFAULT, "default", "(B − Bs) / (O − Bs − F)")                                               \
    VARIANT(ABANDON_RATE, RAW, "raw", "B / O")                                                                         \
    VARIANT(FCR, REPEAT, "repeat", "C(A = 1, O = 0 after) / C(A ≥ 1)")                                                 \
    VARIANT(FCR, DISPOSITION, "disposition", "C(resolved = yes) / C(resolved)")                                        \
    VARIANT(FCR, SURVEY, "survey", "C(survey = yes) / C(survey)")

enum {
#define VARIANT(kind, name, word, formula) FC_AT_##kind##_##name,
    FC_VARIANTS(VARIANT)
#undef VARIANT
};
enum { /* the number of a variant within its kind: FC_SERVICE_LEVEL_ANSWERED, FC_ABANDON_RATE_RAW, FC_FCR_SURVEY, .. */
    FC_AT_SERVICE_LEVEL = FC_AT_SERVICE_LEVEL_DEFAULT,
    FC_AT_ABANDON_RATE = FC_AT_ABANDON_RATE_DEFAULT,
    FC_AT_FCR = FC_AT_FCR_REPEAT,
#define VARIANT(kind, name, word, formula) FC_##kind##_##name = FC_AT_##kind##_##name - FC_AT_##kind,
    FC_VARIANTS(VARIANT)
#undef VARIANT
};

struct fc_variants { /* all zeroes: the defaults */
    uint8_t service_level, abandon_rate, fcr;
};

/* fc_variant_word -- the i-th word of a kind, NULL past the last.  fc_variant_formula -- likewise its formula.
 * fc_variant_find -- its number, -1 when the kind has no such word. */
const char *fc_variant_word(enum fc_variant_kind kind, unsigned i);
const char *fc_variant_formula(enum fc_variant_kind kind, unsigned i);
int fc_variant_find(enum fc_variant_kind kind, struct fc_str word);

struct fc_kpi_value {
    bool known;
    int64_t i;         /* COUNT, MS */
    int64_t n;         /* RATIO: its denominator */
    double value, lo, hi; /* RATIO */
};

const char *fc_kpi_key(enum fc_kpi kpi);
enum fc_kpi_form fc_kpi_form(enum fc_kpi kpi);

/* fc_kpi_compute -- one number of one tally. wait_us_max: the largest wait within the tally's stretch.
 * REASONS rows have no single number: known is false. Thread: any, no allocation */
struct fc_kpi_value fc_kpi_compute(enum fc_kpi kpi, const struct fc_tally *t, int64_t wait_us_max);

/* fc_kpi_write -- every KPI as key/value pairs into an open map: FC_KPI_COUNT pairs. */
void fc_kpi_write(struct fc_mpw *w, const struct fc_tally *t, int64_t wait_us_max);

/* fc_ratio_wilson -- k of n as a share, with its score interval.
 * Formula: Wilson 1927; z is the normal quantile, FC_WILSON_95 for 95 %. Shape: unknown when n <= 0 or k is outside 0..n.
 * Law: 0 <= lo <= value <= hi <= 1 */
#define FC_WILSON_95 1.959963984540054
struct fc_kpi_value fc_ratio_wilson(int64_t k, int64_t n, double z);

/* fc_kpi_print_table -- the rows as the Markdown page KPIS.md on `out` (a FILE *). */
void fc_kpi_print_table(void *out);

#endif
