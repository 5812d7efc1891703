"""Ask an address whether a service is well.

In: an address. Out: what is wrong with the answer, "" where nothing is.
"""

from __future__ import annotations

import urllib.error
import urllib.request

SECONDS = 10


def ping(address: str) -> str:
    """Return what is wrong: no answer, or another than a success.

    Only http and https are asked.
    """
    if not address.startswith(("http://", "https://")):
        return "it is no address of http"
    request = urllib.request.Request(address, headers={"User-Agent": "tablewright-doctor"})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS):
            return ""
    except urllib.error.HTTPError as problem:
        problem.close()
        return f"GET {address}: {problem.code} {problem.reason}"
    except (OSError, ValueError) as problem:
        return f"GET {address}: {problem}"
