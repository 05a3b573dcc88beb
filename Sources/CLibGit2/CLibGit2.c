#define _GNU_SOURCE
#include "CLibGit2.h"

#include <malloc.h>
#include <sys/mman.h>

int grantctl_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int grantctl_memory_file(const char *name) {
    return memfd_create(name, 0);
}

void grantctl_return_memory(void) {
    malloc_trim(0);
}
