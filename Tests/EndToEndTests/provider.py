"""An OpenID provider made of Authlib's server side (RFC 6749, 7636, 8628, OpenID Connect Core): the protocol is Authlib's,
here is only what it leaves to its user, storage and consent."""

import secrets
import threading
import time
import urllib.parse

import flask
import werkzeug.serving
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant, DeviceCredentialDict
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "grantctl-cli"
METHODS = ["none", "client_secret_basic", "client_secret_post"]


class Client(ClientMixin):
    """A native application: any port of the loopback interface is its own (RFC 8252 section 7.3)."""

    def get_client_id(self):
        return CLIENT

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, redirect_uri):
        url = urllib.parse.urlsplit(redirect_uri)
        return url.scheme == "http" and url.hostname == "127.0.0.1" and url.path == "/callback"

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "none"

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return True


class Code(dict, AuthorizationCodeMixin):
    code_challenge = property(lambda self: self["code_challenge"])
    code_challenge_method = property(lambda self: self["code_challenge_method"])

    def get_redirect_uri(self):
        return self["redirect_uri"]

    def get_scope(self):
        return self["scope"]

    def get_nonce(self):
        return self["nonce"]

    def get_auth_time(self):
        return self["auth_time"]

    def get_acr(self):
        return None

    def get_amr(self):
        return None


class Token(dict, TokenMixin):
    def check_client(self, client):
        return True

    def get_scope(self):
        return self["scope"]

    def is_revoked(self):
        return self["revoked"]

    def is_expired(self):
        return False


class Provider:
    """Runs in a thread; tests read and change its attributes."""

    def __init__(self, lifetime=300):
        self.lifetime = lifetime
        self.user = {"sub": "ana", "groups": ["engineers"], "email": "ana@acme.example", "email_verified": True}
        self.key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"})
        # What it does wrong, on demand.
        self.wrong_nonce = False
        self.refuse = None
        # What it saw.
        self.authorizations, self.token_requests, self.reused = [], [], 0
        self.codes, self.refresh_tokens, self.devices, self.polls = {}, {}, {}, []
        # None while the user has not decided, else whether they agreed; and how often to say slow_down first.
        self.decision, self.slow_downs = None, 0
        self.device_seconds = 60
        app = self._app()
        self.server = werkzeug.serving.make_server("127.0.0.1", 0, app, threaded=True)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()

    def jwt(self, **claims):
        now = int(time.time())
        return jwt.encode(
            {"alg": "RS256", "kid": self.key.kid},
            {"iss": self.issuer, "iat": now, "exp": now + self.lifetime, **claims}, self.key)

    def _app(self):
        provider = self
        app = flask.Flask("provider")
        server = AuthorizationServer(app, lambda id: Client() if id == CLIENT else None, lambda token, request: None)

        def remember(refresh_token, scope):
            self.refresh_tokens[refresh_token] = Token(scope=scope, revoked=False)

        def refresh_token(**about):
            token = secrets.token_urlsafe(24)
            remember(token, about["scope"])
            return token

        server.register_token_generator("default", BearerTokenGenerator(
            lambda **about: self.jwt(aud="grantctl", jti=secrets.token_hex(8), **self.user),
            refresh_token, lambda client, grant_type: self.lifetime))

        class ByCode(grants.AuthorizationCodeGrant):
            TOKEN_ENDPOINT_AUTH_METHODS = METHODS

            def save_authorization_code(self, code, request):
                data = request.payload.data
                provider.codes[code] = Code(
                    redirect_uri=request.payload.redirect_uri, scope=request.payload.scope, nonce=data.get("nonce"),
                    auth_time=int(time.time()), code_challenge=data.get("code_challenge"),
                    code_challenge_method=data.get("code_challenge_method"))

            def query_authorization_code(self, code, client):
                return provider.codes.get(code)

            def delete_authorization_code(self, authorization_code):
                provider.codes = {k: v for k, v in provider.codes.items() if v is not authorization_code}

            def authenticate_user(self, authorization_code):
                return provider.user

        class Identity(OpenIDCode):
            def exists_nonce(self, nonce, request):
                return False

            def get_client_claims(self, client):
                return {"iss": provider.issuer, "aud": [CLIENT], "exp": int(time.time()) + provider.lifetime}

            def resolve_client_private_key(self, client):
                return provider.key

            def get_authorization_code_claims(self, authorization_code):
                claims = super().get_authorization_code_claims(authorization_code)
                return {**claims, "nonce": "another"} if provider.wrong_nonce else claims

            def generate_user_info(self, user, scope):
                return UserInfo(**user)

        class ByRefresh(grants.RefreshTokenGrant):
            TOKEN_ENDPOINT_AUTH_METHODS = METHODS
            INCLUDE_NEW_REFRESH_TOKEN = True

            def authenticate_refresh_token(self, refresh_token):
                token = provider.refresh_tokens.get(refresh_token)
                if token and token["revoked"]:
                    provider.reused += 1
                return token if token and not token["revoked"] else None

            def authenticate_user(self, credential):
                return provider.user

            def revoke_old_credential(self, credential):
                credential["revoked"] = True

        class ByDevice(DeviceCodeGrant):
            def query_device_credential(self, device_code):
                return provider.devices.get(device_code)

            def query_user_grant(self, user_code):
                return None if provider.decision is None else (provider.user, provider.decision)

            def should_slow_down(self, credential):
                provider.slow_downs -= 1
                return provider.slow_downs >= 0

        class Devices(DeviceAuthorizationEndpoint):
            INTERVAL = 1

            def get_verification_uri(self):
                return provider.issuer + "/device"

            def save_device_credential(self, client_id, scope, data):
                provider.devices[data["device_code"]] = DeviceCredentialDict(
                    {**data, "client_id": client_id, "scope": scope, "expires_at": time.time() + provider.device_seconds})

        server.register_grant(ByCode, [CodeChallenge(required=True), Identity()])
        server.register_grant(ByRefresh)
        server.register_grant(ByDevice)
        server.register_endpoint(Devices)

        @app.get("/.well-known/openid-configuration")
        def configuration():
            return {
                "issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize",
                "token_endpoint": self.issuer + "/token", "jwks_uri": self.issuer + "/jwks",
                "device_authorization_endpoint": self.issuer + "/device_authorization",
                "revocation_endpoint": self.issuer + "/revoke", "token_endpoint_auth_methods_supported": ["none"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"]}

        @app.get("/jwks")
        def keys():
            return {"keys": [self.key.as_dict(private=False)]}

        @app.get("/authorize")
        def authorize():
            self.authorizations.append(flask.request.args.to_dict())
            if self.refuse:
                return flask.redirect(flask.request.args["redirect_uri"] + "?" + urllib.parse.urlencode(
                    {"error": self.refuse, "error_description": "not today", "state": flask.request.args["state"]}))
            grant = server.get_consent_grant(end_user=self.user)
            return server.create_authorization_response(grant=grant, grant_user=self.user)

        @app.post("/token")
        def token():
            self.token_requests.append(flask.request.form.to_dict())
            if "device_code" in flask.request.form:
                self.polls.append(time.monotonic())
            return server.create_token_response()

        @app.post("/device_authorization")
        def device():
            return server.create_endpoint_response(Devices.ENDPOINT_NAME)

        @app.post("/revoke")
        def revoke():
            token = self.refresh_tokens.get(flask.request.form["token"])
            if token:
                token["revoked"] = True
            return {}

        return app

    def revoke_everything(self):
        for token in self.refresh_tokens.values():
            token["revoked"] = True

    def refreshes(self):
        return [form for form in self.token_requests if form.get("grant_type") == "refresh_token"]
