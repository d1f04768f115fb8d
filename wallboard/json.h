/* json -- msgpack values as JSON text, exactly.
 *
 * Integers of 64 bits keep every digit; a float is written with the fewest digits that read back as the same double;
 * NaN and the infinities, which JSON does not know, become null. Text that is no UTF-8 gets U+FFFD in its place,
 * because a websocket text frame must be valid. Refuses bin, ext and keys that are no strings: nothing here sends them.
 */
#ifndef FC_JSON_H
#define FC_JSON_H

#include "bytes.h"
#include "mp.h"

/* fc_json_value -- appends one value. False on bytes of another form; `out` then ends somewhere inside. */
bool fc_json_value(struct fc_bytes *out, struct fc_mp *mp);

/* fc_json_string -- appends a quoted and escaped string. */
void fc_json_string(struct fc_bytes *out, struct fc_str s);

#endif
