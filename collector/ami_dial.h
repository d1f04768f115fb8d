/* ami_dial -- a TCP connection without ever blocking: the name is looked up by the C library's own thread, then each of
 * its addresses is tried in turn. Refuses to retry: who calls knows how long to wait.
 */
#ifndef FC_AMI_DIAL_H
#define FC_AMI_DIAL_H

#include "status.h"

#include <netdb.h>

struct fc_ami_lookup; /* owned by the C library while it looks */

struct fc_ami_dial {
    struct fc_ami_lookup *lookup; /* while looking, and as long as its addresses are used */
    const struct addrinfo *next;  /* address to try */
    int fd;                       /* connecting, or -1 */
};

void fc_ami_dial_init(struct fc_ami_dial *d);

/* fc_ami_dial_start -- begins; both strings are copied. A dial that goes on is stopped first. */
void fc_ami_dial_start(struct fc_ami_dial *d, const char *host, const char *port);

/* fc_ami_dial_step -- goes on as far as it can at once. While it says FC_AGAIN: d->fd >= 0 call again when that is
 * writable, else call again soon (the look-up has no descriptor).
 * Errors: FC_OK *fd is connected and the caller's; FC_AGAIN; FC_IO no address answered, err has the last one's words */
FC_MUST_USE enum fc_status fc_ami_dial_step(struct fc_ami_dial *d, int *fd, struct fc_error *err);

void fc_ami_dial_stop(struct fc_ami_dial *d);

#endif
