/* prometheus -- metrics as Prometheus reads them (text format 0.0.4). */
#ifndef FC_PROMETHEUS_H
#define FC_PROMETHEUS_H

#include "bytes.h"
#include "lag.h"

/* A row of collector_figures.h or aggregator_figures.h. */
struct fc_figure {
    const char *key, *name, *label, *type; /* label: pairs inside the braces, or "" */
    double per;                            /* wire units in one of the metric's unit */
    const char *help;                      /* "": the metric's first row has it */
};

extern const struct fc_figure fc_aggregator_figures[], fc_collector_figures[];
extern const uint32_t fc_aggregator_figures_n, fc_collector_figures_n;

/* fc_prom_head -- HELP and TYPE of a metric. Once each, before its samples; all samples of a metric stand together. */
void fc_prom_head(struct fc_bytes *out, const char *name, const char *type, const char *help);

/* fc_prom_label -- appends name="value", escaped, behind a comma where `labels` is not empty. */
void fc_prom_label(struct fc_bytes *labels, const char *name, struct fc_str value);

/* fc_prom_sample -- labels may be empty. */
void fc_prom_sample(struct fc_bytes *out, const char *name, struct fc_str labels, double value);

void fc_prom_histogram(struct fc_bytes *out, const char *name, const char *help, const struct fc_histogram *h);

#endif
