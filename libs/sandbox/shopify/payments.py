"""The transactions of an order that is placed: what was paid or reserved at checkout, by which gateway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from libs.common.domain.money import round_half_up
from libs.sandbox.shopify.amounts import Currencies
from libs.sandbox.shopify.derived import minus, plus, zero
from libs.sandbox.shopify.drafts import Draft, Payment
from libs.sandbox.shopify.people import NewId, gid

Document = dict[str, Any]

#: Kinds that bring money in; an authorization only reserves it.
PAYING = frozenset({"SALE", "CAPTURE"})
RESERVING = frozenset({"AUTHORIZATION", "EMV_AUTHORIZATION"})

BOGUS = "bogus"
MANUAL = "manual"
MANUAL_GATEWAYS = frozenset({MANUAL, "Cash on Delivery (COD)", "Bank Deposit", "Money Order"})
_NAMES = {
    BOGUS: "(For Testing) Bogus Gateway",
    MANUAL: "Manual",
    "shopify_payments": "Shopify Payments",
    "gift_card": "Gift Card",
    "paypal": "PayPal",
    "cash": "Cash",
}


@dataclass(frozen=True, slots=True)
class Paid:
    """The fields of the order document that its payments make."""

    transactions: list[Document]
    received: Document
    status: str
    gateways: list[str]
    rounding: Document
    """What rounding of cash added to what was paid."""


def pay(draft: Draft, total: Document, money: Currencies, *, order_id: str, now: datetime, new_id: NewId) -> Paid:
    """The payments of a draft that comes to `total` (a money bag)."""
    owed, rounding = total, zero(total)
    made: list[Document] = []
    for number, payment in enumerate(_payments(draft, total)):
        at = payment.at or (draft.processed_at or now) + timedelta(seconds=number)
        amount = _amount(payment, owed, money)
        cash = _rounding(payment, amount, money)
        change = money.bag(payment.change)
        handed = amount if payment.change_apart else plus(amount, change)
        document = transaction_document(payment, handed, at, test=draft.test, rounding=cash)
        parent = parent_of(document, made)
        made.append({**document, **_ids(order_id, new_id), "parentTransaction": parent})
        if payment.change:
            back = transaction_document(replace(payment, kind="change"), change, at, test=draft.test)
            made.append({**back, **_ids(order_id, new_id), "parentTransaction": made[-1]})
        if pays(document):
            owed = minus(owed, amount)
            rounding = plus(rounding, cash) if cash else rounding
    return Paid(made, minus(total, owed), _status(draft, made, owed), _gateways(draft, made), rounding)


def _ids(order_id: str, new_id: NewId) -> Document:
    return {"id": gid("OrderTransaction", new_id("OrderTransaction")), "orderId": order_id}


def parent_of(transaction: Document, earlier: Sequence[Document]) -> Document | None:
    """What a transaction goes by: a capture by what was reserved, a refund by what came in, of the same gateway."""
    kinds = {"CAPTURE": RESERVING, "VOID": RESERVING, "REFUND": PAYING}.get(transaction["kind"], frozenset())
    found = (one for one in reversed(earlier) if one["kind"] in kinds and one["status"] == "SUCCESS")
    return next((one for one in found if one["gateway"] == transaction["gateway"]), None)


def pays(transaction: Document) -> bool:
    """Whether money came in with it."""
    return transaction["kind"] in PAYING and transaction["status"] == "SUCCESS"


def _payments(draft: Draft, total: Document) -> tuple[Payment, ...]:
    if draft.payments is not None:
        return draft.payments
    # An order for nothing is paid without a transaction.
    return (Payment(BOGUS),) if draft.paid and total["shopMoney"]["amount"] else ()


def _amount(payment: Payment, owed: Document, money: Currencies) -> Document:
    """Whoever pays all that is left pays all that is left of it in the other money, too."""
    left: Decimal = owed["shopMoney"]["amount"]
    return owed if payment.amount is None or payment.amount == left else money.bag(payment.amount)


def _rounding(payment: Payment, amount: Document, money: Currencies) -> Document | None:
    """What rounding of cash adds, in either money; None where there is none."""
    added = payment.rounding
    if payment.round_to:
        owed: Decimal = amount["shopMoney"]["amount"]
        added = round_half_up(owed / payment.round_to, 0) * payment.round_to - owed
    return money.bag(added) if added else None


def transaction_document(
    payment: Payment, amount: Document, at: datetime, *, test: bool, rounding: Document | None = None
) -> Document:
    """All of it but its `id` and its `orderId`."""
    return {
        "kind": payment.kind.upper(),
        "status": payment.status.upper(),
        "gateway": payment.gateway,
        "formattedGateway": gateway_name(payment.gateway),
        "manualPaymentGateway": payment.gateway in MANUAL_GATEWAYS,
        "test": test or payment.gateway == BOGUS,
        "createdAt": at,
        "processedAt": at,
        "amountSet": amount,
        "amountRoundingSet": rounding,
        "parentTransaction": None,
    }


def gateway_name(gateway: str) -> str:
    """As people read it."""
    return _NAMES.get(gateway) or gateway.replace("_", " ")


def _status(draft: Draft, made: list[Document], owed: Document) -> str:
    if owed["shopMoney"]["amount"] <= 0 and (draft.paid or made):
        return "PAID"
    if any(pays(one) for one in made):
        return "PARTIALLY_PAID"
    reserved = any(one["kind"] in RESERVING and one["status"] == "SUCCESS" for one in made)
    return "AUTHORIZED" if reserved else "PENDING"


def _gateways(draft: Draft, made: list[Document]) -> list[str]:
    named = list(dict.fromkeys(one["gateway"] for one in made))
    return named or ([] if draft.paid else [MANUAL])
