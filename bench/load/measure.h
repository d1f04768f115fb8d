/* measure -- what the well-behaved see, once without and once with hostile clients, in turns.
 * Thread: one.
 */
#ifndef FC_MEASURE_H
#define FC_MEASURE_H

#include "manner.h"
#include "status.h"

#include <netinet/in.h>

#define FC_FOES_MAX 32

struct fc_foes { /* one flock of hostile clients */
    const struct fc_manner *manner;
    uint32_t clients;
};

struct fc_measure_plan {
    struct sockaddr_in server;
    const char *publish, *query; /* NULL: somebody else's aggregator feeds the wallboard, and no latency is known */
    uint32_t readers, queues, changes, rounds, seconds;
    uint32_t pid; /* of the wallboard, to look at its memory and descriptors; 0: not looked at */
    struct in_addr foes_from;
    double foes_connects_per_s;
    struct fc_foes foes[FC_FOES_MAX];
    uint32_t foes_count;
    uint64_t seed;
};

/* fc_measure_run -- everything, and prints it as one JSON object on stdout.
 * Errors: FC_CONFIG, FC_IO. FC_AGAIN the readers did not all come in, or one was lost. Blocks for as long as it takes. */
FC_MUST_USE enum fc_status fc_measure_run(const struct fc_measure_plan *plan, struct fc_error *err);

#endif
