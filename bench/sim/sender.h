/* sender -- brings events to a collector's ZeroMQ ingest, in order, each until it is confirmed.
 *
 * A DEALER socket with a window: up to FC_SENDER_WINDOW messages are under way, each an array of events, answered in
 * the order they were sent. A broken connection, or one that stays silent, is opened anew and all that is unconfirmed
 * goes out again with the same `seq`: the collector drops what it has. What the collector refuses for good is reported,
 * counted and left out; what it cannot take now (its spool is full) is sent again under new numbers, because the
 * messages behind it may have been taken and their higher numbers would make the old ones look like repeats.
 * Refuses to keep more than FC_SENDER_SLOTS messages: fc_sender_push then waits.
 *
 * Thread: all calls for one sender from one thread. Blocking: only where it says so.
 */
#ifndef FC_SENDER_H
#define FC_SENDER_H

#include "event.h"

#include <signal.h>

#define FC_SENDER_WINDOW 64
#define FC_SENDER_SLOTS 128
#define FC_SENDER_EVENTS_MAX 256   /* in a message */
#define FC_SENDER_BYTES_MAX 100000 /* of a message */
#define FC_SENDER_SILENCE_MS 30000 /* without an answer: the connection is opened anew */
#define FC_SENDER_RETRY_MS 1000    /* before what the collector could not take is sent again */

struct fc_sender;

struct fc_sender_count {
    uint64_t events, messages;  /* handed in; sent, repeats included */
    uint64_t confirmed;         /* events the collector has on disk */
    uint64_t refused;           /* events it will never take */
    uint64_t repaired;          /* events sent again under a new number */
    uint64_t connects, reopens; /* connections made; sockets opened anew */
};

/* fc_sender_open -- starts connecting; a collector that is not there is waited for.
 * Shape:   endpoint "tcp://HOST:PORT"; once *stop is not 0, push no longer waits
 * Errors:  FC_CONFIG the endpoint is of another form; FC_IO no socket. Allocates. Owns: close it with fc_sender_close */
FC_MUST_USE enum fc_status fc_sender_open(const char *endpoint, const volatile sig_atomic_t *stop, struct fc_sender **out,
                                          struct fc_error *err);
void fc_sender_close(struct fc_sender *sender);

/* fc_sender_push -- takes one event (copied). Blocks while all slots are full, until one is confirmed or *stop is set;
 * in the second case the event is not taken. */
void fc_sender_push(struct fc_sender *sender, const struct fc_event *ev);

/* fc_sender_flush -- what was pushed goes out now instead of when a message is full. */
void fc_sender_flush(struct fc_sender *sender);

/* fc_sender_poll -- sends, takes answers, mends connections; blocks for at most timeout_ms. */
void fc_sender_poll(struct fc_sender *sender, int timeout_ms);

/* fc_sender_drain -- flushes and polls until all is confirmed. False: some is not after timeout_ms. Blocks. */
bool fc_sender_drain(struct fc_sender *sender, int timeout_ms);

struct fc_sender_count fc_sender_count(const struct fc_sender *sender);

#endif
