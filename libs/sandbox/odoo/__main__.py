"""`python -m libs.sandbox.odoo --port 8069`: serves until it is told to stop (SIGTERM, SIGINT).

Prints one line of JSON: `{"url", "db", "login", "key", "version"}`.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading

from libs.sandbox.odoo.sandbox import DEFAULT_KEY, OdooSandbox
from libs.sandbox.odoo.speed import OdooSpeed
from libs.sandbox.server import HOST


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m libs.sandbox.odoo", description=__doc__)
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--version", choices=("18", "19"), default="19")
    parser.add_argument("--rounding", choices=("round_globally", "round_per_line"))
    parser.add_argument("--currency", default="USD")
    parser.add_argument("--database", default="sandbox")
    parser.add_argument("--key", default=DEFAULT_KEY)
    parser.add_argument("--no-taxes", action="store_true", help="leave out the default sale tax")
    parser.add_argument("--delivery", action="store_true", help="with carriers and tracking references")
    parser.add_argument("--slow", action="store_true", help="be as slow as a real server")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    sandbox = OdooSandbox(
        given.version,
        rounding=given.rounding,
        company_currency=given.currency,
        database=given.database,
        key=given.key,
        taxes=not given.no_taxes,
        delivery=given.delivery,
        speed=OdooSpeed() if given.slow else None,
        workers=given.workers,
        host=given.host,
        port=given.port,
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with sandbox:
        known = {"url": sandbox.url, "db": sandbox.database, "login": sandbox.login, "key": sandbox.key}
        sys.stdout.write(json.dumps({**known, "version": sandbox.version}) + "\n")
        sys.stdout.flush()
        stop.wait()


if __name__ == "__main__":
    main()
