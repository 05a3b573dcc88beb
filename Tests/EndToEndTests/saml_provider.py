"""A SAML identity provider: pysaml2 with keys made at run time, its metadata served on loopback."""

import base64
import http.server
import pathlib
import subprocess
import threading
import time

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

AUDIENCE = "https://gateway.acme.example/saml"
RECIPIENT = "https://gateway.acme.example/token"
ENTITY = "https://idp.acme.example/saml"

SERVICE_PROVIDER = f"""<?xml version="1.0"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{AUDIENCE}">
<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" WantAssertionsSigned="true">
<md:AssertionConsumerService Binding="{BINDING_HTTP_POST}" Location="{RECIPIENT}" index="1"/>
</md:SPSSODescriptor></md:EntityDescriptor>
"""


class SAMLProvider:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        (self.folder / "sp.xml").write_text(SERVICE_PROVIDER)
        self.rotate()
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = provider.metadata.encode()
                self.send_response(200)
                self.send_header("content-type", "application/samlmetadata+xml")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.web.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.web.server_port}/metadata"

    def rotate(self):
        """Another key; the metadata knows only that one."""
        key, certificate = self.folder / "idp.key", self.folder / "idp.crt"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "1",
             "-subj", "/CN=idp"], check=True, capture_output=True)
        self.config = IdPConfig().load({
            "entityid": ENTITY, "key_file": str(key), "cert_file": str(certificate), "xmlsec_binary": "/usr/bin/xmlsec1",
            "metadata": {"local": [str(self.folder / "sp.xml")]},
            "service": {"idp": {
                "name": "idp", "endpoints": {"single_sign_on_service": [(ENTITY + "/sso", BINDING_HTTP_REDIRECT)]},
                "name_id_format": [NAMEID_FORMAT_PERSISTENT],
                "policy": {"default": {"lifetime": {"minutes": 10}, "attribute_restrictions": None,
                                       "name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"}}}}})
        self.server = Server(config=self.config)
        self.metadata = str(entity_descriptor(self.config))

    def response(self, subject="ana", attributes=None, recipient=RECIPIENT, audience=AUDIENCE, sign_assertion=True,
                 sign_response=False, sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256, **more):
        """A response as it would be posted, as text."""
        answer = self.server.create_authn_response(
            attributes or {"mail": ["ana@acme.example"], "memberOf": ["engineers", "everybody"]}, None, recipient,
            sp_entity_id=audience, name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text=subject),
            authn={"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password", "authn_instant": int(time.time())},
            sign_assertion=sign_assertion, sign_response=sign_response, sign_alg=sign_alg, digest_alg=digest_alg, **more)
        return str(answer)

    def stop(self):
        self.web.shutdown()
        self.web.server_close()


def encoded(text):
    return base64.b64encode(text.encode()).decode()
