/* kpi_print -- the catalogue of the table's rows for readers, for programs, and for the page's compiler. */
#include "kpi.h"

#include <jansson.h>
#include <stdio.h>

static const struct {
    const char *word, *json, *ts;
} forms[FC_FORM_ALL] = {
#define FORM(name, word, json, ts) {word, json, ts},
    FC_KPI_FORMS(FORM)
#undef FORM
};

static const char *const languages[FC_LANGUAGES] = {"en", "zh-CN"};

static const char *formula(const struct fc_kpi_row *row) {
    return row->formula != NULL ? row->formula : fc_variant_formula(row->variants, 0);
}

/* ---- Markdown ---------------------------------------------------------------------------------------------------- */

static void markdown_variants(FILE *f, const char *kind_name, enum fc_variant_kind kind) {
    for (unsigned i = 0; fc_variant_word(kind, i) != NULL; i++)
        (void)fprintf(f, "| %s | `%s` | %s |\n", kind_name, fc_variant_word(kind, i), fc_variant_formula(kind, i));
}

static void markdown_rows(FILE *f, enum fc_kpi_where where) {
    (void)fprintf(f, "| key | form | unit | formula | definition from |\n|---|---|---|---|---|\n");
    for (enum fc_kpi k = 0; k < FC_KPI_ALL; k++) {
        const struct fc_kpi_row *row = fc_kpi_row(k);
        if (row->where != where) continue;
        (void)fprintf(f, "| `%s` | %s | %s | %s | %s |\n", row->key, forms[row->form].json, row->unit, formula(row),
                      row->source);
    }
}

static void markdown_help(FILE *f) {
    for (enum fc_kpi k = 0; k < FC_KPI_ALL; k++) {
        const struct fc_kpi_row *row = fc_kpi_row(k);
        (void)fprintf(f, "- `%s`", row->key);
        for (int l = 0; l < FC_LANGUAGES; l++)
            (void)fprintf(f, "%s **%s**: %s", l == 0 ? "" : "\n ", row->name[l], row->help[l]);
        (void)fprintf(f, "\n");
    }
}

void fc_kpi_print_markdown(void *out) {
    FILE *f = out;
    (void)fprintf(f, "# KPIs\n\n"
                     "Made by `floorcast-aggregator --kpis > aggregator/KPIS.md` from `contract/kpi_rows.h`; edit that.\n"
                     "A number that cannot be said is null: never 0, never 100 %%.\n\n"
                     "## Now\n\nIn every live item, whatever its window.\n\n");
    markdown_rows(f, FC_KPI_MOMENT);
    (void)fprintf(f, "\n## Within a stretch of time\n\n"
                     "Rolling windows, the day, stored intervals and any range of them.\n\n");
    markdown_rows(f, FC_KPI_STRETCH);
    (void)fprintf(f, "\n## Variants\n\nChosen per queue; an item says in `variants` which ones its numbers are.\n\n"
                     "| KPI | variant | formula |\n|---|---|---|\n");
    markdown_variants(f, "service level", FC_VARIANT_SERVICE_LEVEL);
    markdown_variants(f, "abandon rate", FC_VARIANT_ABANDON_RATE);
    markdown_variants(f, "first-contact resolution", FC_VARIANT_FCR);
    (void)fprintf(f, "\n## Symbols\n\n| symbol | meaning |\n|---|---|\n");
#define SYMBOL(letter, meaning) (void)fprintf(f, "| %s | %s |\n", letter, meaning);
    FC_KPI_SYMBOLS(SYMBOL)
#undef SYMBOL
    (void)fprintf(f, "\n## On the screen\n\n"
                     "`{threshold}` `{short}` `{goal}` `{window_h}` stand for the settings of what is shown.\n\n");
    markdown_help(f);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static json_t *json_texts(const char *const *texts) {
    json_t *o = json_object();
    for (int l = 0; l < FC_LANGUAGES; l++) (void)json_object_set_new(o, languages[l], json_string(texts[l]));
    return o;
}

static json_t *json_windows(enum fc_kpi_where where) {
    if (where == FC_KPI_MOMENT) return json_pack("[s]", "now");
    return json_pack("[s,s,s,s]", "m15", "h1", "day", "range");
}

static json_t *json_variants(enum fc_variant_kind kind) {
    json_t *o = json_object();
    for (unsigned i = 0; fc_variant_word(kind, i) != NULL; i++)
        (void)json_object_set_new(o, fc_variant_word(kind, i), json_string(fc_variant_formula(kind, i)));
    return o;
}

static json_t *json_row(const struct fc_kpi_row *row) {
    return json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:s,s:s,s:o}", "key", row->key, "form", forms[row->form].word, "unit",
                     row->unit, "windows", json_windows(row->where), "name", json_texts(row->name), "help",
                     json_texts(row->help), "formula", formula(row), "source", row->source, "variants",
                     json_variants(row->variants));
}

void fc_kpi_print_json(void *out) {
    json_t *rows = json_array(), *root = json_pack("{s:o}", "kpis", rows);
    for (enum fc_kpi k = 0; k < FC_KPI_ALL; k++) (void)json_array_append_new(rows, json_row(fc_kpi_row(k)));
    FC_ASSERT(root != NULL && json_array_size(rows) == FC_KPI_ALL);
    (void)json_dumpf(root, out, JSON_COMPACT);
    (void)fputc('\n', out);
    json_decref(root);
}

/* ---- TypeScript -------------------------------------------------------------------------------------------------- */

static void ts_union(FILE *f, enum fc_kpi_form form) {
    for (unsigned i = 0; fc_kpi_part(form, i) != NULL; i++)
        (void)fprintf(f, "%s'%s'", i == 0 ? "" : " | ", fc_kpi_part(form, i));
}

static void ts_object(FILE *f, enum fc_kpi_form form) {
    (void)fprintf(f, "{ ");
    for (unsigned i = 0; fc_kpi_part(form, i) != NULL; i++) {
        const char *key = fc_kpi_part(form, i);
        bool null = form == FC_FORM_DIMENSIONS || strcmp(key, "open") == 0;
        (void)fprintf(f, "%s%s: number%s", i == 0 ? "" : "; ", key, null ? " | null" : "");
    }
    (void)fprintf(f, "%s }", form == FC_FORM_DIMENSIONS ? "; n: number" : "");
}

static void ts_type(FILE *f, enum fc_kpi_form form) {
    switch (form) {
    case FC_FORM_REASONS: (void)fprintf(f, "Partial<Record<LeftReason, number>>"); return;
    case FC_FORM_STATES:
    case FC_FORM_STATE_TIMES: (void)fprintf(f, "Record<AgentState, number>"); return;
    default: break;
    }
    if (forms[form].ts != NULL) (void)fprintf(f, "%s", forms[form].ts);
    else ts_object(f, form);
}

static void ts_interface(FILE *f, const char *name, enum fc_kpi_where where) {
    (void)fprintf(f, "\nexport interface %s {\n", name);
    for (enum fc_kpi k = 0; k < FC_KPI_ALL; k++) {
        const struct fc_kpi_row *row = fc_kpi_row(k);
        if (row->where != where) continue;
        (void)fprintf(f, "  %s: ", row->key);
        ts_type(f, row->form);
        (void)fprintf(f, "; // %s\n", row->unit);
    }
    if (where == FC_KPI_STRETCH) (void)fprintf(f, "  variants: Variants;\n");
    (void)fprintf(f, "}\n");
}

static void ts_variants(FILE *f) {
    static const char *const keys[] = {"service_level", "abandon_rate", "fcr"};
    (void)fprintf(f, "\n// By which formula the numbers of an item were worked out.\nexport interface Variants {\n");
    for (enum fc_variant_kind kind = 0; kind < FC_VARIANT_KINDS; kind++) {
        (void)fprintf(f, "  %s:", keys[kind]);
        for (unsigned i = 0; fc_variant_word(kind, i) != NULL; i++)
            (void)fprintf(f, "%s'%s'", i == 0 ? " " : " | ", fc_variant_word(kind, i));
        (void)fprintf(f, ";\n");
    }
    (void)fprintf(f, "}\n");
}

void fc_kpi_print_typescript(void *out) {
    FILE *f = out;
    (void)fprintf(f, "// Made by floorcast-aggregator --kpis=ts > wallboard/web/src/model/kpis.gen.ts from the KPI\n"
                     "// table; do not edit. Instants are microseconds since the epoch, durations milliseconds,\n"
                     "// shares 0..1; null: there is nothing to say.\n\n"
                     "export type AgentState = ");
    ts_union(f, FC_FORM_STATES);
    (void)fprintf(f, ";\nexport type LeftReason = ");
    ts_union(f, FC_FORM_REASONS);
    (void)fprintf(f, ";\n\nexport interface Ratio {\n  value: number | null;\n  n: number;\n"
                     "  lo: number | null; // 95 %% interval\n  hi: number | null;\n}\n"
                     "\nexport interface Mean {\n  mean: number | null;\n  n: number;\n}\n"
                     "\nexport interface Score {\n  value: number | null;\n  n: number;\n}\n"
                     "\nexport interface Tiered extends Mean {\n  tier: ");
    ts_union(f, FC_FORM_TIER);
    (void)fprintf(f, " | null;\n}\n");
    ts_variants(f);
    (void)fprintf(f, "\n// Now: in every live item, whatever its window.");
    ts_interface(f, "MomentKpis", FC_KPI_MOMENT);
    (void)fprintf(f, "\n// Within a window or a range.");
    ts_interface(f, "StretchKpis", FC_KPI_STRETCH);
}
