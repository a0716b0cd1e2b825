"""A day in a shop, after its orders came in: an edit, deliveries, a part refund, a cancellation.

Each is made once, on whichever side it happens in life, and told in a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from libs.sandbox.shopify.drafts import Line
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.console.demo.warehouse import Warehouse

if TYPE_CHECKING:
    from services.console.demo.outcome import Row

Document = dict[str, Any]
ADDED_SKU = "PEN"
"""What the customer of the edited order takes along; any Odoo the demo filled knows it."""


@dataclass
class Day:
    """What happened: sentences, and the ledger ids of what must be settled before the final check."""

    told: list[str] = field(default_factory=list)
    deliveries: list[str] = field(default_factory=list)
    refunds: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    """Shopify's ids of the orders that changed."""


def live_through(shop: ShopifySandbox, warehouse: Warehouse, rows: Sequence[Row], tell: Callable[[str], None]) -> Day:
    """Do it all, as far as there are orders fit for it: a run of few orders has a shorter day."""
    day = Day()
    free = [row for row in rows if _is_fit(shop, row)]
    steps: tuple[tuple[Callable[..., str | None], Callable[[Document], bool]], ...] = (
        (_part_refund, lambda order: any(line["quantity"] > 1 for line in _goods(order))),
        (_two_parcels, lambda order: sum(line["quantity"] for line in _goods(order)) > 1),
        (_edit, lambda _: True),
        (_cancel, lambda _: True),
    )
    for step, fits in steps:
        chosen = next((row for row in free if fits(shop.order(row.placed.order_id))), None)
        if chosen is None:
            continue
        free.remove(chosen)
        sentence = step(day, shop, warehouse, chosen)
        if sentence:
            day.told.append(sentence)
            day.touched.add(chosen.placed.order_id)
            tell(sentence)
    return day


def _is_fit(shop: ShopifySandbox, row: Row) -> bool:
    """In Odoo, paid, with goods to ship."""
    if not row.synced or row.odoo is None:
        return False
    order = shop.order(row.placed.order_id)
    total = Decimal(order["totalPriceSet"]["shopMoney"]["amount"])
    return order["displayFinancialStatus"] == "PAID" and total > 0 and len(_goods(order)) == len(order["lineItems"])


def _goods(order: Document) -> list[Document]:
    return [line for line in order["lineItems"] if line["requiresShipping"] and line["variant"]]


def _part_refund(day: Day, shop: ShopifySandbox, warehouse: Warehouse, row: Row) -> str | None:
    """The parcel arrives, and the customer sends one unit of it back."""
    assert row.odoo is not None  # noqa: S101 - the caller has looked
    delivered = warehouse.deliver(row.odoo.id, "1Z999AA10123456784")
    if delivered is None:
        return None
    day.deliveries.append(str(delivered.picking_id))
    line = next(one for one in _goods(shop.order(row.placed.order_id)) if one["quantity"] > 1)
    refund = shop.refund_order(row.placed.order_id, {line["id"]: (1, "return")})
    day.refunds.append(_number(refund))
    return (
        f"{row.placed.name}: delivered by {delivered.name}{_tracked(delivered.tracking)}; one {line['title']!r} "
        "comes back, is refunded and restocked."
    )


def _two_parcels(day: Day, _shop: ShopifySandbox, warehouse: Warehouse, row: Row) -> str | None:
    assert row.odoo is not None  # noqa: S101 - the caller has looked
    sent = [
        warehouse.deliver(row.odoo.id, "00340434161094015902", most_units=1),
        warehouse.deliver(row.odoo.id, "00340434161094015919"),
    ]
    done = [one for one in sent if one is not None]
    if not done:
        return None
    day.deliveries += [str(one.picking_id) for one in done]
    parcels = " and ".join(f"{one.name}{_tracked(one.tracking)}" for one in done)
    return f"{row.placed.name}: delivered in {len(done)} parcels, {parcels}."


def _edit(_day: Day, shop: ShopifySandbox, _warehouse: Warehouse, row: Row) -> str | None:
    """One unit more, another product, and the difference is paid."""
    number = row.placed.order_id
    line = _goods(shop.order(number))[0]
    quantity = line["quantity"] + 1
    shop.edit_order(number, set_quantity={line["id"]: quantity}, add=[Line(shop.product(ADDED_SKU), 2, taxes=())])
    shop.pay(number)
    return f"{row.placed.name}: edited, {quantity} of {line['title']!r} and two pens more; the difference is paid."


def _cancel(day: Day, shop: ShopifySandbox, _warehouse: Warehouse, row: Row) -> str | None:
    order = shop.cancel_order(row.placed.order_id)
    day.cancelled.append(row.placed.order_id)
    day.refunds += [_number(refund) for refund in order["refunds"]]
    return f"{row.placed.name}: cancelled and paid back before it was shipped."


def _number(document: Document) -> str:
    return str(document["id"]).rpartition("/")[2]


def _tracked(tracking: str) -> str:
    return f" ({tracking})" if tracking else ""
