/* bounds -- how much of each thing one service, one address or one client may have. One row each: the row makes the field,
 * the YAML key, the default and the bounds; whoever refuses something names the key and the number.
 *
 * Without them one screen that misbehaves takes memory, descriptors or time from all others. The defaults let a floor of
 * a thousand displays behind one address come back all at once.
 * Thread: start and reload; the struct is read by service alone.
 */
#ifndef FC_BOUNDS_H
#define FC_BOUNDS_H

#include "status.h"

#include <cyaml/cyaml.h>
#include <stdint.h>

/* key, default, least, most, help */
#define FC_BOUNDS(row)                                                                                                         \
    row(http_connections, 256, 4, 1000000, "connections beside max_clients")                                                   \
    row(connections_per_address, 2000, 1, 1000000, "open at once from one address")                                           \
    row(connects_per_s, 50, 1, 1000000, "new ones from one address in a second; connections_per_address at once")              \
    row(accepts_per_s, 200, 10, 1000000, "new ones of all addresses together; what is more waits")                             \
    row(work_ms_per_s, 100, 1, 1000000, "of the service's time that one address takes for itself; 10 times that at once")      \
    row(handshake_s, 10, 1, 3600, "from the first byte of a request to its last")                                              \
    row(idle_s, 60, 1, 86400, "a connection without a request is kept")                                                        \
    row(header_bytes, 4096, 1024, 65000, "of a request's line and headers")                                                    \
    row(reply_mb, 256, 1, 1048576, "replies held in memory until they are sent, all together")                                 \
    row(questions, 256, 1, 1000, "put to aggregators and not answered yet")                                                    \
    row(client_bytes_per_s, 16384, 1024, 1000000000, "a websocket client may send, pings and all")                             \
    row(client_messages_per_s, 2, 1, 1000000, "of a websocket client; ten times that at once")                                \
    row(choked_s, 10, 1, 3600, "a websocket client may take nothing of what waits for it")                                    \
    row(silent_s, 40, 4, 86400, "a websocket client may give no sign, pings included")                                         \
    row(subscription_sets, 1000, 1, 1000000, "different ones at once, all clients together")                                   \
    row(send_buffer_bytes, 131072, 4096, 67108864, "the kernel keeps for a connection that does not read")

struct fc_bounds {
#define FC_BOUND_FIELD(key, normal, least, most, help) uint32_t key;
    FC_BOUNDS(FC_BOUND_FIELD)
#undef FC_BOUND_FIELD
};

/* As the file gives them: absent ones are NULL. */
struct fc_bounds_file {
#define FC_BOUND_POINTER(key, normal, least, most, help) uint32_t *key;
    FC_BOUNDS(FC_BOUND_POINTER)
#undef FC_BOUND_POINTER
};

extern const cyaml_schema_field_t fc_bounds_schema[];

/* fc_bounds_take -- the defaults, then what the file says; `file` may be NULL.
 * Errors: FC_CONFIG one is out of bounds, with its place in `path`. Blocks on the disk only then. */
FC_MUST_USE enum fc_status fc_bounds_take(struct fc_bounds *out, const struct fc_bounds_file *file, const char *path,
                                          struct fc_error *err);

#endif
