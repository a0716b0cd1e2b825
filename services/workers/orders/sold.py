"""What an order is made of: goods, shipping, tip, duties, fees, rounding of cash. Each becomes a line in Odoo.

Together they must come to what was charged; otherwise something is in the order that nobody carries over.
"""

from __future__ import annotations

from dataclasses import dataclass

from libs.common.domain.money import Money
from libs.common.domain.orders import Charge, LineItem, Order, TaxLine
from services.workers.orders.holding import refuse
from services.workers.orders.products import DUTY, FEE, ROUNDING, SHIPPING, TIP

GOODS = "lines"


@dataclass(frozen=True, slots=True)
class Sold:
    """One part: units, money and taxes as they were sold, without those that an edit removed."""

    key: str
    """Name part of the external id of its line."""
    kind: str
    """`lines`, or which product carries it."""
    name: str
    quantity: int
    total: Money
    taxes: tuple[TaxLine, ...] = ()
    line: LineItem | None = None


def charged(order: Order) -> Money:
    """What the customer was charged: the total, and what rounding of cash made of it.

    Shopify keeps that rounding beside the total; without it no invoice would be paid by its payments.
    """
    return order.total + (order.cash_rounding or Money.zero(order.currency))


def sold_parts(order: Order) -> tuple[Sold, ...]:
    """Everything that was sold, in the order of its lines in Odoo; raises `HoldOrder` when it is not all of it."""
    parts = (*_goods(order), *_shipping(order), *_charges(order), *_tip(order), *_cash_rounding(order))
    if _sum(order, parts).rounded() != charged(order).rounded():
        _refuse(order, parts)
    return parts


def line_name(line: LineItem) -> str:
    """What the line says in Odoo: title, variant, SKU, then its bundle, and the buyer's own words for it."""
    name = f"{line.title} - {line.variant_title}" if line.variant_title else line.title
    if line.sku:
        name = f"[{line.sku}] {name}"
    bundle = [f"Bundle: {line.group}"] if line.group else []
    words = (f"{key}: {value}" for key, value in line.attributes if not key.startswith("_"))
    return "\n".join([name or "Item", *bundle, *words])


def _goods(order: Order) -> list[Sold]:
    return [
        Sold(f"line_{one.id}", GOODS, line_name(one), one.sold_quantity, one.sold_total, one.sold_taxes, one)
        for one in order.lines
        if one.sold_quantity
    ]


def _shipping(order: Order) -> list[Sold]:
    return [
        Sold(f"shipping_{order.id}_{one.id}", SHIPPING, one.title or "Shipping", 1, one.total, one.taxes)
        for one in order.shipping_lines
        if not one.removed
    ]


def _charges(order: Order) -> list[Sold]:
    def sold(kind: str, charge: Charge) -> Sold:
        return Sold(f"{kind}_{charge.id}", kind, charge.title or kind.title(), 1, charge.price, charge.taxes)

    return [*(sold(DUTY, one) for one in order.duties), *(sold(FEE, one) for one in order.fees)]


def _tip(order: Order) -> list[Sold]:
    return [Sold(f"tip_{order.id}", TIP, "Tip", 1, order.tip)] if order.tip else []


def _cash_rounding(order: Order) -> list[Sold]:
    if not order.cash_rounding:
        return []
    return [Sold(f"cash_rounding_{order.id}", ROUNDING, "Cash rounding", 1, order.cash_rounding)]


def _sum(order: Order, parts: tuple[Sold, ...]) -> Money:
    net = Money.sum((part.total for part in parts), order.currency)
    return net if order.taxes_included else net + order.total_tax


def _refuse(order: Order, parts: tuple[Sold, ...]) -> None:
    """Name every part with its sum."""
    sums: dict[str, Money] = {}
    for part in parts:
        name = "cash_rounding" if part.kind == ROUNDING else part.kind
        sums[name] = sums.get(name, Money.zero(order.currency)) + part.total
    if not order.taxes_included:
        sums["tax"] = order.total_tax
    found, wanted = _sum(order, parts), charged(order)
    refuse(
        "total_unexplained",
        f"{', '.join(name.replace('_', ' ') for name in sums)} come to {found}, Shopify charged {wanted}",
        "the order holds something that Tandem does not carry over; enter it in Odoo by hand, and report what it holds",
        total=str(wanted),
        difference=str(wanted - found),
        **{name: str(amount) for name, amount in sums.items()},
    )
