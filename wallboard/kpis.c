/* kpis -- what every number means: the aggregator's own table, told to whoever reads the numbers here. */
#include "job.h"
#include "kpi.h"

#include <stdio.h>
#include <stdlib.h>

void fc_kpis_run(struct fc_job *job) {
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    FC_ASSERT(f != NULL);
    fc_kpi_print_json(f);
    FC_ASSERT(fclose(f) == 0);
    fc_bytes_add(&job->reply.body, text, n);
    free(text);
    job->reply.status = 200;
    job->reply.type = FC_TYPE_JSON;
}
