/* customer -- a caller's number or a customer's id, made comparable and then unreadable.
 *
 * The same person must look the same however a PBX writes the number, so a number is first brought to digits with
 * country code; then the spool, the wire and the aggregator see only a keyed hash of it. The key never leaves the
 * spool's directory. Refuses to guess: what does not look like a number is an id and is taken as it is.
 */
#ifndef FC_CUSTOMER_H
#define FC_CUSTOMER_H

#include "status.h"
#include "str.h"

#define FC_CUSTOMER_KEY_BYTES 32
#define FC_CUSTOMER_TEXT_MAX 128 /* of what comes out */

struct fc_customer {
    bool plain;           /* --plain-customers: normalise, but do not hash */
    char country_code[8]; /* digits put before national numbers (leading 0), or empty */
    unsigned char key[FC_CUSTOMER_KEY_BYTES];
};

/* fc_customer_open -- reads DIR/customer.key, or makes it (mode 0600) when there is none; with `plain` no key is needed.
 * Errors: FC_IO it cannot be read or made; FC_CONFIG others may read it, or it has not FC_CUSTOMER_KEY_BYTES bytes. */
FC_MUST_USE enum fc_status fc_customer_open(struct fc_customer *c, const char *dir, bool plain, const char *country_code, struct fc_error *err);

/* fc_customer_normalise -- spaces, dashes, dots, slashes and parentheses go, a leading + or 00 goes, a leading 0 becomes the
 * country code when one is known. Empty for nobody: "anonymous", "unknown", "private", "restricted", "unavailable", "withheld".
 * Shape: `to` holds FC_CUSTOMER_TEXT_MAX bytes; the result is a view into it. Thread: any */
struct fc_str fc_customer_normalise(const char *country_code, struct fc_str given, char *to);

/* fc_customer_map -- what is written instead of `given`: 32 hex digits, with `plain` the normalised text; empty for nobody.
 * Law: equal after normalise <=> equal here (but for a hash collision). Thread: any, no allocation */
struct fc_str fc_customer_map(const struct fc_customer *c, struct fc_str given, char *to);

#endif
