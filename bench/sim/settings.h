/* settings -- floorcast-sim's command line, checked and turned into a plan and a way to send it. */
#ifndef FC_SETTINGS_H
#define FC_SETTINGS_H

#include "options.h"
#include "plan.h"

struct fc_settings {
    const char *to;          /* endpoint of a collector's zmq source, or NULL */
    const char *ndjson;      /* path or "-", or NULL; exactly one of the two is set */
    const char *preset;
    double speed;            /* simulated seconds per second; 0: as fast as it goes */
    int64_t start_us, end_us; /* simulated time that goes with the program's start, and to stop at; INT64_MAX: never */
    bool live;               /* simulated time is the wall clock's */
    struct fc_plan plan;
};

extern const struct fc_program fc_settings_program;

/* fc_settings_read -- from argv. -1: go on; else the exit code, and what is wrong has been said on stderr (or --help and
 * --version on stdout). Thread: start of main */
int fc_settings_read(int argc, char *const *argv, struct fc_settings *out);

#endif
