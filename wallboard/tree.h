/* tree -- a parsed document (jansson's tree) to the forms in which it leaves: msgpack for topics, JSON for HTTP and the disk.
 *
 * JSON goes by way of msgpack and json.h, so that a number reads the same whichever way it came. Refuses embedded zero
 * bytes in texts: whoever lets a tree in checks that (schema.h).
 * Thread: any
 */
#ifndef FC_TREE_H
#define FC_TREE_H

#include "bytes.h"

#include <jansson.h>

/* A pair of an object, for loops that change nothing: jansson's own want it writable. key NULL: past the last. */
struct fc_tree_pair {
    const char *key;
    const json_t *value;
    void *at;
};
struct fc_tree_pair fc_tree_first(const json_t *map);
struct fc_tree_pair fc_tree_next(const json_t *map, struct fc_tree_pair pair);

static inline struct fc_str fc_tree_str(const json_t *text) { return fc_str_n(json_string_value(text), json_string_length(text)); }

/* fc_tree_msgpack, fc_tree_json -- append one value. */
void fc_tree_msgpack(struct fc_bytes *out, const json_t *value);
void fc_tree_json(struct fc_bytes *out, const json_t *value);

#endif
