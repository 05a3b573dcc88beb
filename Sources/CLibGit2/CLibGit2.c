#define _GNU_SOURCE
#include "CLibGit2.h"

#include <git2/sys/alloc.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
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

static _Thread_local size_t largest = SIZE_MAX;
static _Thread_local int was_hit = 0;

int grantctl_git_limit_allocation(size_t bytes) {
    int hit = was_hit;
    was_hit = 0;
    largest = bytes == 0 ? SIZE_MAX : bytes;
    return hit;
}

static void *refused(void) {
    was_hit = 1;
    git_error_set_oom();
    return NULL;
}

static void *checked(void *memory) {
    if (memory == NULL) git_error_set_oom();
    return memory;
}

static void *limited_realloc(void *memory, size_t size, const char *file, int line) {
    (void)file, (void)line;
    if (size > largest) return refused();
    return checked(realloc(memory, size == 0 ? 1 : size));
}

static void *limited_malloc(size_t size, const char *file, int line) {
    return limited_realloc(NULL, size, file, line);
}

// What may hold sixteen million cells of eight bytes, and again as many while it grows.
static const size_t most_of_table = 512 << 20;

static void *limited_reallocarray(void *memory, size_t count, size_t size, const char *file, int line) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return checked(NULL);
    // The tables of libgit2's caches (khash.h; nothing else has cells as small). A pack's cache does not notice that it could
    // not remember something: it counts that as held, and once what it counts is more than it may hold it looks for
    // something to drop for ever (`cache_add` in pack.c).
    if (size <= 8 && bytes <= most_of_table) return checked(realloc(memory, bytes == 0 ? 1 : bytes));
    return limited_realloc(memory, bytes, file, line);
}

static void *limited_mallocarray(size_t count, size_t size, const char *file, int line) {
    return limited_reallocarray(NULL, count, size, file, line);
}

static void *limited_calloc(size_t count, size_t size, const char *file, int line) {
    (void)file, (void)line;
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return checked(NULL);
    if (bytes > largest) return refused();
    return checked(calloc(count == 0 ? 1 : count, size == 0 ? 1 : size));
}

static char *limited_substrdup(const char *text, size_t length, const char *file, int line) {
    char *copy = length < SIZE_MAX ? limited_malloc(length + 1, file, line) : checked(NULL);
    if (copy == NULL) return NULL;
    memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

static char *limited_strndup(const char *text, size_t length, const char *file, int line) {
    return limited_substrdup(text, strnlen(text, length), file, line);
}

static char *limited_strdup(const char *text, const char *file, int line) {
    return limited_substrdup(text, strlen(text), file, line);
}

int grantctl_git_use_limited_allocator(void) {
    static git_allocator allocator = {
        .gmalloc = limited_malloc,
        .gcalloc = limited_calloc,
        .gstrdup = limited_strdup,
        .gstrndup = limited_strndup,
        .gsubstrdup = limited_substrdup,
        .grealloc = limited_realloc,
        .greallocarray = limited_reallocarray,
        .gmallocarray = limited_mallocarray,
        .gfree = free,
    };
    return git_libgit2_opts(GIT_OPT_SET_ALLOCATOR, &allocator);
}
