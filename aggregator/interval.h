/* interval -- the keys under which stored intervals lie, so that one queue's are neighbours in the order of time.
 *
 *   SCOPE u8 ('q' queue, 'g' all queues, or a group, 'a' agent)  RES u8 (1, 15: minutes; 'd': a day of UTC)
 *   CHANNEL u8 (enum fc_channel; 255: plain, what has no channel)  NAME  0  START u64 big endian, us
 *
 * The value is a tally in stored form (tally.h). A name holds no zero byte (events with one are refused), so all keys
 * of a name stand together and those of the next name after them. Every fact is kept in each resolution: a long stretch
 * is read from its days, with quarters and minutes at its edges. Groups have keys (plain) for their
 * agents' time alone, since an agent of several of their queues counts once; else they are their queues, by the rules of
 * the day on which one asks.
 */
#ifndef FC_INTERVAL_H
#define FC_INTERVAL_H

#include "state.h"

#include <stdint.h>

#define FC_INTERVAL_KEY_MAX (3 + 128 + 1 + 8)
#define FC_INTERVAL_PLAIN 255 /* the channel of what has none */

/* In minutes, finest first; each is a multiple of the one before. */
#define FC_INTERVAL_RESOLUTIONS 3
extern const int fc_interval_resolutions[FC_INTERVAL_RESOLUTIONS];

/* Start of the interval of `minutes` that holds ts_us (not before 1970). Days are those of UTC: a queue's own may be
 * any. */
int64_t fc_interval_start(int64_t ts_us, int minutes);

/* Writes the key, returns its length. `minutes`: one of the resolutions; at most FC_INTERVAL_KEY_MAX bytes of `key` are
 * used. */
size_t fc_interval_key(char *key, enum fc_scope scope, int minutes, uint8_t channel, struct fc_str name,
                       int64_t start_us);

/* The part that all keys of a scope, resolution and channel share (name NULL), or all of one name. */
size_t fc_interval_prefix(char *key, enum fc_scope scope, int minutes, uint8_t channel, const struct fc_str *name);

/* Takes a key apart; false when it is none. `name` points into it. */
struct fc_interval {
    enum fc_scope scope;
    int minutes;
    uint8_t channel;
    struct fc_str name;
    int64_t start_us;
};
bool fc_interval_parse(struct fc_str key, struct fc_interval *out);

/* fc_interval_after -- turns a key, of which `n` bytes are given, into the first place behind all keys of its name;
 * returns its length. How a reader leaps to the next name: no name sorts between, since none holds a zero byte. */
size_t fc_interval_after(char *key, size_t n);

#endif
