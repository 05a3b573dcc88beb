// Counts heap allocations of the process it is linked into (glibc): linked into benchmarks only.
#ifndef CALLOCATIONCOUNT_H
#define CALLOCATIONCOUNT_H

#include <stdint.h>

/// Calls of malloc, calloc, realloc and the aligned forms so far, all threads.
uint64_t grantctl_allocation_count(void);

#endif
