/* disk -- a disk that fails by chance, under the real LMDB.
 *
 * The executable's own pwrite, writev, write, fdatasync, fsync, ftruncate and truncate come before libc's, for the product
 * and for liblmdb alike (every run makes sure that they were called). Of the files watched they keep what is durable beside
 * what is in the page cache, which is the real file, since LMDB reads that through a map:
 *
 *   a write             changes the file; its pages are then dirty
 *   a write to O_DSYNC  is durable when it returns (LMDB's meta pages)
 *   fdatasync           makes all dirty pages durable, and the length
 *   now and then        some dirty page is written back although nobody asked
 *   a failed fdatasync  has written some of them; all of them count as clean from then on, and another one does not
 *                       write them again (what Linux does)
 *   power off           keeps what is durable and, of what is dirty, some sectors of 512 bytes
 *
 * Faults: writes that find no room (only where the file grows or a page is new; the whole of it, or all but a beginning),
 * writes and syncs that fail. What the sanitizers put before these functions is bypassed: they go straight to the kernel.
 * Not simulated: a directory that forgets its files, a torn sector, bytes that rot. msync is not there because LMDB does
 * not call it when its map is read-only, as ours is.
 */
#ifndef CHANCE_DISK_H
#define CHANCE_DISK_H

#include "world.h"

/* The side's data.mdb in `dir`, whether it is there yet or not. */
void disk_watch(enum side side, const char *dir);
void disk_forget_all(void);

void disk_freeze(enum side side, enum death how); /* as it is now: the side is dying */
void disk_thaw(enum side side);                   /* its process is gone; the file is what it will find */

/* Until then there is no room / one in `odds` writes and syncs fails. */
void disk_fill(enum side side, int64_t until_ns);
void disk_spoil(enum side side, int64_t until_ns, int odds);

struct disk_counts {
    uint64_t writes, syncs, refused, failed_writes, failed_syncs, length;
};
struct disk_counts disk_counts(enum side side);

#endif
