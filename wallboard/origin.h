/* origin -- whether a page may ask here: only one that this server itself sent, and only under a name that is this server's.
 *
 * Browsers name a page's origin and let any page open a websocket anywhere; without the first check any site that a
 * supervisor visits could read the floor. Scripts send no Origin and are let in.
 * The second is against names of others that are made to lead here (DNS rebinding): such a page's origin is its own name,
 * which the browser sends as Host as well, so that both agree. What leads here by number cannot be made to lead elsewhere.
 */
#ifndef FC_ORIGIN_H
#define FC_ORIGIN_H

#include "str.h"

/* fc_origin_allowed -- Origin's host and port equal those of Host; the scheme's default port may be left out. */
bool fc_origin_allowed(struct fc_str origin, struct fc_str host);

/* fc_host_allowed -- Host, with or without a port, is an address, "localhost", or one of `names`; "*" stands for any name.
 * Thread: any, no allocation */
bool fc_host_allowed(struct fc_str host, char *const *names, uint32_t n);

#endif
