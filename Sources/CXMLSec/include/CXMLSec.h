// Checks the one enveloped signature of a SAML assertion with xmlsec1 (https://www.aleksey.com/xmlsec/api/) over libxml2.
//
// Their headers stay out of this one: they need include paths and definitions that an importer of a module would have to
// repeat, and their constants are macros that call functions.
#ifndef CXMLSEC_H
#define CXMLSEC_H

#include <stddef.h>
#include <stdint.h>

enum grantctl_xmlsec_result {
    GRANTCTL_XMLSEC_VALID = 0,
    // Not XML that libxml2 reads, or not of the one shape that is checked here.
    GRANTCTL_XMLSEC_SHAPE = 1,
    // The certificate holds no key that can be used.
    GRANTCTL_XMLSEC_KEY = 2,
    // The signature is not this key's over these bytes.
    GRANTCTL_XMLSEC_INVALID = 3,
    GRANTCTL_XMLSEC_MEMORY = 4,
};

// Once, before any thread verifies. 0 for success.
int grantctl_xmlsec_init(void);

// Thread-safe after the above. On GRANTCTL_XMLSEC_VALID *covered holds the canonical bytes of the assertion without its
// signature, exactly those that were digested; free them with grantctl_xmlsec_free.
int grantctl_xmlsec_verify(
    const uint8_t *document, size_t document_count, const uint8_t *certificate, size_t certificate_count,
    uint8_t **covered, size_t *covered_count);

void grantctl_xmlsec_free(uint8_t *bytes);

#endif
