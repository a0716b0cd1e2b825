"""The sandbox shop as a process of its own, until it is told to stop (SIGINT, SIGTERM).

    python -m libs.sandbox.shopify --port 8900 --orders my-orders/ --webhooks http://127.0.0.1:8000/webhooks/shopify

Prints one JSON line once it serves: `{"url", "shop", "token", "secret", "orders"}`.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from libs.sandbox.shopify.announcing import CREATE
from libs.sandbox.shopify.demo import demo_orders
from libs.sandbox.shopify.demo_catalog import demo_catalog
from libs.sandbox.shopify.order_files import OrderFileError
from libs.sandbox.shopify.sandbox import ShopifySandbox


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m libs.sandbox.shopify", description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--shop", default="acme.myshopify.com")
    parser.add_argument("--secret", default="sandbox-secret", help="signs the webhooks")
    parser.add_argument("--token", default="shpat_sandbox", help="what X-Shopify-Access-Token must be")
    parser.add_argument("--currency", default="USD")
    parser.add_argument("--bucket", type=float, default=2000.0, help="points a query may draw on")
    parser.add_argument("--restore-rate", type=float, default=100.0, help="points a second")
    parser.add_argument("--orders", type=Path, help="a folder of orders/create bodies, *.json")
    parser.add_argument("--demo", type=int, default=0, metavar="N", help="place N demo orders")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--webhooks", default="", metavar="URL", help="where orders/create goes")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    chosen = _arguments(arguments)
    shop = ShopifySandbox(
        chosen.shop,
        secret=chosen.secret,
        token=chosen.token,
        currency=chosen.currency,
        bucket=chosen.bucket,
        restore_rate=chosen.restore_rate,
        port=chosen.port,
    )
    asked_to_stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked_to_stop.set())
    with shop:
        shop.webhooks_to(chosen.webhooks)
        if chosen.orders is not None:
            try:
                shop.load_folder(chosen.orders, topics=(CREATE,))
            except OrderFileError as problem:
                sys.stderr.write(f"{problem}\n")
                return 2
        if chosen.demo:
            shop.add_products(demo_catalog())
            for draft in demo_orders(chosen.demo, chosen.seed):
                shop.place_order(draft)
        facts = {
            "url": shop.url,
            "shop": shop.shop,
            "token": shop.token,
            "secret": shop.secret,
            "orders": len(shop.orders()),
        }
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()
        asked_to_stop.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
