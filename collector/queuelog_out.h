/* queuelog_out -- the way of a line's events into the sink, which may be full in the middle of them.
 *
 * A line's events stand or fall together: what the sink does not take is kept here, and no further line is read until it
 * has. The mark says how many events of its line were taken already; when that line is read again after a restart, so
 * many are passed over. Thread: collector.
 */
#ifndef FC_QUEUELOG_OUT_H
#define FC_QUEUELOG_OUT_H

#include "source.h"

struct fc_qout {
    struct fc_sink *sink;
    struct fc_str src;
    bool silent;      /* the line was told before: nothing is put */
    uint32_t skip;    /* events of the line that were told before */
    uint32_t taken;   /* events of the line that the sink has, skipped ones included */
    uint32_t kept;    /* events that the sink would not take yet */
    uint8_t *bytes;   /* those, encoded end to end: at..len */
    size_t at, len, cap;
    uint64_t events, refused;
};

void fc_qout_init(struct fc_qout *out, struct fc_sink *sink, struct fc_str src);
void fc_qout_fini(struct fc_qout *out);

/* fc_qout_line -- a line's events follow. Nothing may be kept of the one before. */
void fc_qout_line(struct fc_qout *out, bool silent, uint32_t skip);

/* fc_qout_put -- puts `src` into the event and the event into the sink; allocates only when the sink is full. */
void fc_qout_put(struct fc_qout *out, struct fc_event *ev);

/* fc_qout_flush -- true when nothing is kept any more. */
bool fc_qout_flush(struct fc_qout *out);

#endif
