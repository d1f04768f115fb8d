/* source -- where events come from: one vtable per scheme (ami, amilog, queuelog, ndjson, zmq).
 *
 * The collector is one thread with one poll loop. In each round every source that is ready does a bounded piece of
 * work and puts events into the sink; then the spool commits them together with the sources' marks, once; then each
 * source is told so. A source never blocks, never sleeps and never touches the spool's files itself.
 */
#ifndef FC_SOURCE_H
#define FC_SOURCE_H

#include "clock.h"
#include "event.h"
#include "status.h"

#include <zmq.h>

struct fc_sink; /* the spool, seen by a source */

/* fc_sink_put -- takes one event into the round's commit (encoded now; the views need not outlive the call).
 * A customer id is replaced by its keyed hash here, unless the collector was told to keep it plain.
 * A seq that the same `src` has sent before is counted as a duplicate and dropped: FC_OK all the same.
 * Errors: FC_FULL the spool is at its limit (err says how large it is): stop reading, try again in a later round;
 *         FC_INVALID the event has no valid form, nothing was taken. Thread: collector */
FC_MUST_USE enum fc_status fc_sink_put(struct fc_sink *sink, const struct fc_event *ev, struct fc_error *err);

/* fc_sink_room -- whether fc_sink_put would take an event now. */
bool fc_sink_room(const struct fc_sink *sink);

/* fc_sink_mark -- remembers `n` bytes (<= 4096) under `name` (the source's uri and a word) in the same commit as the
 * events put before it: how a file source knows after kill -9 what it has read. fc_sink_marked reads the last one
 * back (also an uncommitted one): false when there is none; at most `cap` bytes are copied, *n tells how many there are. */
void fc_sink_mark(struct fc_sink *sink, struct fc_str name, const void *bytes, size_t n);
bool fc_sink_marked(struct fc_sink *sink, struct fc_str name, void *bytes, size_t cap, size_t *n);

/* What every source is opened with. All pointers outlive the source. */
struct fc_source_args {
    const char *uri;        /* as given: "queuelog:/var/log/asterisk/queue_log" */
    const char *rest;       /* what follows the scheme's colon */
    struct fc_sink *sink;
    void *zmq;              /* ZeroMQ context */
    bool once;              /* --once: end at the end of what is finite (do not follow) */
    double speed;           /* amilog: 0 as fast as it goes, 1 in real time */
    const char *record_dir; /* ami: write the connection's bytes there, or NULL */
    const char *secret;     /* ami: the secret, or NULL when none was configured */
};

struct fc_source; /* each scheme's own; begins with struct fc_source_base */

struct fc_source_ops {
    const char *scheme;
    const char *form; /* for errors and --help: "queuelog:PATH" */

    /* Checks the uri, opens what is local. A server that is away is no error: it is retried for ever with back-off.
     * Errors: FC_CONFIG the uri is wrong; FC_IO a file cannot be opened. */
    enum fc_status (*open)(const struct fc_source_args *args, struct fc_source **out, struct fc_error *err);

    /* Fills up to `cap` (>= 4) poll items with what to wait for now; says how many. */
    int (*wait)(struct fc_source *s, zmq_pollitem_t *items, int cap);

    /* When it wants to be called although nothing is ready (a timer, more to read): ms from now, -1 never, 0 at once. */
    int64_t (*due_ms)(struct fc_source *s, struct fc_mono now);

    /* A bounded piece of work. Also called, with nothing ready, when a heartbeat is due. `items` are those of wait(), with revents. A status other than FC_OK, FC_AGAIN and FC_EOF
     * ends the program with `err` (exit 1); what only concerns a peer or a line is logged and counted instead.
     * FC_EOF: finite and finished; it is not called again. */
    enum fc_status (*work)(struct fc_source *s, const zmq_pollitem_t *items, int n, struct fc_wall wall, struct fc_mono now, struct fc_error *err);

    /* Everything put before this call is on disk: send replies now. May be NULL. */
    void (*committed)(struct fc_source *s);

    /* What was put is not on disk, for want of room, and is held until it is: answer what needs not wait. May be NULL. */
    void (*held)(struct fc_source *s);

    /* Named counters for /metrics and the log; calls `each` for every one. May be NULL. */
    void (*counters)(const struct fc_source *s, void (*each)(void *ctx, const char *name, uint64_t value), void *ctx);

    /* Stops (a clean Logoff where the protocol has one) and frees. */
    void (*close)(struct fc_source *s);
};

struct fc_source_base {
    const struct fc_source_ops *ops;
};

extern const struct fc_source_ops fc_source_ami, fc_source_amilog, fc_source_queuelog, fc_source_ndjson, fc_source_zmq;

#endif
