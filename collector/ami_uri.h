/* ami_uri -- "//user@host:port", what follows "ami:". Never holds a secret: one that is given there is refused. */
#ifndef FC_AMI_URI_H
#define FC_AMI_URI_H

#include "status.h"

#define FC_AMI_PORT "5038"

struct fc_ami_uri {
    char user[65], host[254], port[6];
};

/* fc_ami_uri_read -- host may be [::1]; without ":port" it is 5038.
 * Errors: FC_CONFIG with what is wrong and what was expected; the message repeats nothing behind a "user:". */
FC_MUST_USE enum fc_status fc_ami_uri_read(struct fc_ami_uri *out, const char *rest, struct fc_error *err);

#endif
