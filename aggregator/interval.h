/* interval -- the keys under which stored intervals lie, so that one queue's are neighbours in the order of time.
 *
 *   SCOPE u8 ('q' queue, 'g' the whole floor, 'a' agent)  RES u8 (minutes: 1 or 15)  CHANNEL u8 (255: all)  NAME  0  START u64 big endian, us
 * The value is a tally in stored form (tally.h). A name holds no zero byte (events with one are refused).
 */
#ifndef FC_INTERVAL_H
#define FC_INTERVAL_H

#include "state.h"

#include <stdint.h>

#define FC_INTERVAL_KEY_MAX (3 + 128 + 1 + 8)
#define FC_INTERVAL_CHANNEL_ALL 255

/* Start of the interval of `minutes` that holds ts_us. */
int64_t fc_interval_start(int64_t ts_us, int minutes);

/* Writes the key, returns its length. The first FC_INTERVAL_KEY_MAX bytes of `key` are used at most. */
size_t fc_interval_key(char *key, enum fc_scope scope, int minutes, uint8_t channel, struct fc_str name, int64_t start_us);
#define FC_INTERVAL_PLAIN 255
#define FC_INTERVAL_RESOLUTIONS 2
extern const int fc_interval_resolutions[FC_INTERVAL_RESOLUTIONS];

/* The part that all keys of a scope and resolution share (name.p NULL), or all of one name. */
size_t fc_interval_prefix(char *key, enum fc_scope scope, int minutes, const struct fc_str *name);

/* Takes name and start out of a key; false when it is none. */
bool fc_interval_parse(struct fc_str key, struct fc_str *name, int64_t *start_us);

#endif
