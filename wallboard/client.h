/* client -- one websocket connection: where it sits, and what it is still owed besides state. */
#ifndef FC_CLIENT_H
#define FC_CLIENT_H

#include "server.h"

struct fc_client {
    struct lws *wsi;
    struct fc_seat seat;
    struct fc_client *next, **link;
    struct fc_bytes message; /* parts of an unfinished one; usually empty and unallocated */
    struct fc_bytes said;    /* the last message, while it waits for its turn */
    struct fc_turn turn;
    const char *wrong;       /* to be told: what its last message lacked */
    struct fc_mono asked;    /* since when it is waited for to take a frame; ns 0: it is not */
    uint64_t received;       /* bytes of this connection when last looked */
    struct fc_budget messages;
    uint8_t bucket;          /* the tenth of a second in which it gets its tick */
    bool hello, tick;        /* owed */
};

#endif
