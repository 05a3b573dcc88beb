// The part of libgit2 that Swift cannot import by itself: `git_libgit2_opts` is variadic.
#ifndef CLIBGIT2_H
#define CLIBGIT2_H

#include <git2.h>
#include <git2/sys/odb_backend.h>

static inline int grantctl_git_set_search_path(int level, const char *path) {
    return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path);
}

static inline int grantctl_git_set_strict_hash_verification(int enabled) {
    return git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, enabled);
}

static inline int grantctl_git_set_owner_validation(int enabled) {
    return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}

#endif
