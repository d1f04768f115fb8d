/* ami_record -- writes a live AMI connection down, in the form that amilog: replays (see amilog_files.h), plus sent.tsv.
 *
 * Only what was received is written, and the names of the actions that were sent: no secret. Numbers go on behind what
 * the directory holds already. A disk that refuses ends the recording with one line in the log, never the connection.
 */
#ifndef FC_AMI_RECORD_H
#define FC_AMI_RECORD_H

#include "clock.h"
#include "status.h"

#include <stdint.h>
#include <stdio.h>

struct fc_ami_record {
    const char *dir; /* NULL: not recording */
    unsigned number; /* of the connection that is open */
    FILE *bytes, *times, *sent, *connections;
    uint64_t offset;
    struct fc_wall opened;
};

/* fc_ami_record_open -- makes the directory if need be. `dir` may be NULL: then nothing below does anything.
 * Errors: FC_IO the directory cannot be made or written to */
FC_MUST_USE enum fc_status fc_ami_record_open(struct fc_ami_record *r, const char *dir, struct fc_error *err);
void fc_ami_record_connected(struct fc_ami_record *r, struct fc_wall now);
void fc_ami_record_received(struct fc_ami_record *r, const void *bytes, size_t n, struct fc_wall now);
void fc_ami_record_sent(struct fc_ami_record *r, const char *action, struct fc_wall now);
void fc_ami_record_disconnected(struct fc_ami_record *r, const char *why, struct fc_wall now);
void fc_ami_record_close(struct fc_ami_record *r);

#endif
