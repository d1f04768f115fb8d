/* own -- topics that the wallboard makes itself: they go through the same cache and the same frames as what aggregators send.
 *
 * "board/ID", "boards", "alerts". An aggregator that sends such a topic is not listened to.
 * Thread: service, alone
 */
#ifndef FC_OWN_H
#define FC_OWN_H

#include "hub.h"

#include <jansson.h>

/* fc_own_put -- the topic's item is now {"topic","ver","at_us", key: value}; displays get it with the next frame. */
void fc_own_put(struct fc_hub *hub, const char *topic, uint64_t ver, int64_t at_us, const char *key, const json_t *value);

/* fc_own_bury -- it has none any more. */
void fc_own_bury(struct fc_hub *hub, const char *topic);

#endif
