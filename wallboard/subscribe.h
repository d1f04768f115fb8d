/* subscribe -- what a client may say: {"op":"subscribe","topics":[..]}, as JSON text or as a msgpack map.
 *
 * A topic is a name of the state contract, or a beginning of one followed by '*'. Unknown keys are ignored. Refuses
 * more than FC_SUBSCRIBE_TOPICS_MAX topics and messages over FC_SUBSCRIBE_BYTES_MAX (the transport checks that one).
 */
#ifndef FC_SUBSCRIBE_H
#define FC_SUBSCRIBE_H

#include "views.h"

#define FC_SUBSCRIBE_TOPICS_MAX 1000
#define FC_SUBSCRIBE_BYTES_MAX (16 << 10)

/* fc_subscribe_parse -- NULL and the set filled in (the caller frees set->text, also after an error), or what was
 * wrong: a sentence that lives for ever. Thread: any; allocates */
const char *fc_subscribe_parse(enum fc_protocol protocol, const void *bytes, size_t n, struct fc_topic_set *set);

#endif
