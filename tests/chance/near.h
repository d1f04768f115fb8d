/* near -- a collector as its main runs it, round by round; it ends, dies and is started again. */
#ifndef CHANCE_NEAR_H
#define CHANCE_NEAR_H

#include "world.h"

struct near_options {
    const char *dir;        /* of its spool */
    const char *aggregator; /* endpoint */
    uint64_t limit_bytes;   /* of the spool */
    bool plain;             /* customers are not hashed */
};

/* Where producers find it. */
const char *near_endpoint(int number);

/* near_start -- false: it ended at once, as it says in its log; try again later. */
bool near_start(int number, const struct near_options *options);
bool near_runs(int number);
void near_round(int number); /* it may end or die in it */
void near_stop(int number);  /* SIGTERM */
void near_reload(int number);
void near_kill(int number, enum death how);
uint64_t near_rounds_failed(void);

#endif
