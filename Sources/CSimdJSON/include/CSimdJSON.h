// simdjson's DOM parser behind C: a parser owns one parsed document as a tape and a string buffer
// (https://github.com/simdjson/simdjson/blob/v3.0.1/doc/tape.md). Swift reads the tape itself.
#ifndef CSIMDJSON_H
#define CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct grantctl_json_parser grantctl_json_parser;

/// Null when out of memory.
grantctl_json_parser *grantctl_json_parser_create(void);
void grantctl_json_parser_destroy(grantctl_json_parser *parser);

/// Readable bytes that must follow the input.
size_t grantctl_json_padding(void);

/// Parses `length` bytes at `bytes`, behind which `grantctl_json_padding()` more are readable.
/// 0, or simdjson's error code. The previous document of this parser is gone either way.
int grantctl_json_parse(grantctl_json_parser *parser, const uint8_t *bytes, size_t length);

/// The document last parsed; valid until the next parse or destroy.
const uint64_t *grantctl_json_tape(const grantctl_json_parser *parser);
const uint8_t *grantctl_json_strings(const grantctl_json_parser *parser);

/// simdjson's words for an error code, static.
const char *grantctl_json_error(int code);

#ifdef __cplusplus
}
#endif

#endif
