#include "prometheus.h"

#include "aggregator_figures.h"
#include "collector_figures.h"

#include <math.h>

#define SUFFIX_counter "_total"
#define SUFFIX_gauge ""
#define COUNTER(name, type, help) {"engine_" #name, "engine_" #name SUFFIX_##type, "", #type, 1, help},
#define FIGURE(key, name, label, type, per, help) {#key, name, label, #type, per, help},
const struct fc_figure fc_aggregator_figures[] = {FC_ENGINE_COUNTERS(COUNTER) FC_AGGREGATOR_FIGURES(FIGURE)};
const struct fc_figure fc_collector_figures[] = {FC_COLLECTOR_FIGURES(FIGURE)};
const uint32_t fc_aggregator_figures_n = sizeof fc_aggregator_figures / sizeof *fc_aggregator_figures;
const uint32_t fc_collector_figures_n = sizeof fc_collector_figures / sizeof *fc_collector_figures;

void fc_prom_head(struct fc_bytes *out, const char *name, const char *type, const char *help) {
    fc_bytes_printf(out, "# HELP %s %s.\n# TYPE %s %s\n", name, help, name, type);
}

void fc_prom_label(struct fc_bytes *labels, const char *name, struct fc_str value) {
    fc_bytes_printf(labels, "%s%s=\"", labels->n > 0 ? "," : "", name);
    for (uint32_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (c == '\n') fc_bytes_text(labels, "\\n");
        else if (c == '"' || c == '\\') fc_bytes_printf(labels, "\\%c", c);
        else fc_bytes_char(labels, c);
    }
    fc_bytes_char(labels, '"');
}

/* Whole numbers as such: a counter beyond 2^53 does not occur, an exponent is hard to read. */
static void add_value(struct fc_bytes *out, double value) {
    if (fabs(value) < 1e15 && nearbyint(value) == value) fc_bytes_printf(out, "%.0f", value);
    else fc_bytes_printf(out, "%.15g", value);
}

void fc_prom_sample(struct fc_bytes *out, const char *name, struct fc_str labels, double value) {
    fc_bytes_text(out, name);
    if (labels.n > 0) fc_bytes_printf(out, "{%.*s}", FC_STR_ARG(labels));
    fc_bytes_char(out, ' ');
    add_value(out, value);
    fc_bytes_char(out, '\n');
}

void fc_prom_histogram(struct fc_bytes *out, const char *name, const char *help, const struct fc_histogram *h) {
    uint64_t seen = 0;
    fc_prom_head(out, name, "histogram", help);
    for (int i = 0; i < FC_LAG_BUCKETS - 1; i++)
        fc_bytes_printf(out, "%s_bucket{le=\"%g\"} %llu\n", name, fc_lag_bounds_s[i], (unsigned long long)(seen += h->n[i]));
    seen += h->n[FC_LAG_BUCKETS - 1];
    fc_bytes_printf(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.9g\n%s_count %llu\n", name, (unsigned long long)seen, name, h->sum_s, name,
                    (unsigned long long)seen);
}
