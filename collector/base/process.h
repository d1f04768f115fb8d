/* process -- this process among others: the signals that it is told to stop and reload by, and what the system says of its memory
 * and descriptors, for whoever watches its health. */
#ifndef FC_PROCESS_H
#define FC_PROCESS_H

#include <signal.h>
#include <stdint.h>

struct fc_process {
    uint64_t resident_bytes;
    uint64_t descriptors, descriptors_max; /* open; and allowed to be */
};

/* fc_process_read -- of the calling process; 0 for what the system does not tell. Reads /proc, a few system calls and one
 * a hundred descriptors. Thread: any */
void fc_process_read(struct fc_process *out);

/* fc_process_hold_signals -- blocks SIGTERM, SIGINT and SIGHUP, which wait until somebody reads them (signalfd, sigwait), and
 * ignores SIGPIPE and SIGXFSZ: at a file's size limit a write then fails with EFBIG instead of ending the program. `set` (may be
 * NULL) gets those that wait. First thing in main, or a reload during the start ends the program; again is no harm.
 * Thread: main, before others are started, so that all of them inherit it */
void fc_process_hold_signals(sigset_t *set);

#endif
