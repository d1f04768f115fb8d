/* ami_out -- the last step of an event before the sink: names its source, and keeps it when the sink is full.
 *
 * One message can make many events (a resynchronisation makes hundreds), and the tracker cannot stop half-way. What the
 * sink does not take is kept here, encoded, in order, and given again before anything else is read; so the caller reads
 * no further message while fc_ami_out_flush says FC_AGAIN. For a replay the first `skip` events are only counted.
 */
#ifndef FC_AMI_OUT_H
#define FC_AMI_OUT_H

#include "source.h"

struct fc_ami_out {
    struct fc_sink *sink;
    struct fc_str src;
    uint64_t made;    /* events, those skipped and kept included */
    uint64_t skip;    /* that many events were given to the sink in an earlier life */
    uint64_t kept;    /* events waiting here */
    int64_t shift_us; /* added to every ts: the wall's time less the tracker's, which never goes back */
    uint64_t invalid; /* the sink found them malformed */
    uint8_t *bytes;   /* the kept ones, one msgpack map after another */
    size_t len, cap;
};

void fc_ami_out_init(struct fc_ami_out *out, struct fc_sink *sink, struct fc_str src);
void fc_ami_out_fini(struct fc_ami_out *out);
void fc_ami_out_put(struct fc_ami_out *out, struct fc_event *ev); /* sets ev->src */

/* fc_ami_out_flush -- FC_OK nothing is kept any more; FC_AGAIN the sink is still full. */
FC_MUST_USE enum fc_status fc_ami_out_flush(struct fc_ami_out *out);

#endif
