#include "heap.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define LARGE ((uintptr_t)2 << 20)
#define LEAST ((size_t)16 << 20)
#define MOST ((size_t)1536 << 20) /* what mallopt's int can say, and no small machine's all */
#define PAD_LATER (4 << 20)
#define MAPPED_FROM (1 << 20) /* what is larger comes from mmap, as ever */

void fc_heap_expect(size_t bytes) {
    if (bytes < LEAST) return;
    if (bytes > MOST) bytes = MOST;
    (void)malloc_trim(0);
    uintptr_t before = (uintptr_t)sbrk(0);
    (void)mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
    (void)mallopt(M_TRIM_THRESHOLD, (int)MOST);
    (void)mallopt(M_TOP_PAD, (int)bytes);
    void *probe = malloc(MAPPED_FROM / 2); /* more than is left: the heap's end moves on by all of it at once */
    uintptr_t after = (uintptr_t)sbrk(0);
    free(probe);
    (void)mallopt(M_TOP_PAD, PAD_LATER);
    uintptr_t from = (before + LARGE - 1) & ~(LARGE - 1);
    if (after > from && after - before >= bytes) (void)madvise((void *)from, after - from, MADV_HUGEPAGE);
}
