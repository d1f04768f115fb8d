/* disk -- what a failed write means, for the programs that keep an LMDB file. Refuses to write anything itself.
 *
 * LMDB reports one number for two very different things: EIO is what a failed sync gives, and also what LMDB makes of a
 * write that was cut short because the disk ran full. After the second one waits and tries again. After the first one
 * may not: the kernel may have dropped the pages it could not write, and the next sync would succeed over the hole.
 * So a second descriptor of the same file, the witness, is asked: the kernel tells every descriptor of a file once that
 * writing back has failed since it was last asked (Linux 4.13 and later). Nobody else syncs by it, so it has not been
 * told yet.
 */
#ifndef FC_DISK_H
#define FC_DISK_H

#include "status.h"

#include <stdbool.h>
#include <stdint.h>

/* fc_disk_is_full -- ENOSPC, EDQUOT (quota), EFBIG (limit on a file's size): it passes when there is room. Thread: any */
bool fc_disk_is_full(int rc);

/* fc_disk_witness -- a descriptor of `path` for fc_disk_lost; -1 when it cannot be opened. Owns: close it. */
int fc_disk_witness(const char *path);

/* fc_disk_lost -- whether something written to the file before now may never reach the disk. Waits for the disk.
 * Without a witness (-1) the answer is yes. Thread: the one that writes the file */
bool fc_disk_lost(int witness);

/* fc_disk_reserve -- makes the file when there is none, and takes `bytes` of disk for its beginning, so that writing
 * through a map cannot run out of room (which ends the program). Errors: FC_FULL no room; FC_IO. */
FC_MUST_USE enum fc_status fc_disk_reserve(const char *path, uint64_t bytes, struct fc_error *err);

/* Who may write a directory: held with flock from open to close. The file names its holder, for the message of whoever comes
 * second, and the boot of the machine, so that the next one knows whether the machine went down under it. */
struct fc_disk_lock {
    int fd;           /* -1: not held */
    bool machine_died; /* the last holder did not let go, and it ran on another machine or before this machine's start:
                          what is in the directory may not be what was written */
    char holder[120]; /* of a lock that is taken: "process 4711", and the host where it is not this one */
};

/* fc_disk_lock -- takes it. Errors: FC_AGAIN another process has it, see `holder`; FC_IO the file cannot be made or locked.
 * What the file says is best effort: on a full disk the lock is held all the same. */
FC_MUST_USE enum fc_status fc_disk_lock(const char *path, struct fc_disk_lock *out, struct fc_error *err);

/* fc_disk_lock_sound -- the directory was looked through: `machine_died` is not true for the next holder again. */
void fc_disk_lock_sound(struct fc_disk_lock *lock);

/* fc_disk_unlock -- lets go. `clean`: everything written is on disk, nobody need look. Not held: nothing happens. */
void fc_disk_unlock(struct fc_disk_lock *lock, bool clean);

#endif
