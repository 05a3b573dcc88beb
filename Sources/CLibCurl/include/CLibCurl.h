// libcurl's option setters are variadic, which Swift cannot call: one typed setter for each kind of argument.
#ifndef CLIBCURL_H
#define CLIBCURL_H

#include <curl/curl.h>

// CURL_GLOBAL_DEFAULT and CURLVERSION_NOW are macros that the importer does not evaluate.
static inline CURLcode grantctl_curl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

static inline const curl_version_info_data *grantctl_curl_version(void) { return curl_version_info(CURLVERSION_NOW); }

static inline CURLcode grantctl_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode grantctl_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode grantctl_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode grantctl_curl_set_blob(CURL *handle, CURLoption option, const void *bytes, size_t length) {
    struct curl_blob blob = {.data = (void *)bytes, .len = length, .flags = CURL_BLOB_COPY};
    return curl_easy_setopt(handle, option, &blob);
}

static inline CURLcode grantctl_curl_set_write(
    CURL *handle, size_t (*write)(char *, size_t, size_t, void *), void *context) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, write);
    return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
}

static inline CURLcode grantctl_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

#endif
