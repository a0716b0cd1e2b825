"""Is the service in this container well? `python healthcheck.py PORT PATH`: 0 when it answers 200 in time, else 1.

Containers have no curl, and urllib would ask a proxy from the environment: so a plain connection to this host.
"""  # noqa: INP001 - a script of its own, copied into the images; nothing imports it

from __future__ import annotations

import http.client
import sys

TIMEOUT_SECONDS = 3.0
OK = 200


def problem(port: int, path: str) -> str | None:
    """What is wrong, in a few words; None when all is well."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        return f"{path}: {error or type(error).__name__}"
    finally:
        connection.close()
    return None if answer.status == OK else f"{path}: HTTP {answer.status}"


if __name__ == "__main__":
    found = problem(int(sys.argv[1]), sys.argv[2])
    if found:
        sys.exit(found)
