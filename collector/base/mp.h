/* mp -- msgpack without allocation: a bounded reader over bytes that somebody else owns, and a bounded writer.
 *
 * The reader is our own because it stands on the hot path and reads what strangers send: it checks every length
 * against the end of the buffer, never recurses deeper than FC_MP_DEPTH and never allocates. The writer is msgpack-c's
 * packer into a fixed buffer. Neither knows what a message means.
 */
#ifndef FC_MP_H
#define FC_MP_H

#include "status.h"
#include "str.h"

#include <msgpack.h>

#define FC_MP_DEPTH 8 /* nesting that fc_mp_skip follows; deeper input is FC_INVALID */

struct fc_mp {
    const uint8_t *start, *p, *end; /* p - start is the offset named in errors */
};

enum fc_mp_type { FC_MP_NIL, FC_MP_BOOL, FC_MP_INT, FC_MP_FLOAT, FC_MP_STR, FC_MP_BIN, FC_MP_ARRAY, FC_MP_MAP, FC_MP_EXT, FC_MP_BAD };

static inline struct fc_mp fc_mp_open(const void *bytes, size_t n) {
    const uint8_t *b = bytes;
    return (struct fc_mp){.start = b, .p = b, .end = n > 0 ? b + n : b}; /* bytes may be NULL when n is 0 */
}

static inline size_t fc_mp_offset(const struct fc_mp *mp) { return (size_t)(mp->p - mp->start); }
static inline size_t fc_mp_left(const struct fc_mp *mp) { return (size_t)(mp->end - mp->p); }

/* What stands next; FC_MP_BAD at the end of the buffer or on the reserved byte 0xc1. Reads nothing. */
enum fc_mp_type fc_mp_peek(const struct fc_mp *mp);

/* Each: true and moved past the value, or false with mp unchanged (another type, out of range, or cut off).
 * Integers are accepted in any width and sign that holds the value. Strings and bins are views into the buffer. */
bool fc_mp_nil(struct fc_mp *mp);
bool fc_mp_bool(struct fc_mp *mp, bool *out);
bool fc_mp_i64(struct fc_mp *mp, int64_t *out);
bool fc_mp_u64(struct fc_mp *mp, uint64_t *out);
bool fc_mp_f64(struct fc_mp *mp, double *out); /* also reads integers */
bool fc_mp_str(struct fc_mp *mp, struct fc_str *out);
bool fc_mp_bin(struct fc_mp *mp, struct fc_str *out); /* also reads str */
bool fc_mp_array(struct fc_mp *mp, uint32_t *n);      /* n elements follow; n never exceeds the bytes left */
bool fc_mp_map(struct fc_mp *mp, uint32_t *n);        /* n pairs follow; 2n never exceeds the bytes left */
bool fc_mp_skip(struct fc_mp *mp);                    /* one whole value of any type, at most FC_MP_DEPTH deep */

/* fc_mp_find -- stands `value` at what belongs to `key` in the map that `bytes` begin with; false: no map, no such key, or cut off
 * before it. fc_mp_version -- of a message that is a map: what its "v" says, 1 without one, -1 when that is no number above 0. */
bool fc_mp_find(const void *bytes, size_t n, const char *key, struct fc_mp *value);
int64_t fc_mp_version(const void *bytes, size_t n);

/* Writer into the caller's buffer. After an overflow nothing more is written and `overflow` stays true: check once. */
struct fc_mpw {
    uint8_t *buf;
    size_t len, cap;
    bool overflow;
    msgpack_packer pk;
};

void fc_mpw_init(struct fc_mpw *w, void *buf, size_t cap);
void fc_mpw_map(struct fc_mpw *w, size_t n);
void fc_mpw_array(struct fc_mpw *w, size_t n);
void fc_mpw_str(struct fc_mpw *w, struct fc_str s);
void fc_mpw_bin(struct fc_mpw *w, const void *p, size_t n);
void fc_mpw_int(struct fc_mpw *w, int64_t v);
void fc_mpw_f64(struct fc_mpw *w, double v);
void fc_mpw_bool(struct fc_mpw *w, bool v);
void fc_mpw_nil(struct fc_mpw *w);
void fc_mpw_raw(struct fc_mpw *w, const void *p, size_t n); /* bytes that are msgpack already */

static inline void fc_mpw_key(struct fc_mpw *w, const char *key) { fc_mpw_str(w, fc_str(key)); }

#endif
