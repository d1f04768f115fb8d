/* origin -- whether a page may open a websocket here: only the page that this server itself sent.
 *
 * Browsers name a page's origin and let any page open a websocket anywhere; without this check any site that a
 * supervisor visits could read the floor. Scripts send no Origin and are let in.
 */
#ifndef FC_ORIGIN_H
#define FC_ORIGIN_H

#include "str.h"

/* fc_origin_allowed -- Origin's host and port equal those of Host; the scheme's default port may be left out. */
bool fc_origin_allowed(struct fc_str origin, struct fc_str host);

#endif
