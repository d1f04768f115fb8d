/* live -- see live.c; for the engine's own files only, but for fc_engine_want and fc_engine_contacts (engine.h). */
#ifndef FC_LIVE_H
#define FC_LIVE_H

#include "engine_internal.h"

struct fc_want { /* a topic that somebody is subscribed to by its name */
    char topic[FC_TOPIC_MAX], name[FC_TOPIC_MAX];
    uint32_t topic_n, name_n;
    bool known, changed; /* known: there is such a queue; changed: since it was published */
    struct fc_mono published;
};

void fc_live_queue_is_new(struct fc_engine *e, struct fc_queue *q);
void fc_live_changed(struct fc_engine *e, struct fc_queue *q); /* who waits there is another, or otherwise */
void fc_live_publish(struct fc_engine *e, struct fc_outlet *out, struct fc_mono now, int64_t *due);
void fc_live_fini(struct fc_engine *e);

#endif
