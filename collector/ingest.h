/* ingest -- the source zmq://bind:port: a ROUTER socket that producers send events to.
 *
 * One message in, one message out, in the order they came: [one msgpack event, or an array of events] gets {"ok": n} once
 * all n are on disk. What is wrong gets {"error": text, "index": i}: the i events before it are on disk, it and those
 * behind it are not. An event of an unknown kind is counted, skipped and part of n. A REQ's empty delimiter frame comes back.
 * No reply (the program was killed): send again, with `src` and `seq` nothing is taken twice.
 */
#ifndef FC_INGEST_H
#define FC_INGEST_H

#include "source.h"

#define FC_INGEST_MESSAGE_MAX (1u << 20) /* bytes */
#define FC_INGEST_EVENTS_MAX 4096        /* in a message */

#endif
