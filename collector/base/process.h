/* process -- what the system says of this process: memory and descriptors, for whoever watches its health. */
#ifndef FC_PROCESS_H
#define FC_PROCESS_H

#include <stdint.h>

struct fc_process {
    uint64_t resident_bytes;
    uint64_t descriptors, descriptors_max; /* open; and allowed to be */
};

/* fc_process_read -- of the calling process; 0 for what the system does not tell. Reads /proc, a few system calls and one
 * a hundred descriptors. Thread: any */
void fc_process_read(struct fc_process *out);

#endif
