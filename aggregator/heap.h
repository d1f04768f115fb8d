/* heap -- large pages for a large state. A start first touches every page it fills, and under a hypervisor that may take
 * longer than to fill it; a page of 2 MiB is touched once where 512 small ones are. Only Linux with glibc; elsewhere,
 * and where the system gives no large pages, nothing changes but the speed.
 */
#ifndef FC_HEAP_H
#define FC_HEAP_H

#include <stddef.h>

/* fc_heap_expect -- what malloc gives to this thread next comes from large pages, up to about `bytes`, and memory that
 * is freed stays with the program. Nothing is taken yet but addresses. Does nothing for less than 16 MiB.
 * Thread:  main, before it starts others */
void fc_heap_expect(size_t bytes);

#endif
