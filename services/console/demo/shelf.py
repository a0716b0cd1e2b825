"""Stock during the demo: Odoo counts a product and Shopify shows it; sold in Odoo, it is less in Shopify."""

from __future__ import annotations

import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from libs.common.domain.rules_inventory import InventoryRules
from libs.common.ledger.model import Link, Target
from libs.common.odoo.cells import Cell
from libs.common.odoo.client import OdooClient
from libs.common.odoo.external_ids import external_id
from libs.common.odoo.fields import read_fields
from libs.sandbox.shopify.demo_catalog import STOCKED
from libs.sandbox.shopify.sandbox import LOCATION, ShopifySandbox
from services.console.demo.proof import Figure, Proof

MODULE = "tandem_demo"
COUNTED, SOLD = 20, 3
POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Shelf:
    """One product that Odoo keeps in stock, in one of its warehouses."""

    product_id: int
    warehouse_id: int

    @property
    def link(self) -> Link:
        """As `tandem products link` writes it."""
        return Link(
            "variant", STOCKED.variant_id, Target("product.product", self.product_id, STOCKED.title), STOCKED.sku
        )

    @property
    def rules(self) -> InventoryRules:
        """The shop's first location shows what is free in the warehouse."""
        shown = {"location": LOCATION, "warehouses": [self.warehouse_id]}
        return InventoryRules.model_validate({"to_shopify": True, "locations": [shown]})


def fill(client: OdooClient) -> Shelf | None:
    """Odoo counts its stock of the product, so that `COUNTED` are free; None where it keeps none (no stock app).

    A second run finds the product, and what the first one sold is still reserved: it is counted on top.
    """
    company = client.company_id
    if "is_storable" not in client.fields_get("product.product", ("type",)):
        return None
    warehouses = client.search_read("stock.warehouse", [("company_id", "=", company)], ["lot_stock_id"], limit=1)
    if not warehouses:
        return None
    warehouse, place = int(warehouses[0]["id"]), int(warehouses[0]["lot_stock_id"][0])
    values: dict[str, Cell] = {
        "id": external_id(MODULE, f"stocked_{company}"),
        "name": STOCKED.title,
        "default_code": STOCKED.sku,
        "barcode": STOCKED.barcode,
        "list_price": STOCKED.price,
        **read_fields(client).stored_product,
    }
    [product] = client.load("product.product", list(values), [list(values.values())]).ids or [0]
    there = _stock(client, product, warehouse)
    count = COUNTED + there["qty_available"] - there["free_qty"]
    fields = ("id", "product_id/.id", "location_id/.id", "inventory_quantity_auto_apply")
    name = external_id(MODULE, f"stock_{company}")
    counting = {"inventory_mode": True}
    [quant] = client.load("stock.quant", fields, [[name, product, place, count]], context=counting).ids or [0]
    if _stock(client, product, warehouse)["qty_available"] != count:
        client.update("stock.quant", [".id", fields[-1]], [[quant, count]], context=counting)
    return Shelf(product, warehouse)


def sell(client: OdooClient, shelf: Shelf) -> str:
    """A person in Odoo sells some of it, by a quotation that is confirmed; its name."""
    partner = client.load(
        "res.partner", ["id", "name"], [[external_id(MODULE, f"counter_{client.company_id}"), "Counter sale"]]
    ).ids[0]
    line = {"product_id": shelf.product_id, "product_uom_qty": SOLD}
    values: dict[str, Any] = {"partner_id": partner, "order_line": [[0, 0, line]]}
    made = client.call("sale.order", "create", [values], write=True)
    order = int(made[0] if isinstance(made, list) else made)
    client.call("sale.order", "action_confirm", [[order]], write=True)
    return str(client.search_read("sale.order", [("id", "=", order)], ["name"])[0]["name"])


def shown(shop: ShopifySandbox) -> int:
    """What can be bought in the shop."""
    level = shop.level(STOCKED.sku, location=LOCATION)
    return level.available if level else 0


def counter(client: OdooClient, shop: ShopifySandbox, shelf: Shelf, seconds: float) -> str:
    """A sale at Odoo's counter, waited for in the shop; told in a sentence, whether or not the shop came to show it."""
    before = _wait_shown(shop, COUNTED, seconds)
    order = sell(client, shelf)
    after = _wait_shown(shop, COUNTED - SOLD, seconds)
    return f"{SOLD} of {STOCKED.title!r} are sold in Odoo ({order}): Shopify showed {before} and shows {after}."


def _wait_shown(shop: ShopifySandbox, units: int, seconds: float) -> int:
    """What the shop shows: so many, or something else when time is up."""
    deadline = time.monotonic() + seconds
    while shown(shop) != units and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return shown(shop)


def prove_stock(client: OdooClient, shop: ShopifySandbox, shelf: Shelf) -> Proof:
    """Both sides read anew."""
    free = _stock(client, shelf.product_id, shelf.warehouse_id)["free_qty"]
    return Proof(STOCKED.title, (Figure("what can be bought", Decimal(shown(shop)), free),))


def _stock(client: OdooClient, product: int, warehouse: int) -> dict[str, Decimal]:
    names = ("qty_available", "free_qty")
    # `warehouse` is what the context's key was called before 17.
    where = {"warehouse_id": [warehouse], "warehouse": [warehouse]}
    arguments = [[product]]
    [row] = client.call("product.product", "read", arguments, {"fields": list(names)}, write=False, context=where)
    return {name: Decimal(repr(row[name])) for name in names}
