/* item -- one message of an aggregator's publish socket, checked: the head that the service needs, the rest unread.
 *
 * An item is passed on byte for byte, so it must be exactly one whole msgpack map: a wrong length here would shift
 * every item behind it in a client's frame.
 */
#ifndef FC_ITEM_H
#define FC_ITEM_H

#include "mp.h"

struct fc_item {
    struct fc_str topic;
    uint64_t ver;
    int64_t at_us;
    int64_t v; /* of state.h's form; 1 where it says none */
};

/* fc_item_read -- true when the bytes are one whole map with "topic", "ver" and "at_us" of their types, no more behind it. */
bool fc_item_read(const void *bytes, size_t n, struct fc_item *out);

/* fc_item_find -- true when the map has `key`; *value then stands at its value. */
bool fc_item_find(const void *bytes, size_t n, const char *key, struct fc_mp *value);

#endif
