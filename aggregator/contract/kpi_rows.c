/* kpi_rows -- the table as data: rows, variants, and the keys of the parts of a form. */
#include "kpi.h"

static const struct fc_kpi_row rows[FC_KPI_ALL] = {
#define KPI(key, where, form, unit, variants, en, zh, formula, source, help_en, help_zh)                               \
    {#key, unit, formula, source, {en, zh}, {help_en, help_zh}, FC_KPI_##where, FC_FORM_##form, FC_VARIANT_##variants},
#include "kpi_rows.h"
#undef KPI
};

const struct fc_kpi_row *fc_kpi_row(enum fc_kpi kpi) {
    FC_ASSERT(kpi < FC_KPI_ALL);
    return &rows[kpi];
}

/* ---- variants ---------------------------------------------------------------------------------------------------- */

static const struct {
    enum fc_variant_kind kind;
    const char *word, *formula;
} variants[] = {
#define VARIANT(kind, name, word, formula) {FC_VARIANT_##kind, word, formula},
    FC_VARIANTS(VARIANT)
#undef VARIANT
};
#define VARIANTS (sizeof variants / sizeof *variants)

/* Index of the i-th of a kind; VARIANTS when it has fewer. */
static size_t variant(enum fc_variant_kind kind, unsigned i) {
    size_t at = 0;
    while (at < VARIANTS && (variants[at].kind != kind || i-- > 0)) at++;
    return at;
}

const char *fc_variant_word(enum fc_variant_kind kind, unsigned i) {
    size_t at = variant(kind, i);
    return at < VARIANTS ? variants[at].word : NULL;
}

const char *fc_variant_formula(enum fc_variant_kind kind, unsigned i) {
    size_t at = variant(kind, i);
    return at < VARIANTS ? variants[at].formula : NULL;
}

int fc_variant_find(enum fc_variant_kind kind, struct fc_str word) {
    for (unsigned i = 0; fc_variant_word(kind, i) != NULL; i++)
        if (fc_str_is(word, fc_variant_word(kind, i))) return (int)i;
    return -1;
}

/* ---- parts ------------------------------------------------------------------------------------------------------- */

static const char *const dimensions[] = {"reliability", "assurance", "tangibles", "empathy", "responsiveness"};
static const char *const cases[] = {"opened", "open", "reopened"};
static const char *const tiers[] = {"bronze", "silver", "gold"};
#define WORD(list, i) ((i) < sizeof(list) / sizeof *(list) ? (list)[i] : NULL)

const char *fc_kpi_part(enum fc_kpi_form form, unsigned i) {
    switch (form) {
    case FC_FORM_REASONS: return i < FC_LEFT_COUNT ? fc_word(FC_VOCAB_LEFT, i) : NULL;
    case FC_FORM_STATES:
    case FC_FORM_STATE_TIMES: return i < FC_AGENT_STATE_COUNT ? fc_word(FC_VOCAB_AGENT, i) : NULL;
    case FC_FORM_ANSWERS: return i <= FC_OUTCOME_NO ? fc_word(FC_VOCAB_OUTCOME, i) : NULL;
    case FC_FORM_CAUSES: return i <= FC_CAUSE_SUPPORT ? fc_word(FC_VOCAB_CAUSE, i) : NULL;
    case FC_FORM_DIMENSIONS: return WORD(dimensions, i);
    case FC_FORM_CASES: return WORD(cases, i);
    case FC_FORM_TIER: return WORD(tiers, i);
    default: return NULL;
    }
}
