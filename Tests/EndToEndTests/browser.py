"""A browser for logins: opens an address, fills in the one form it knows, follows redirects, and prints the last page."""

import os
import sys
import urllib.parse
import urllib.request


def open_page(url, form=None):
    data = urllib.parse.urlencode(form).encode() if form else None
    with urllib.request.urlopen(url, data, timeout=30) as page:
        return page.status, page.read().decode()


address = sys.argv[1]
redirect = urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)["redirect_uri"][0]
if os.environ.get("BROWSER_FORGES"):
    # Any page can send a browser to the loopback port: with another state, without one, to other paths.
    for forged in ["?code=stolen&state=guess", "?code=stolen", "?error=access_denied", "?code=a&code=b&state=x"]:
        try:
            open_page(redirect + forged)
        except urllib.error.HTTPError as error:
            assert error.code == 400, error.code
        else:
            raise AssertionError("a forged answer was taken")
subject = os.environ.get("BROWSER_SUBJECT")
status, page = open_page(address, {"sub": subject} if subject else None)
with open(os.environ["BROWSER_LOG"], "w") as log:
    log.write(f"{status} {page}")
