// The decoders of HTTP's content codings: zlib for gzip and deflate, brotli for br, zstd. Debian's zlib1g-dev,
// libbrotli-dev and libzstd-dev.
#ifndef GRANTCTL_CCONTENTCODING_H
#define GRANTCTL_CCONTENTCODING_H

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

// inflateInit2 is a macro, which Swift does not import.
static inline int grantctl_inflate_init(z_stream *stream, int window_bits) { return inflateInit2(stream, window_bits); }

#endif
