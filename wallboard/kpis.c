/* kpis -- what every number means: the aggregator's own table, told to whoever reads the numbers here. */
#include "job.h"
#include "kpi.h"

#include <stdio.h>
#include <stdlib.h>

#define HEAD "{\"kpis\":["
#define TAIL "]}\n"

void fc_kpis_run(struct fc_job *job) {
    char *text = NULL;
    size_t n = 0, frame = sizeof HEAD - 1 + sizeof TAIL - 1;
    struct fc_bytes rows = {0};
    FILE *f = open_memstream(&text, &n);
    FC_ASSERT(f != NULL);
    fc_kpi_print_json(f);
    FC_ASSERT(fclose(f) == 0);
    FC_ASSERT(n > frame && memcmp(text, HEAD, sizeof HEAD - 1) == 0);
    fc_bytes_add(&rows, text + sizeof HEAD - 1, n - frame);
    fc_job_rows(job, HEAD, &rows);
    fc_bytes_free(&rows);
    free(text);
}
