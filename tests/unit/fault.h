/* fault -- a disk that fails when a test says so: this program's pwrite, writev and fdatasync, which LMDB's library then
 * uses as well. A sync that failed says so to every descriptor that asks, as the kernel does once.
 */
#ifndef FC_TEST_FAULT_H
#define FC_TEST_FAULT_H

#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static struct {
    int write_errno;     /* of every write; 0: none */
    bool cut_short;      /* a write of more than a page ends half way */
    int meta_errno;      /* of writes to LMDB's two head pages alone */
    int sync_errno;
    unsigned hit;        /* how often one of them was met */
} fault;

static inline void fault_none(void) {
    unsigned hit = fault.hit;
    memset(&fault, 0, sizeof fault);
    fault.hit = hit;
}

static ssize_t fault_fail(int why) {
    fault.hit++;
    errno = why;
    return -1;
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) {
    if (fault.write_errno != 0) return fault_fail(fault.write_errno);
    if (fault.meta_errno != 0 && at < 8192) return fault_fail(fault.meta_errno);
    if (fault.cut_short && n >= 4096) {
        fault.hit++;
        n = n / 1024 * 512;
    }
    return syscall(SYS_pwrite64, fd, bytes, n, at);
}

ssize_t writev(int fd, const struct iovec *parts, int n) {
    if (fault.write_errno != 0) return fault_fail(fault.write_errno);
    if (fault.cut_short && n > 1) {
        fault.hit++;
        n /= 2;
    }
    return syscall(SYS_writev, fd, parts, n);
}

int fdatasync(int fd) {
    if (fault.sync_errno != 0) return (int)fault_fail(fault.sync_errno);
    return (int)syscall(SYS_fdatasync, fd);
}

#endif
