// The part of libgit2, and of what its child process needs from the system, that Swift cannot import by itself:
// `git_libgit2_opts` and `prctl` are variadic, and GNU's own functions are hidden from Swift's Glibc module.
#ifndef CLIBGIT2_H
#define CLIBGIT2_H

#include <git2.h>
#include <git2/sys/odb_backend.h>
#include <stddef.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>

static inline int grantctl_git_set_search_path(int level, const char *path) {
    return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path);
}

static inline int grantctl_git_set_strict_hash_verification(int enabled) {
    return git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, enabled);
}

static inline int grantctl_git_set_owner_validation(int enabled) {
    return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}

static inline int grantctl_git_set_caching(int enabled) {
    return git_libgit2_opts(GIT_OPT_ENABLE_CACHING, enabled);
}

static inline int grantctl_git_set_fsync(int enabled) {
    return git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, enabled);
}

static inline int grantctl_git_set_pack_max_objects(size_t objects) {
    return git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECTS, objects);
}

static inline int grantctl_git_set_window_size(size_t bytes) {
    return git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, bytes);
}

static inline int grantctl_git_set_window_mapped_limit(size_t bytes) {
    return git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, bytes);
}

static inline int grantctl_git_set_certificate_file(const char *path) {
    return git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, path, NULL);
}

// Asks the kernel to kill this process when the thread that started it ends (prctl(2), PR_SET_PDEATHSIG).
static inline int grantctl_die_with_parent(void) {
    return prctl(PR_SET_PDEATHSIG, SIGKILL);
}

// Nobody else of the same user may read this process's memory, and it leaves no core (prctl(2), PR_SET_DUMPABLE).
static inline int grantctl_hide_memory(void) {
    return prctl(PR_SET_DUMPABLE, 0);
}

// posix_spawn_file_actions_addclosefrom_np(3): the child starts without any descriptor from `first` on.
int grantctl_spawn_close_from(posix_spawn_file_actions_t *actions, int first);

// memfd_create(2): a file that is in memory only.
int grantctl_memory_file(const char *name);

// Has libgit2 refuse, on the calling thread, to allocate more than `bytes` at once: an object that inflates to more, or that
// is stored as a difference from one, is then an error instead of so much memory. 0 is no limit. Returns whether the limit
// set before was hit.
int grantctl_git_limit_allocation(size_t bytes);

// Makes libgit2 allocate in a way that the above works; to be called once, before anything else of libgit2 is used.
int grantctl_git_use_limited_allocator(void);

// malloc_trim(3): gives memory that was freed back to the system.
void grantctl_return_memory(void);

#endif
