"""The Anthropic SDK through the gateway: a streamed answer, and what a refusal looks like."""

import os
import ssl

import anthropic
import httpx2


def client():
    """The SDK's own client; only where it connects to differs."""
    socket = os.environ.get("GATEWAY_SOCKET")
    if socket:
        # The host of the base URL is not looked up: everything goes through the socket file.
        transport = httpx2.HTTPTransport(uds=socket)
        return anthropic.Anthropic(
            base_url=os.environ.get("ANTHROPIC_BASE_URL", "http://gateway/claude"),
            http_client=anthropic.DefaultHttpxClient(transport=transport))
    # `SSL_CERT_FILE` counts here: the SDK would use its own list of authorities.
    return anthropic.Anthropic(http_client=anthropic.DefaultHttpxClient(verify=ssl.create_default_context()))


def main():
    claude = client()
    with claude.messages.stream(
            model="claude-haiku-4-5", max_tokens=200,
            messages=[{"role": "user", "content": "hello"}]) as stream:
        for text in stream.text_stream:
            print(text, end="", flush=True)
    print()
    try:
        claude.messages.create(
            model="claude-opus-4-5", max_tokens=10, messages=[{"role": "user", "content": "hello"}])
        print("this caller may use opus")
    except anthropic.PermissionDeniedError as refusal:
        # What was missing, the nearest grant, and how to ask for it; `grantctl explain` says the same offline.
        print(refusal.body["error"]["message"])
        print("request", refusal.response.headers["x-grantctl-request"])


if __name__ == "__main__":
    main()
