"""`--keep`: everything stays up, tells where it is, and places another order for every line it is given."""

from __future__ import annotations

import itertools
import signal
import sys
import threading
from typing import NoReturn

import typer

from libs.sandbox.shopify.announcing import CREATE
from libs.sandbox.shopify.demo import demo_orders
from services.console.demo.needs import Placed
from services.console.demo.run import SLUG, Demo
from services.console.plain import tell

PLAIN_ORDERS_FROM = 25
"""The first orders of the demo are the telling ones; those after them need nothing that is not there."""


def addresses(demo: Demo) -> None:
    """On standard output, before the last line."""
    odoo = demo.connection
    typer.echo(f"Gateway:       {demo.tandem.webhook_url}")
    typer.echo(f"Sandbox shop:  {demo.shop.url}/admin/api/2026-10/graphql.json  (token {demo.shop.token})")
    if odoo is not None:
        key = "as you gave it" if demo.odoo.real else odoo.key.get_secret_value()
        typer.echo(f"Odoo:          {odoo.base_url}  (database {odoo.database}, login {odoo.login}, key {key})")


def stay(demo: Demo) -> None:
    """Until Ctrl-C, raised as KeyboardInterrupt. Another order is placed for each line on standard input."""
    ending = threading.Event()

    def end(_signum: int, _frame: object) -> NoReturn:
        # Raised in a finalizer, the interrupt is lost: the flag tells of it all the same.
        ending.set()
        raise KeyboardInterrupt

    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, end)
    tell("Everything stays up. Press Enter to place another order, Ctrl-C to end.")
    for number in itertools.count():
        if ending.is_set() or not sys.stdin.readline():
            break
        drafts = demo_orders(PLAIN_ORDERS_FROM + number + 1)
        order = Placed.of(demo.shop.place_order(drafts[-1], topics=(CREATE,)))
        demo.wait([order], f"Order {order.name}")
        record = demo.records().get(order.order_id)
        target = f", {record.target.name} in Odoo" if record and record.target else ""
        tell(f"{SLUG}/order/{order.order_id} ({order.name}): {record.state if record else 'never arrived'}{target}")
    # Nobody is at the keyboard: until a signal comes.
    ending.wait()
    raise KeyboardInterrupt
