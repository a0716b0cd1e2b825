"""An order that was cancelled in Shopify: what of it can be cancelled in Odoo, and what a person must do. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from libs.common.domain.orders import Order
from libs.common.domain.outcomes import Hold
from libs.common.domain.sales import CREDIT_NOTE, INVOICE, SaleOrder

CANCELLED = "cancel"


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The steps that are safe; each may be repeated."""

    order: SaleOrder
    cancel_order: bool
    """The whole order, with its open deliveries and draft invoices."""
    picking_ids: tuple[int, ...] = ()
    """Open deliveries of an order that stays, since some of it was delivered."""
    invoice_ids: tuple[int, ...] = ()
    """Its draft invoices."""

    @property
    def is_done(self) -> bool:
        return not (self.cancel_order or self.picking_ids or self.invoice_ids)


def plan_cancellation(order: SaleOrder, *, refunds_to_come: bool = False) -> Cancellation:
    """What is not delivered is cancelled at once, so that nobody ships it; what is posted stays as it is.

    The order itself is cancelled last, when its refunds are in Odoo: cancelling it would take their draft credit notes
    along, in the very moment in which another worker is about to post them.
    """
    if order.state == CANCELLED:
        return Cancellation(order, cancel_order=False)
    if not still_out(order) and not refunds_to_come:
        return Cancellation(order, cancel_order=True)
    return Cancellation(
        order,
        cancel_order=False,
        picking_ids=tuple(one.id for one in order.deliveries if one.is_open),
        invoice_ids=tuple(one.id for one in order.invoices if one.kind == INVOICE and one.state == "draft"),
    )


def still_out(order: SaleOrder) -> list[dict[str, Any]]:
    """The lines of which units were delivered and have not come back."""
    found = []
    for line in order.lines:
        out = order.units_shipped(line.id) - order.units_returned(line.id)
        if out > 0:
            found.append({"line": line.name.split("\n")[0], "delivered": f"{out.normalize():f}"})
    return found


def posted_balance(order: SaleOrder) -> Decimal:
    """What posted invoices come to, less the posted credit notes."""
    posted = [one for one in order.invoices if one.state == "posted"]
    invoiced = sum((one.total for one in posted if one.kind == INVOICE), Decimal(0))
    return invoiced - sum((one.total for one in posted if one.kind == CREDIT_NOTE), Decimal(0))


def _kept(shopify: Order, order: SaleOrder) -> Decimal:
    """What rounding of cash left in the shop, where anything was invoiced."""
    return shopify.kept_rounding.amount if any(one.state == "posted" for one in order.invoices) else Decimal(0)


def remainder(shopify: Order, order: SaleOrder, waiting_refunds: Collection[str]) -> Hold | str | None:
    """What is left once the steps are done: a hold, the id of a refund to wait for, or nothing.

    `waiting_refunds` are refunds of the order that are not in Odoo yet: they may credit what was posted and bring
    back what was delivered.
    """
    # What cash was rounded to was received, and what it is rounded to when it goes back is paid: that stays invoiced.
    delivered, balance = still_out(order), posted_balance(order) - _kept(shopify, order)
    if waiting_refunds and order.state != CANCELLED:
        return min(waiting_refunds)
    if not delivered and not balance:
        return None
    if waiting_refunds:
        return min(waiting_refunds)
    return Hold(
        "order_cancelled",
        f"{shopify.name} was cancelled in Shopify; of {order.name} " + " and ".join(_facts(order, delivered, balance)),
        _to_do(delivered, balance),
        {
            "order_id": order.id,
            "delivered": delivered,
            "posted": [
                {"name": one.name, "kind": one.kind, "total": str(one.total)}
                for one in order.invoices
                if one.state == "posted"
            ],
        },
    )


def _facts(order: SaleOrder, delivered: Sequence[dict[str, Any]], balance: Decimal) -> list[str]:
    facts = []
    if delivered:
        units = ", ".join(f"{one['delivered']} of {one['line']}" for one in delivered)
        facts.append(f"{units} was delivered")
    if balance:
        facts.append(f"{balance} {order.currency} is invoiced and not credited")
    return facts


def _to_do(delivered: Sequence[dict[str, Any]], balance: Decimal) -> str:
    steps = []
    if delivered:
        steps.append("make a return of the delivery in Odoo (or leave it, if the customer keeps the goods)")
    if balance:
        steps.append("refund the order in Shopify, or make a credit note for its invoice in Odoo")
    return ", and ".join(steps) + "; then retry"
