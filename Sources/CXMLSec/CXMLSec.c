#include "CXMLSec.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/valid.h>

#include <xmlsec/xmlsec.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/transforms.h>
#include <xmlsec/xmldsig.h>

static const xmlChar *const SAML = (const xmlChar *)"urn:oasis:names:tc:SAML:2.0:assertion";
static const xmlChar *const SAMLP = (const xmlChar *)"urn:oasis:names:tc:SAML:2.0:protocol";
static const xmlChar *const DSIG = (const xmlChar *)"http://www.w3.org/2000/09/xmldsig#";

// Both libraries would otherwise write what clients send to standard error.
static void silent(
    const char *file, int line, const char *function, const char *object, const char *subject, int reason,
    const char *message) {
    (void)file, (void)line, (void)function, (void)object, (void)subject, (void)reason, (void)message;
}

static xmlParserInputPtr nothing(const char *url, const char *identifier, xmlParserCtxtPtr context) {
    (void)url, (void)identifier, (void)context;
    return NULL;
}

int grantctl_xmlsec_init(void) {
    xmlInitParser();
    // Nothing outside the document is ever opened, whatever it names.
    xmlSetExternalEntityLoader(nothing);
    if (xmlSecInit() < 0 || xmlSecCheckVersion() != 1) return -1;
    xmlSecIOCleanupCallbacks();
    if (xmlSecCryptoAppInit(NULL) < 0 || xmlSecCryptoInit() < 0) return -1;
    // After the initialisation, which sets its own.
    xmlSecErrorsSetCallback(silent);
    return 0;
}

static int is(const xmlNode *node, const xmlChar *space, const char *name) {
    return node->type == XML_ELEMENT_NODE && node->ns != NULL && xmlStrEqual(node->ns->href, space) &&
           xmlStrEqual(node->name, (const xmlChar *)name);
}

// The assertion that is to be checked: the document's root, or the one below a response.
static xmlNodePtr find_assertion(xmlDocPtr document) {
    xmlNodePtr root = xmlDocGetRootElement(document);
    if (root == NULL) return NULL;
    if (is(root, SAML, "Assertion")) return root;
    if (!is(root, SAMLP, "Response")) return NULL;
    xmlNodePtr found = NULL;
    for (xmlNodePtr child = root->children; child != NULL; child = child->next) {
        if (!is(child, SAML, "Assertion")) continue;
        if (found != NULL) return NULL;
        found = child;
    }
    return found;
}

// Nothing but elements and text, one signature, one assertion, and no attribute that libxml2 takes for an id by itself.
static int has_shape(xmlDocPtr document) {
    if (document->intSubset != NULL || document->extSubset != NULL) return 0;
    int signatures = 0, assertions = 0;
    xmlNodePtr node = document->children;
    while (node != NULL) {
        if (node->type != XML_ELEMENT_NODE && node->type != XML_TEXT_NODE) return 0;
        if (is(node, DSIG, "Signature")) signatures++;
        if (is(node, SAML, "Assertion")) assertions++;
        if (node->type == XML_ELEMENT_NODE) {
            for (xmlAttrPtr attribute = node->properties; attribute != NULL; attribute = attribute->next) {
                if (attribute->atype == XML_ATTRIBUTE_ID) return 0;
            }
        }
        if (node->type == XML_ELEMENT_NODE && node->children != NULL) {
            node = node->children;
            continue;
        }
        while (node != NULL && node->next == NULL) {
            node = node->parent;
            if (node == (xmlNodePtr)document) node = NULL;
        }
        if (node != NULL) node = node->next;
    }
    return signatures == 1 && assertions == 1;
}

static xmlNodePtr child_signature(xmlNodePtr assertion) {
    for (xmlNodePtr child = assertion->children; child != NULL; child = child->next) {
        if (is(child, DSIG, "Signature")) return child;
    }
    return NULL;
}

// What a signature may be made of. Everything else does not exist for this context, whatever the document names.
static int allow(xmlSecDSigCtxPtr context) {
    context->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
    context->flags |= XMLSEC_DSIG_FLAGS_STORE_SIGNEDINFO_REFERENCES;
    const xmlSecTransformId references[] = {
        xmlSecTransformEnvelopedId, xmlSecTransformExclC14NId, xmlSecTransformSha256Id, xmlSecTransformSha384Id,
        xmlSecTransformSha512Id,
    };
    const xmlSecTransformId signatures[] = {
        xmlSecTransformExclC14NId,   xmlSecTransformRsaSha256Id,   xmlSecTransformRsaSha384Id,
        xmlSecTransformRsaSha512Id,  xmlSecTransformEcdsaSha256Id, xmlSecTransformEcdsaSha384Id,
        xmlSecTransformEcdsaSha512Id,
    };
    for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
        if (xmlSecDSigCtxEnableReferenceTransform(context, references[i]) < 0) return -1;
    }
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        if (xmlSecDSigCtxEnableSignatureTransform(context, signatures[i]) < 0) return -1;
    }
    return 0;
}

static int take_covered(xmlSecDSigCtxPtr context, uint8_t **covered, size_t *covered_count) {
    if (xmlSecPtrListGetSize(&context->signedInfoReferences) != 1 ||
        xmlSecPtrListGetSize(&context->manifestReferences) != 0)
        return GRANTCTL_XMLSEC_SHAPE;
    xmlSecDSigReferenceCtxPtr reference =
        (xmlSecDSigReferenceCtxPtr)xmlSecPtrListGetItem(&context->signedInfoReferences, 0);
    if (reference == NULL || reference->status != xmlSecDSigStatusSucceeded) return GRANTCTL_XMLSEC_INVALID;
    xmlSecBufferPtr buffer = xmlSecDSigReferenceCtxGetPreDigestBuffer(reference);
    if (buffer == NULL || xmlSecBufferGetData(buffer) == NULL) return GRANTCTL_XMLSEC_SHAPE;
    size_t count = xmlSecBufferGetSize(buffer);
    uint8_t *copy = malloc(count > 0 ? count : 1);
    if (copy == NULL) return GRANTCTL_XMLSEC_MEMORY;
    memcpy(copy, xmlSecBufferGetData(buffer), count);
    *covered = copy;
    *covered_count = count;
    return GRANTCTL_XMLSEC_VALID;
}

static int verify(
    xmlDocPtr document, const uint8_t *certificate, size_t certificate_count, uint8_t **covered,
    size_t *covered_count) {
    if (!has_shape(document)) return GRANTCTL_XMLSEC_SHAPE;
    xmlNodePtr assertion = find_assertion(document);
    if (assertion == NULL) return GRANTCTL_XMLSEC_SHAPE;
    xmlNodePtr signature = child_signature(assertion);
    if (signature == NULL) return GRANTCTL_XMLSEC_SHAPE;
    xmlAttrPtr identifier = xmlHasNsProp(assertion, (const xmlChar *)"ID", NULL);
    if (identifier == NULL) return GRANTCTL_XMLSEC_SHAPE;
    xmlChar *value = xmlNodeListGetString(document, identifier->children, 1);
    if (value == NULL) return GRANTCTL_XMLSEC_SHAPE;
    // The only id that the document has, so that a reference can mean nothing but this element.
    xmlIDPtr registered = xmlAddID(NULL, document, value, identifier);
    xmlFree(value);
    if (registered == NULL) return GRANTCTL_XMLSEC_SHAPE;

    xmlSecDSigCtxPtr context = xmlSecDSigCtxCreate(NULL);
    if (context == NULL) return GRANTCTL_XMLSEC_MEMORY;
    int result = GRANTCTL_XMLSEC_INVALID;
    // The key comes from here: KeyInfo is not looked at then.
    context->signKey = xmlSecCryptoAppKeyLoadMemory(
        certificate, (xmlSecSize)certificate_count, xmlSecKeyDataFormatCertDer, NULL, NULL, NULL);
    if (context->signKey == NULL) {
        result = GRANTCTL_XMLSEC_KEY;
    } else if (allow(context) < 0) {
        result = GRANTCTL_XMLSEC_MEMORY;
    } else if (
        xmlSecDSigCtxVerify(context, signature) == 0 && context->status == xmlSecDSigStatusSucceeded) {
        result = take_covered(context, covered, covered_count);
    }
    xmlSecDSigCtxDestroy(context);
    return result;
}

int grantctl_xmlsec_verify(
    const uint8_t *bytes, size_t count, const uint8_t *certificate, size_t certificate_count, uint8_t **covered,
    size_t *covered_count) {
    *covered = NULL;
    *covered_count = 0;
    if (count > INT_MAX || certificate_count > INT_MAX) return GRANTCTL_XMLSEC_SHAPE;
    xmlDocPtr document = xmlReadMemory(
        (const char *)bytes, (int)count, NULL, "UTF-8", XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (document == NULL) return GRANTCTL_XMLSEC_SHAPE;
    int result = verify(document, certificate, certificate_count, covered, covered_count);
    xmlFreeDoc(document);
    return result;
}

void grantctl_xmlsec_free(uint8_t *bytes) { free(bytes); }
