/* shelf -- what the wallboard keeps on disk: boards with their history, and alerts. An LMDB environment under --data DIR.
 *
 *   database   key                                value
 *   meta       "floorcast-wallboard"              FC_SHELF_FORMAT, u64 big endian: whose this is and in which form
 *   boards     id, 0, revision u64 big endian     JSON {"rev","saved_us","deleted","board"}
 *   alerts     number u64 big endian              JSON, see alerts.h
 *
 * A commit waits for the disk, so none is made on the service thread: a thread of the shelf's own takes orders from a list
 * under a lock held for a few instructions, does all that has come in one transaction, and hands them back the same way,
 * rung in by an eventfd that the service polls. Order and result of an order are owned by whoever holds it: never both.
 * Bounded: FC_SHELF_ORDERS_MAX orders wait at most. When a sync has failed the file's end is in doubt, and from then on
 * everything is refused until a restart reads what is there.
 * One process a directory: DIR/floorcast.lock is held with flock. Not on network file systems.
 */
#ifndef FC_SHELF_H
#define FC_SHELF_H

#include "bytes.h"

#define FC_SHELF_FORMAT 1
#define FC_SHELF_HISTORY_MAX 100 /* revisions kept of one board */
#define FC_SHELF_ORDERS_MAX 5000
#define FC_SHELF_ORDER_BYTES_MAX (64 << 20) /* of values that wait, together */

struct fc_shelf;

enum fc_shelf_what {
    FC_SHELF_PUT_BOARD,  /* key, number: the revision, value; older ones than the last 100 go */
    FC_SHELF_GET_BOARD,  /* key, number; gives value */
    FC_SHELF_HISTORY,    /* key; gives value: a JSON array without its brackets, newest first */
    FC_SHELF_PUT_ALERT,  /* number, value */
    FC_SHELF_DROP_ALERT, /* number */
};

struct fc_shelf_order {
    enum fc_shelf_what what;
    char key[64];
    uint64_t number;
    struct fc_bytes value;
    enum fc_status status; /* of the result: FC_OK, FC_ABSENT, FC_FULL no room on the disk, FC_IO */
    struct fc_error err;
    void (*done)(struct fc_shelf_order *order); /* on the service thread; frees it with fc_shelf_order_free. NULL: nobody waits */
    void *ctx, *owner; /* the caller's */
    struct fc_shelf_order *next;
};

/* A record found at the start; views live during the call. */
struct fc_shelf_record {
    enum fc_shelf_what what; /* PUT_BOARD: the latest of each; PUT_ALERT */
    struct fc_str key, value;
    uint64_t number;
};

/* fc_shelf_open -- opens or makes DIR, tells `found` of what is there, starts the thread.
 * Shape:  found returns false for a record that it cannot use: that one is named in the log, and stays where it is
 * Errors: FC_CONFIG no directory, in use, of another program or version; FC_IO damaged; FC_FULL. Nothing is open then */
FC_MUST_USE enum fc_status fc_shelf_open(const char *dir, bool (*found)(void *ctx, const struct fc_shelf_record *record), void *ctx,
                                         struct fc_shelf **out, struct fc_error *err);

/* fc_shelf_fd -- readable when results wait; fc_shelf_work -- then calls `done` of each. Thread: service, no blocking */
int fc_shelf_fd(const struct fc_shelf *shelf);
void fc_shelf_work(struct fc_shelf *shelf);

/* fc_shelf_send -- hands an order over. FC_FULL: too much waits; the order stays the caller's. Thread: service, no blocking */
FC_MUST_USE enum fc_status fc_shelf_send(struct fc_shelf *shelf, struct fc_shelf_order *order, struct fc_error *err);

struct fc_shelf_order *fc_shelf_order_new(enum fc_shelf_what what, struct fc_str key, uint64_t number);
void fc_shelf_order_free(struct fc_shelf_order *order);

/* fc_shelf_close -- does what was ordered, waits for the disk, and closes; results are called for. NULL is fine. */
void fc_shelf_close(struct fc_shelf *shelf);

#endif
