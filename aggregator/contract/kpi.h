/* kpi -- the KPI table: from what was counted to the numbers that are shown. One KPI, one row, one function.
 *
 * A row (kpi_rows.h) names the JSON key, the form, the unit, the formula, where the definition comes from and what to
 * tell a supervisor in every language. The JSON, KPIS.md, GET /api/v1/kpis, the page's types and its help are made from
 * the rows. A number whose denominator is empty is null, never 0 % or 100 %. In a rolling window a fact counts when it
 * happened, so a window can hold more exits than entries; a ratio that would then leave 0..1 is null as well: it is no
 * share of anything.
 */
#ifndef FC_KPI_H
#define FC_KPI_H

#include "mp.h"
#include "tally.h"

/* FORM(name, "word in the catalogue", "how it stands in JSON", "TypeScript type") */
#define FC_KPI_FORMS(FORM)                                                                                             \
    FORM(COUNT, "count", "integer", "number")                                                                          \
    FORM(MS, "ms", "integer or null", "number | null")                                                                 \
    FORM(INSTANT, "instant", "integer or null", "number | null")                                                       \
    FORM(RATIO, "ratio", "{value, n, lo, hi}; lo, hi: 95 % Wilson interval", "Ratio")                                  \
    FORM(TIME_SHARE, "time_share", "{value, n, lo, hi}; n in whole seconds; lo, hi null: time is no sample", "Ratio")  \
    FORM(MEAN, "mean", "{mean, n}", "Mean")                                                                            \
    FORM(SCORE, "score", "{value, n}", "Score")                                                                        \
    FORM(TIER, "tier", "{mean, n, tier}", "Tiered")                                                                    \
    FORM(DIMENSIONS, "dimensions", "{dimension: mean or null, n}", NULL)                                               \
    FORM(REASONS, "reasons", "{reason: n} of those that occurred", NULL)                                               \
    FORM(STATES, "states", "{state: n}", NULL)                                                                         \
    FORM(STATE_TIMES, "state_times", "{state: integer}", NULL)                                                         \
    FORM(ANSWERS, "answers", "{answer: n}", NULL)                                                                      \
    FORM(CASES, "cases", "{opened, open, reopened}; open null where it is not known", NULL)                            \
    FORM(CAUSES, "causes", "{cause: n}", NULL)

enum fc_kpi_form {
#define FORM(name, word, json, ts) FC_FORM_##name,
    FC_KPI_FORMS(FORM)
#undef FORM
        FC_FORM_ALL,
};

enum fc_kpi_where { FC_KPI_MOMENT, FC_KPI_STRETCH };

enum fc_kpi {
#define KPI(key, where, form, unit, variants, en, zh, formula, source, help_en, help_zh) FC_KPI_##key,
#include "kpi_rows.h"
#undef KPI
    FC_KPI_ALL,
};

/* How many pairs fc_kpi_write_now and fc_kpi_write put into the caller's map. */
enum fc_kpi_pairs {
#define KPI(key, where, form, unit, variants, en, zh, formula, source, help_en, help_zh)                               \
    +(FC_KPI_##where == FC_KPI_MOMENT)
    FC_KPI_NOW_PAIRS = 0
#include "kpi_rows.h"
#undef KPI
    ,
    FC_KPI_PAIRS = FC_KPI_ALL - FC_KPI_NOW_PAIRS + 1, /* and "variants" */
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

/* ---- rows -------------------------------------------------------------------------------------------------------- */

enum { FC_LANGUAGE_EN, FC_LANGUAGE_ZH_CN, FC_LANGUAGES };

struct fc_kpi_row {
    const char *key, *unit, *formula, *source; /* formula NULL: the variants have theirs */
    const char *name[FC_LANGUAGES], *help[FC_LANGUAGES];
    enum fc_kpi_where where;
    enum fc_kpi_form form;
    enum fc_variant_kind variants;
};

const struct fc_kpi_row *fc_kpi_row(enum fc_kpi kpi);

/* fc_kpi_part -- the key of the i-th part of a form with parts ("timeout", "busy", ..), the i-th tier of TIER; NULL
 * past the last. */
const char *fc_kpi_part(enum fc_kpi_form form, unsigned i);
#define FC_KPI_PARTS_MAX 10

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

struct fc_kpi_value {
    bool known;                    /* false: null */
    int64_t i;                     /* COUNT; MS; INSTANT in us; TIER 0 bronze, 1 silver, 2 gold */
    int64_t n;                     /* what RATIO, TIME_SHARE, MEAN, SCORE, TIER and DIMENSIONS are counted of */
    double value;                  /* RATIO, TIME_SHARE 0..1; MEAN, TIER in points; SCORE -100..100 */
    double lo, hi;                 /* RATIO */
    double part[FC_KPI_PARTS_MAX]; /* forms with parts, in the order of fc_kpi_part; NAN: null */
};

/* What the STRETCH rows are worked out from. */
struct fc_kpi_view {
    const struct fc_tally *tally;
    int64_t wait_us_max;        /* largest wait of an answered contact within the stretch, or more than it */
    struct fc_variants variants;
    const int64_t *time_us;     /* by enum fc_agent_state; NULL: the tally's */
    int64_t complaints_open;    /* now; -1: not known */
};

/* What the MOMENT rows are worked out from. */
struct fc_kpi_now {
    int64_t waiting;
    int64_t longest_wait_since_us;          /* 0: nobody waits */
    int64_t agents[FC_AGENT_STATE_COUNT];
    int64_t ewt_ms;                         /* -1: not known */
};

/* fc_kpi_compute, fc_kpi_compute_now -- one number; `kpi` must be a STRETCH, or a MOMENT, row.
 * Errors: none; a number that cannot be said is not known. No allocation, no blocking
 * Thread: any
 * Law: a ratio is within 0..1 and its interval around it; a wider threshold never lowers the service level, in any
 *      variant (tests/unit/aggregator/kpi.c) */
struct fc_kpi_value fc_kpi_compute(enum fc_kpi kpi, const struct fc_kpi_view *view);
struct fc_kpi_value fc_kpi_compute_now(enum fc_kpi kpi, const struct fc_kpi_now *now);

/* fc_kpi_write -- every STRETCH row, and "variants": {"service_level","abandon_rate","fcr": word} that they were worked
 * out by, into an open map: FC_KPI_PAIRS pairs.  fc_kpi_write_now -- every MOMENT row: FC_KPI_NOW_PAIRS pairs. */
void fc_kpi_write(struct fc_mpw *w, const struct fc_kpi_view *view);
void fc_kpi_write_now(struct fc_mpw *w, const struct fc_kpi_now *now);
#define FC_KPI_BYTES_MAX 3072 /* of both together, whatever the numbers */

/* fc_kpi_ewt_ms -- how long a contact that arrives now will probably wait; -1: not known.
 * Shape:   waiting >= 0; available: agents on the queue free at this moment; staffed: those neither offline nor paused;
 *          h1, day: the queue's last hour and day, for its mean handling time
 * Formula: (waiting + 1) x AHT / staffed, AHT of h1, or of the day when nothing was handled in h1; 0 when an agent is
 *          available and nobody waits; not known without agents or AHT
 * Source:  Mitel MiContact Center, position x talk time / agents available; Genesys Stat Server, AHT x calls in queue /
 *          (agents x share of their time). An order of magnitude: it takes the agents as serving this queue alone */
int64_t fc_kpi_ewt_ms(int64_t waiting, int64_t available, int64_t staffed, const struct fc_tally *h1,
                      const struct fc_tally *day);

/* fc_ratio_wilson -- k of n as a share, with its score interval.
 * Shape:   unknown when n <= 0 or k is outside 0..n
 * Formula: Wilson 1927; z is the normal quantile, FC_WILSON_95 for 95 %
 * Law: 0 <= lo <= value <= hi <= 1 */
#define FC_WILSON_95 1.959963984540054
struct fc_kpi_value fc_ratio_wilson(int64_t k, int64_t n, double z);

/* ---- the catalogue ----------------------------------------------------------------------------------------------- */

/* What the letters in the formulas stand for: SYMBOL("letter", "meaning"). */
#define FC_KPI_SYMBOLS(SYMBOL)                                                                                         \
    SYMBOL("T", "the threshold of the service level; `X≤T` is those of X with a wait of at most T")                    \
    SYMBOL("S", "the short-abandon limit")                                                                             \
    SYMBOL("O", "contacts offered to the queue")                                                                       \
    SYMBOL("A", "contacts answered")                                                                                   \
    SYMBOL("B", "contacts abandoned; Bs: short ones")                                                                  \
    SYMBOL("F", "flow-outs: left unanswered for every reason but abandoned and unknown")                               \
    SYMBOL("W", "contacts waiting now; W>T: for longer than T")                                                        \
    SYMBOL("E", "conversations over")                                                                                  \
    SYMBOL("H", "contacts handled: conversation and after-contact work over")                                          \
    SYMBOL("M", "alerts that an agent did not take")                                                                   \
    SYMBOL("X", "conversations that ended in a transfer")                                                              \
    SYMBOL("N", "agents neither offline nor paused; by state: agents in it")                                           \
    SYMBOL("C", "cases of customers: chains of contacts with gaps under the window")                                   \
    SYMBOL("n", "answers, or cases, that the mean is taken of")                                                        \
    SYMBOL("Pq", "the q-th percentile by nearest rank, at most 1 % beside the exact one")

/* fc_kpi_print_markdown -- the page KPIS.md.
 * fc_kpi_print_json -- the body of GET /api/v1/kpis: {"kpis":[{"key","form","unit","windows":[..],
 *   "name":{language: text},"help":{..},"formula","source","variants":{word: formula}}]}. "windows": ["now"] of MOMENT
 *   rows, whose value is this instant's in whatever item they stand; else those with stretches of time, "range" for a
 *   question of from and to.
 * fc_kpi_print_typescript -- the types of an item's KPIs, wallboard/web/src/model/kpis.gen.ts.
 * Each on `out`, a FILE *. */
void fc_kpi_print_markdown(void *out);
void fc_kpi_print_json(void *out);
void fc_kpi_print_typescript(void *out);

#endif
