"""Products: how many calls for many of them, and how much memory the linking of a catalogue takes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from decimal import Decimal

from pydantic import SecretStr

from libs.common.domain.rules import StoreRules
from libs.common.ledger.model import Hint
from libs.common.settings import WorkerSettings
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.odoo.writing import create
from libs.sandbox.shopify.drafts import Product
from libs.sandbox.shopify.selling import Offer, offer_product
from services.workers.bootstrap import Ports, build
from tests.bench.orders import bench_rig
from tests.rig import ROOT, SLUG, Rig

PRODUCTS = 1000
SIZES = ("S", "M", "L")
VARIANTS = 10_000
FEW_VARIANTS = 1_000
#: The command, and the most memory it had: `getrusage` would tell that of the process it was forked from.
LINK = """
import sys
from pathlib import Path
from services.console.cli import app
try:
    app()
finally:
    sys.stderr.write(next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line))
"""


def products_to_odoo(mongodb_url: str, rabbitmq_url: str) -> dict[str, float]:
    """Odoo calls and seconds for a thousand new products of three variants each, all of them in Odoo afterwards."""
    with bench_rig(mongodb_url, rabbitmq_url) as rig:
        store = rig.stores.get(SLUG)
        assert store is not None
        rules = StoreRules.model_validate({"products": {"lead": "shopify"}})
        rig.stores.save(store.model_copy(update={"rules": rules}))
        settings = WorkerSettings(
            ledger_url=rig.mongodb_url, broker_url=rig.rabbitmq_url, secret_key=SecretStr(rig.key)
        )
        ports = Ports(rig.ledger, rig.budgets, rig.breakers, rig.stores, lambda *_: None)
        workers = build(["products"], ports, settings)
        try:
            hints = [Hint(SLUG, "product", _shirt(rig, number), why="products/create") for number in range(PRODUCTS)]
            rig.ledger.record_hints(hints)
            rig.odoo.calls.clear()
            started = time.monotonic()
            while workers.pipelines["products"].look_at(SLUG, []):
                pass
            seconds = time.monotonic() - started
            rig.wait_settled([hint.id for hint in hints], seconds=1)
        finally:
            workers.close()
        states = {state.value for _, entity, state in rig.ledger.counts() if entity == "product"}
        assert states == {"synced"}, states
        assert rig.odoo.journal.count("product.product", "create") >= PRODUCTS * len(SIZES)
        return {"calls": len(rig.odoo.calls.entries("*.*")), "per_second": PRODUCTS / seconds}


def link_catalogue(mongodb_url: str, rabbitmq_url: str) -> dict[str, float]:
    """Requests of a full link run, and the memory it takes at most, against one of a tenth of the variants."""
    figures: dict[str, float] = {}
    for name, count in (("few", FEW_VARIANTS), ("many", VARIANTS)):
        with bench_rig(mongodb_url, rabbitmq_url) as rig:
            there = len(rig.shop.store.products())
            rig.shop.add_products(Product(f"L{n}", f"Thing {n}", Decimal(1)) for n in range(count - there))
            _seed(rig.odoo, count - there)
            rig.shop.calls.clear()
            rig.odoo.calls.clear()
            figures[f"{name}_kilobytes"] = _link(rig)
            figures[f"{name}_shopify"] = rig.shop.calls.count("VariantCodes")
            figures[f"{name}_odoo"] = rig.odoo.calls.count("product.product.*")
    return figures


def _link(rig: Rig) -> float:
    """Kilobytes that `tandem products link` took at most, as a process of its own that tells it at its end."""
    command = [sys.executable, "-c", LINK, "products", "link", SLUG, "--json"]
    done = subprocess.run(command, env=rig.environment(), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["linked_now"] == report["matched"] > 0, report
    return float(done.stderr.split("VmHWM:")[1].split()[0])


def _seed(odoo: OdooSandbox, count: int) -> None:
    with odoo.registry.db.transaction():
        values = [{"name": f"Thing {n}", "default_code": f"L{n}"} for n in range(count)]
        create(odoo.env(), "product.product", values)


def _shirt(rig: Rig, number: int) -> str:
    offers = [Offer(f"P{number}-{size}", Decimal("19.90") + at, {"Size": size}) for at, size in enumerate(SIZES)]
    made = offer_product(rig.shop, f"Shirt {number}", offers, productType="Shirts", vendor="Acme", tags=["cotton"])
    return str(made["id"].rpartition("/")[2])
