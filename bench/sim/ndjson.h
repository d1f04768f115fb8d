/* ndjson -- events as lines of JSON, as `ndjson:` sources read them. */
#ifndef FC_NDJSON_H
#define FC_NDJSON_H

#include "event.h"

#define FC_NDJSON_BYTES_MAX (6 * FC_EVENT_BYTES_MAX) /* every byte escaped */

/* fc_ndjson_line -- one event as one JSON object and a newline, keys in the order of the event's msgpack map.
 * Shape:   buf of cap bytes; hands back the length, 0 when it does not fit (cap >= FC_NDJSON_BYTES_MAX always fits)
 * Law:     fc_event_json_to_mp of the line gives fc_event_encode's bytes (tests/unit/bench/ndjson.c)
 * Thread:  any, no allocation */
size_t fc_ndjson_line(const struct fc_event *ev, char *buf, size_t cap);

#endif
