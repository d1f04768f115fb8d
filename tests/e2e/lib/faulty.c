/* faulty -- a disk that misbehaves, preloaded into a whole program: what the file $FAULTY holds says how, from then on.
 *   fail       every fdatasync fails with EIO, to every descriptor that asks
 *   slow N     every fdatasync takes N ms
 * No file, or any other word: it works. Only files of LMDB are synced in the programs, so nothing else is touched.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int fdatasync(int fd);

int fdatasync(int fd) {
    const char *path = getenv("FAULTY");
    char word[16] = "";
    unsigned ms = 0;
    FILE *f = path != NULL ? fopen(path, "re") : NULL;
    if (f != NULL) {
        (void)!fscanf(f, "%15s %u", word, &ms);
        (void)fclose(f);
    }
    if (strcmp(word, "fail") == 0) {
        errno = EIO;
        return -1;
    }
    if (strcmp(word, "slow") == 0) (void)usleep(ms * 1000);
    return (int)syscall(SYS_fdatasync, fd);
}
