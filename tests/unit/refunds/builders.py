"""Refunds, orders and situations for the tests of planning; each test says only what matters to it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from libs.common.domain.facts import CompanyFacts, JournalFact, TaxFact
from libs.common.domain.money import Money
from libs.common.domain.orders import LineItem, Order
from libs.common.domain.refunds import Adjustment, Refund, RefundLine, RefundShipping
from libs.common.domain.rules import StoreRules, Until
from libs.common.domain.sales import Invoice, Move, Picking, SaleLine, SaleOrder
from libs.common.domain.transactions import Transaction
from services.workers.payments.model import Books
from services.workers.refunds.model import Changes, Registered, Situation
from services.workers.refunds.plan import plan

REFUNDED = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
PLACED = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
FACTS = CompanyFacts(
    currency="USD",
    rounding="round_per_line",
    price_digits=2,
    taxes=(TaxFact(1, "15%", Decimal("0.15"), included=False), TaxFact(2, "20% incl", Decimal("0.2"), included=True)),
    currency_ids={"USD": 1},
)
BANK = JournalFact(6, "Bank", "bank")
BOOKS = Books("tandem_acme", {"USD": 1}, {6: BANK})
RULES = StoreRules(until=Until.PAID, journals={"shopify_payments": 6})


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def refund_line(quantity: int = 1, subtotal: str = "10.00", tax: str = "1.50", **changes: Any) -> RefundLine:
    values: dict[str, Any] = {"line_id": "1", "restock_type": "return", "restocked": True, **changes}
    return RefundLine(quantity=quantity, subtotal=usd(subtotal), tax=usd(tax), **values)


def refund_shipping(subtotal: str = "5.00", tax: str = "0.00", line_id: str = "8") -> RefundShipping:
    return RefundShipping(line_id, usd(subtotal), usd(tax))


def adjustment(amount: str = "-5.00", tax: str = "0.00", reason: str = "refund_discrepancy") -> Adjustment:
    return Adjustment("31", usd(amount), usd(tax), reason)


def transaction(amount: str = "11.50", **changes: Any) -> Transaction:
    values: dict[str, Any] = {
        "id": "9002",
        "order_id": "1001",
        "kind": "refund",
        "status": "success",
        "gateway": "shopify_payments",
        "amount": usd(amount),
        "processed_at": REFUNDED,
        "gateway_name": "Shopify Payments",
    }
    return Transaction(**(values | changes))


PAID = transaction("34.50", id="9001", kind="sale", processed_at=PLACED)


def refund(*lines: RefundLine, **changes: Any) -> Refund:
    """By default one unit of 10.00 and its tax, paid back."""
    lines = lines or (() if "lines" in changes or "adjustments" in changes else (refund_line(),))
    values: dict[str, Any] = {
        "id": "501",
        "order_id": "1001",
        "order_name": "#1001",
        "created_at": REFUNDED,
        "updated_at": REFUNDED,
        "currency": "USD",
        "total": usd("11.50"),
        "lines": lines,
        "transactions": (transaction(),),
    }
    return Refund(**(values | changes))


def line_item(**changes: Any) -> LineItem:
    values: dict[str, Any] = {"id": "1", "title": "Mug", "quantity": 3, "unit_price": usd("10.00"), **changes}
    return LineItem(**values)


def order(*lines: LineItem, **changes: Any) -> Order:
    values: dict[str, Any] = {
        "id": "1001",
        "name": "#1001",
        "created_at": PLACED,
        "processed_at": PLACED,
        "updated_at": REFUNDED,
        "currency": "USD",
        "total": usd("34.50"),
        "total_tax": usd("4.50"),
        "taxes_included": False,
        "outstanding": usd("0.00"),
        "transactions": (PAID, transaction()),
        "refund_ids": ("501",),
    }
    return Order(lines=lines or (line_item(),), **(values | changes))


def sale_line(**changes: Any) -> SaleLine:
    values: dict[str, Any] = {
        "id": 70,
        "name": "[MUG-1] Mug",
        "product_id": 11,
        "quantity": Decimal(3),
        "price_unit": Decimal(10),
        "discount": Decimal(0),
        "tax_ids": (1,),
        "subtotal": Decimal(30),
        "tax": Decimal("4.5"),
        "delivered": Decimal(0),
        "invoiced": Decimal(3),
        "key": "line_1",
    }
    return SaleLine(**(values | changes))


def shipping_line(**changes: Any) -> SaleLine:
    values: dict[str, Any] = {
        "id": 71,
        "name": "DHL",
        "product_id": 12,
        "quantity": Decimal(1),
        "price_unit": Decimal(5),
        "subtotal": Decimal(5),
        "tax": Decimal(0),
        "tax_ids": (),
        "invoiced": Decimal(1),
        "key": "shipping_1001_8",
    }
    return sale_line(**(values | changes))


def invoice(**changes: Any) -> Invoice:
    values: dict[str, Any] = {
        "id": 90,
        "name": "INV/2026/00090",
        "kind": "out_invoice",
        "state": "posted",
        "payment_state": "paid",
        "currency": "USD",
        "total": Decimal("34.50"),
        "tax": Decimal("4.50"),
        "residual": Decimal(0),
        "partner_id": 71,
        "reversed_id": None,
        "payer_id": 70,
    }
    return Invoice(**(values | changes))


def credit_note(**changes: Any) -> Invoice:
    values: dict[str, Any] = {"id": 95, "kind": "out_refund", "name": "RINV/2026/00095", "reversed_id": 90}
    return invoice(**(values | changes))


def move(quantity: int = 3, **changes: Any) -> Move:
    values: dict[str, Any] = {"id": 300, "product_id": 11, "sale_line_id": 70, "state": "done"}
    values |= {"demand": Decimal(quantity), "quantity": Decimal(quantity)}
    return Move(**(values | changes))


def picking(*moves: Move, **changes: Any) -> Picking:
    values: dict[str, Any] = {
        "id": 200,
        "name": "WH/OUT/00200",
        "state": "done",
        "code": "outgoing",
        "done_at": PLACED,
        "warehouse_id": 1,
        "location_id": 8,
        "location_dest_id": 5,
        "type_id": 2,
        "backorder_id": None,
        "return_id": None,
    }
    return Picking(moves=moves or (move(),), **(values | changes))


def came_back(quantity: int, **changes: Any) -> Picking:
    values: dict[str, Any] = {"id": 201, "name": "WH/IN/00201", "code": "incoming"}
    return picking(move(quantity, id=301), **(values | changes))


def sale(*lines: SaleLine, **changes: Any) -> SaleOrder:
    values: dict[str, Any] = {
        "id": 50,
        "name": "S00050",
        "state": "sale",
        "currency": "USD",
        "currency_id": 1,
        "total": Decimal("34.50"),
        "tax": Decimal("4.50"),
        "date_order": PLACED,
        "partner_id": 70,
        "partner_invoice_id": 71,
        "partner_shipping_id": 70,
        "invoices": (invoice(),),
    }
    return SaleOrder(lines=lines or (sale_line(),), **(values | changes))


def delivered_sale(quantity: int = 3, *others: Picking, **changes: Any) -> SaleOrder:
    """An order of which so many units were delivered, less those that others brought back."""
    back = sum((one.moves[0].quantity for one in others if one.state == "done"), Decimal(0))
    line = sale_line(delivered=Decimal(quantity) - back)
    return sale(line, pickings=(picking(move(quantity)), *others), **changes)


def situation(made: Refund | None = None, **changes: Any) -> Situation:
    made = made or refund()
    values: dict[str, Any] = {
        "record_id": "acme/refund/501",
        "refund": made,
        "module": "tandem_acme",
        "order_record_id": "acme/order/1001",
        "order_state": "synced",
        "order_synced": True,
        "order_version": REFUNDED,
        "sale_id": 50,
        "sale": sale(),
        "order": order(),
        "siblings": (made,),
        "payments": {"9001": Registered("synced", 33)},
        "facts": FACTS,
        "books": BOOKS,
    }
    return Situation(**(values | changes))


def changes_of(found: Situation, rules: StoreRules = RULES) -> Changes:
    decided = plan(found, rules)
    assert isinstance(decided, Changes), decided
    return decided


def with_facts(**changes: Any) -> CompanyFacts:
    return dataclasses.replace(FACTS, **changes)
