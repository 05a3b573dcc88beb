#include "CSimdJSON.h"

#include <new>
#include <simdjson.h>

struct grantctl_json_parser {
    simdjson::dom::parser parser;
};

extern "C" {

grantctl_json_parser *grantctl_json_parser_create(void) {
    return new (std::nothrow) grantctl_json_parser();
}

void grantctl_json_parser_destroy(grantctl_json_parser *parser) { delete parser; }

size_t grantctl_json_padding(void) { return simdjson::SIMDJSON_PADDING; }

int grantctl_json_parse(grantctl_json_parser *parser, const uint8_t *bytes, size_t length) {
    return static_cast<int>(parser->parser.parse(bytes, length, false).error());
}

const uint64_t *grantctl_json_tape(const grantctl_json_parser *parser) { return parser->parser.doc.tape.get(); }

const uint8_t *grantctl_json_strings(const grantctl_json_parser *parser) {
    return parser->parser.doc.string_buf.get();
}

const char *grantctl_json_error(int code) {
    return simdjson::error_message(static_cast<simdjson::error_code>(code));
}

}
