"""The upstreams, and the proxies in front of them: one worker each."""

import json
import subprocess
import sys
from pathlib import Path

from processes import Child, free_port, get, listens

HERE = Path(__file__).parent


def answer_of(size):
    """A Messages API answer of exactly `size` bytes."""
    answer = {"id": "msg_01", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
              "content": [{"type": "text", "text": ""}], "stop_reason": "end_turn", "stop_sequence": None,
              "usage": {"input_tokens": 210, "output_tokens": 180}}
    answer["content"][0]["text"] = "x" * (size - len(json.dumps(answer)))
    return json.dumps(answer)


class Contestant:
    """What the measurements need to know. `tls` is None where there is no TLS."""

    def __init__(self, name, child, plain, tls):
        self.name, self.child, self.plain, self.tls = name, child, plain, tls


def _nginx(folder, name, http):
    (folder / name).mkdir()
    configuration = folder / name / "nginx.conf"
    configuration.write_text(f"""\
daemon off;
worker_processes 1;
pid {folder / name}/pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_max_body_size 32m;
  client_body_buffer_size 256k;
  client_body_temp_path {folder / name}/body;
  proxy_temp_path {folder / name}/proxy;
  fastcgi_temp_path {folder / name}/fastcgi;
  uwsgi_temp_path {folder / name}/uwsgi;
  scgi_temp_path {folder / name}/scgi;
  {http}
}}
""")
    return Child(name, ["nginx", "-e", "stderr", "-p", folder / name, "-c", configuration], folder / f"{name}.log")


def upstream(folder):
    """nginx that reads a request and answers about 1 KB."""
    port = free_port()
    body = answer_of(1024).replace("'", "")
    child = _nginx(folder, "upstream", f"""
  server {{
    listen 127.0.0.1:{port};
    location / {{ default_type application/json; return 200 '{body}'; }}
  }}""")
    child.wait_for(lambda: listens(port))
    return child, port


def streaming_upstream(folder):
    """Answers with server-sent events, the first at once, the others some milliseconds later."""
    port = free_port()
    child = Child("streaming upstream", [sys.executable, HERE / "streaming.py", str(port)], folder / "streaming.log")
    child.wait_for(lambda: listens(port))
    return child, port


def nginx(folder, certificate, key, upstream_port, streaming_port):
    plain, tls = free_port(), free_port()
    locations = """
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    location /claude/ { proxy_pass http://claude/; }
    location /stream/ { proxy_buffering off; proxy_pass http://stream/; }"""
    child = _nginx(folder, "nginx", f"""
  upstream claude {{ server 127.0.0.1:{upstream_port}; keepalive 64; keepalive_requests 1000000000; }}
  upstream stream {{ server 127.0.0.1:{streaming_port}; keepalive 64; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{plain};{locations}
  }}
  server {{
    listen 127.0.0.1:{tls} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};{locations}
  }}""")
    child.wait_for(lambda: listens(plain) and listens(tls))
    version = subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr
    return Contestant("nginx " + version.rpartition("/")[2].strip(), child, plain, tls)


def envoy(folder, binary, certificate, key, upstream_port, streaming_port, issuer):
    """With jwt_authn (signatures cached), rbac on a claim and the path, and a file access log."""
    plain, tls = free_port(), free_port()
    routes = [
        {"match": {"prefix": f"/{name}/"}, "route": {"cluster": name, "prefix_rewrite": "/", "timeout": "0s"}}
        for name in ("claude", "stream")]
    envoy_type = "type.googleapis.com/envoy.extensions."
    jwt = {
        "@type": envoy_type + "filters.http.jwt_authn.v3.JwtAuthentication",
        "providers": {"corp": {
            "issuer": issuer.url, "audiences": ["grantctl"], "local_jwks": {"inline_string": issuer.jwks},
            "payload_in_metadata": "payload", "jwt_cache_config": {"jwt_cache_size": 100}}},
        "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "corp"}}],
    }
    rbac = {
        "@type": envoy_type + "filters.http.rbac.v3.RBAC",
        "rules": {"action": "ALLOW", "policies": {"bench": {
            "permissions": [{"and_rules": {"rules": [
                {"header": {"name": ":method", "string_match": {"exact": "POST"}}},
                {"or_rules": {"rules": [
                    {"url_path": {"path": {"exact": f"/{name}/v1/messages"}}} for name in ("claude", "stream")]}},
            ]}}],
            "principals": [{"metadata": {
                "filter": "envoy.filters.http.jwt_authn", "path": [{"key": "payload"}, {"key": "groups"}],
                "value": {"list_match": {"one_of": {"string_match": {"exact": "bench"}}}}}}],
        }}},
    }

    def listener(name, port, transport):
        chain = {"filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": {
                "@type": envoy_type + "filters.network.http_connection_manager.v3.HttpConnectionManager",
                "stat_prefix": name, "route_config": {"virtual_hosts": [
                    {"name": "all", "domains": ["*"], "routes": routes}]},
                "access_log": [{"name": "envoy.access_loggers.file", "typed_config": {
                    "@type": envoy_type + "access_loggers.file.v3.FileAccessLog",
                    "path": str(folder / "envoy-access.log")}}],
                "http_filters": [
                    {"name": "envoy.filters.http.jwt_authn", "typed_config": jwt},
                    {"name": "envoy.filters.http.rbac", "typed_config": rbac},
                    {"name": "envoy.filters.http.router",
                     "typed_config": {"@type": envoy_type + "filters.http.router.v3.Router"}}],
            }}]}
        if transport:
            chain["transport_socket"] = transport
        return {"name": name, "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
                "filter_chains": [chain]}

    def cluster(name, port):
        return {"name": name, "type": "STATIC", "connect_timeout": "5s", "load_assignment": {
            "cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {"socket_address": {
                "address": "127.0.0.1", "port_value": port}}}}]}]}}

    transport = {"name": "envoy.transport_sockets.tls", "typed_config": {
        "@type": envoy_type + "transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {"tls_certificates": [
            {"certificate_chain": {"filename": str(certificate)}, "private_key": {"filename": str(key)}}]}}}
    configuration = folder / "envoy.json"
    configuration.write_text(json.dumps({"static_resources": {
        "listeners": [listener("plain", plain, None), listener("tls", tls, transport)],
        "clusters": [cluster("claude", upstream_port), cluster("stream", streaming_port)]}}))
    child = Child(
        "envoy", [binary, "-c", configuration, "--concurrency", "1", "--disable-hot-restart", "--log-level", "warn"],
        folder / "envoy.log")
    child.wait_for(lambda: listens(plain) and listens(tls))
    version = subprocess.run([binary, "--version"], capture_output=True, text=True).stdout
    return Contestant("Envoy " + version.rpartition("version: ")[2].split("/")[1], child, plain, tls)


def grantctl(folder, binary, certificate, key, repository):
    """One event loop, records on, durable against loss of power."""
    ready = folder / "ready.json"
    secret = folder / "upstream-key"
    secret.touch(0o600)
    secret.write_text("sk-benchmark")
    configuration = folder / "gateway.yaml"
    configuration.write_text(f"""\
state: {folder}/state
grants: {{url: {repository}, branch: main, poll: 30s}}
listen:
  - {{address: '127.0.0.1:0', tls: off}}
  - {{address: '127.0.0.1:0', certificate: {certificate}, key: {key}}}
admin: {{address: '127.0.0.1:0'}}
credentials: {{anthropic: 'file:{secret}'}}
event_loops: 1
""")
    child = Child(
        "grantctl",
        [binary, "serve", "--config", configuration, "--ready-file", ready, "--log-level", "warning"],
        folder / "grantctl.log")
    child.wait_for(ready.exists, 60)
    addresses = json.loads(ready.read_text())
    plain, tls = (int(address.rpartition(":")[2]) for address in addresses["listen"])
    contestant = Contestant("grantctl", child, plain, tls)
    contestant.metrics = lambda: get(f"http://{addresses['admin']}/metrics")
    return contestant
