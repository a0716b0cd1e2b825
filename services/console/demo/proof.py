"""The final check: both sides read anew and compared to the cent, by nothing that the workers have read or written.

For each order that reached Odoo: what is invoiced less what is credited is what Shopify's order comes to now; what the
invoices leave to pay is what Shopify says is outstanding; what was shipped is what Shopify has as fulfilled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from libs.common.domain.money import currency_digits, round_half_up
from libs.common.odoo.client import OdooClient
from libs.sandbox.shopify.derived import DERIVED

Document = dict[str, Any]
PAGE_ORDERS = 200
_MOVE: Mapping[str, Any] = {"quantity": {}, "state": {}, "sale_line_id": {}}
_PICKING: Mapping[str, Any] = {"picking_type_code": {}, "state": {}, "move_ids": {"fields": _MOVE}}
_INVOICE: Mapping[str, Any] = {name: {} for name in ("move_type", "state", "amount_total", "amount_residual")}
SPECIFICATION: dict[str, Any] = {
    "name": {},
    "state": {},
    "currency_id": {"fields": {"name": {}}},
    "invoice_ids": {"fields": _INVOICE},
    "picking_ids": {"fields": _PICKING},
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that must be the same on both sides."""

    what: str
    shopify: Decimal | str
    odoo: Decimal | str

    @property
    def agrees(self) -> bool:
        return self.shopify == self.odoo


@dataclass(frozen=True, slots=True)
class Proof:
    """All figures of one order."""

    name: str
    figures: tuple[Figure, ...]

    @property
    def faults(self) -> list[str]:
        return [
            f"{self.name}: {one.what} is {one.shopify} in Shopify and {one.odoo} in Odoo"
            for one in self.figures
            if not one.agrees
        ]


def prove(client: OdooClient, orders: Sequence[tuple[Document, int]]) -> list[Proof]:
    """`orders` are Shopify's documents with the ids of their orders in Odoo."""
    ids = [order_id for _, order_id in orders]
    found: dict[int, Document] = {}
    for start in range(0, len(ids), PAGE_ORDERS):
        rows = client.web_read("sale.order", ids[start : start + PAGE_ORDERS], SPECIFICATION)
        found |= {row["id"]: row for row in rows}
    return [_proof(order, found[order_id]) for order, order_id in orders if order_id in found]


def credit_notes(client: OdooClient, ids: Sequence[int]) -> int:
    """How many of these are posted credit notes."""
    domain = [("id", "in", list(ids)), ("move_type", "=", "out_refund"), ("state", "=", "posted")]
    return int(client.call("account.move", "search_count", [domain], write=False)) if ids else 0


def _proof(order: Document, odoo: Document) -> Proof:
    currency = str(order["currencyCode"])
    posted = [one for one in odoo["invoice_ids"] if one["state"] == "posted"]
    cash = _figure(order, "totalCashRoundingAdjustment")
    rounding = _shop(cash["paymentSet"]) - _shop(cash["refundSet"])
    cancelled = order["cancelledAt"] is not None
    return Proof(
        str(order["name"]),
        (
            Figure("its currency", currency, str(odoo["currency_id"]["name"])),
            Figure("whether it is cancelled", _yes(cancelled), _yes(odoo["state"] == "cancel")),
            Figure(
                "what it comes to",
                _rounded(_shop(_figure(order, "currentTotalPriceSet")) + rounding, currency),
                _signed(posted, "amount_total", currency),
            ),
            Figure(
                "what is outstanding",
                _rounded(_shop(_figure(order, "totalOutstandingSet")), currency),
                _signed(posted, "amount_residual", currency),
            ),
            Figure("what was shipped", Decimal(_fulfilled(order)), _shipped(odoo)),
        ),
    )


def _figure(order: Document, name: str) -> Document:
    """As kept, or as it follows from what is kept."""
    value: Document = order[name] if name in order else DERIVED["Order"][name](order)
    return value


def _shop(bag: Document) -> Decimal:
    return Decimal(bag["shopMoney"]["amount"])


def _signed(moves: Iterable[Document], name: str, currency: str) -> Decimal:
    """Invoices less credit notes."""
    signs = {"out_invoice": 1, "out_refund": -1}
    return _rounded(sum((signs[one["move_type"]] * Decimal(repr(one[name])) for one in moves), Decimal(0)), currency)


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return round_half_up(amount, currency_digits(currency)) + Decimal(0)


def _fulfilled(order: Document) -> int:
    done: list[Document] = [one for one in order.get("fulfillments", ()) if one["status"] == "SUCCESS"]
    return sum(int(line["quantity"]) for one in done for line in one["fulfillmentLineItems"])


def _shipped(odoo: Document) -> Decimal:
    outgoing = [one for one in odoo["picking_ids"] if one["picking_type_code"] == "outgoing"]
    moves = [move for one in outgoing for move in one["move_ids"] if move["state"] == "done" and move["sale_line_id"]]
    return sum((Decimal(repr(move["quantity"])) for move in moves), Decimal(0)).normalize() + Decimal(0)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
