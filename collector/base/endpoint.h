/* endpoint -- whether other machines can reach what an address names; without keys that needs a word of consent.
 * Refuses to resolve names: what it does not know for certain to be this machine alone is not.
 */
#ifndef FC_ENDPOINT_H
#define FC_ENDPOINT_H

#include <stdbool.h>

/* fc_endpoint_is_local -- "SCHEME://HOST:PORT" with a loopback address or "localhost", or "ipc://PATH".
 * Thread: any, no allocation */
bool fc_endpoint_is_local(const char *endpoint);

#endif
