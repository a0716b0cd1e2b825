"""Transactions, orders and situations for the tests of planning; each test says only what matters to it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from libs.common.domain.facts import JournalFact
from libs.common.domain.money import Money
from libs.common.domain.rules import StoreRules, Until
from libs.common.domain.sales import Invoice, SaleOrder
from libs.common.domain.transactions import Transaction
from services.workers.payments.model import Books, OdooPayment, Situation

PAID_AT = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
BANK = JournalFact(6, "Bank", "bank")
CASH = JournalFact(7, "Cash", "cash")
OLD = JournalFact(8, "Old bank", "bank", active=False)
SALES = JournalFact(1, "Sales", "sale")
BOOKS = Books("tandem_acme", {"USD": 1, "EUR": 2}, {one.id: one for one in (SALES, BANK, CASH, OLD)})
RULES = StoreRules(until=Until.PAID, journals={"shopify_payments": 6, "Cash on Delivery (COD)": 7})
PAYER = 70


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def transaction(amount: str | Money = "25.00", **changes: Any) -> Transaction:
    values: dict[str, Any] = {
        "id": "9001",
        "order_id": "1001",
        "kind": "sale",
        "status": "success",
        "gateway": "shopify_payments",
        "amount": usd(amount) if isinstance(amount, str) else amount,
        "processed_at": PAID_AT,
        "gateway_name": "Shopify Payments",
    }
    return Transaction(**(values | changes))


def invoice(residual: str = "25.00", **changes: Any) -> Invoice:
    values: dict[str, Any] = {
        "id": 90,
        "name": "INV/2026/00090",
        "kind": "out_invoice",
        "state": "posted",
        "payment_state": "not_paid",
        "currency": "USD",
        "total": Decimal("25.00"),
        "tax": Decimal(0),
        "residual": Decimal(residual),
        "partner_id": 71,
        "reversed_id": None,
        "payer_id": PAYER,
    }
    return Invoice(**(values | changes))


def sale(*invoices: Invoice, **changes: Any) -> SaleOrder:
    values: dict[str, Any] = {
        "id": 50,
        "name": "S00050",
        "state": "sale",
        "currency": "USD",
        "total": Decimal("25.00"),
        "tax": Decimal(0),
        "date_order": PAID_AT,
        "partner_id": PAYER,
        "partner_invoice_id": 71,
        "partner_shipping_id": PAYER,
        "lines": (),
        "invoices": invoices,
    }
    return SaleOrder(**(values | changes))


def existing(**changes: Any) -> OdooPayment:
    values: dict[str, Any] = {
        "id": 33,
        "name": "PBNK1/2026/00033",
        "state": "in_process",
        "amount": usd("25.00"),
        "used_up": False,
    }
    return OdooPayment(**(values | changes))


def situation(money: Transaction | None = None, **changes: Any) -> Situation:
    values: dict[str, Any] = {
        "record_id": "acme/payment/9001",
        "source_id": "9001",
        "transaction": money or transaction(),
        "books": BOOKS,
        "order_record_id": "acme/order/1001",
        "order_name": "#1001",
        "order_state": "synced",
        "order": sale(invoice()),
    }
    return Situation(**(values | changes))
