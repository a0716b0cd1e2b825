"""Payments and orders at work on the same money: who comes first does it, the other one finds it done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.rules import StoreRules
from libs.common.ledger.model import Hint, Record, State
from libs.common.ledger.repository import MongoLedger
from libs.common.stores.repository import MongoStores
from libs.sandbox.faults import Delay, Fault
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.shopify.drafts import Payment, Person
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.workers.bootstrap import Workers
from services.workers.payments.change import APART
from tests.embedded import embedded
from tests.integration.payments.till import SLUG, Till, number

JANE = Person("Jane", "Doe", "jane@example.com")


class Desk:
    """Both rooms, run when the test says so."""

    def __init__(self, till: Till, ledger: MongoLedger, stores: MongoStores, workers: Workers) -> None:
        self.till = till
        self.ledger = ledger
        self.stores = stores
        self.workers = workers

    def place(self, *payments: Payment, amount: str = "25.00", **changes: Any) -> dict[str, Any]:
        return self.till.place(amount, *payments, customer=JANE, **changes)

    def hint_order(self, order: dict[str, Any]) -> None:
        self.ledger.record_hints([Hint(SLUG, "order", number(order), name=order["name"], why="orders/create")])

    def run(self, *queues: str) -> None:
        while any(self.workers.pipelines[queue].look_at(SLUG, []) for queue in queues):
            pass

    def order(self, order: dict[str, Any]) -> Record:
        found = self.ledger.get(f"{SLUG}/order/{number(order)}")
        assert found
        return found

    def payments(self, order: dict[str, Any]) -> list[Record]:
        keys = [number(one) for one in self.till.shop.order(order["id"])["transactions"]]
        found = [self.ledger.get(f"{SLUG}/payment/{key}") for key in keys]
        return [record for record in found if record]

    def standing(self, order: dict[str, Any]) -> list[tuple[str, Decimal]]:
        target = self.order(order).target
        assert target, self.order(order).held
        return self.till.standing(target.id)

    def rules(self, **changes: Any) -> None:
        bank, cash = self.till.bank, self.till.journal("cash")
        values: dict[str, Any] = {"until": "paid", "journals": {"bogus": bank, "cash": cash, "shopify_payments": bank}}
        store = self.stores.get(SLUG)
        assert store
        self.stores.save(store.model_copy(update={"rules": StoreRules.model_validate({**values, **changes})}))
        self.workers.contexts.close()


@pytest.fixture(params=["18", "19"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    shop, odoo = ShopifySandbox(), OdooSandbox(request.param)
    with shop, odoo, embedded(shop, odoo, ["orders", "payments"]) as here:
        desk = Desk(Till.of(shop, odoo, here.ledger), here.ledger, here.stores, here.workers)
        desk.rules()
        yield desk
        desk.till.client.close()


def test_a_paid_order_comes_with_its_payments_and_their_webhooks_find_them_done(desk: Desk) -> None:
    order = desk.place(Payment("cash", Decimal(10)), Payment("bogus"))
    desk.hint_order(order)
    desk.run("orders")
    assert desk.order(order).state is State.SYNCED, desk.order(order).held
    assert desk.standing(order) == [("paid", Decimal(0))]
    effects = len(desk.till.odoo.journal.entries())
    desk.till.announce([order])
    desk.run("orders", "payments")
    assert [record.state for record in desk.payments(order)] == [State.SYNCED] * 2
    assert all(record.synced and record.synced.digest for record in desk.payments(order))
    assert len(desk.till.odoo.journal.entries()) == effects
    assert len(desk.till.booked()) == 2


def nothing_open(desk: Desk, order: dict[str, Any]) -> None:
    """Invoice paid, and every payment used up: in the till is what Shopify says was received."""
    assert desk.standing(order) == [("paid", Decimal(0))]
    payments = desk.till.odoo.payments()
    assert all(one["is_reconciled"] for one in payments)
    signed = [(-1 if one["payment_type"] == "outbound" else 1) * Decimal(str(one["amount"])) for one in payments]
    document = desk.till.shop.order(order["id"])
    rounding = document["totalCashRoundingAdjustment"]["paymentSet"]["shopMoney"]["amount"]
    assert sum(signed) == document["totalReceivedSet"]["shopMoney"]["amount"] + rounding


def test_cash_comes_with_the_change_that_was_given_for_it(desk: Desk) -> None:
    order = desk.place(Payment("cash", change=Decimal("5.35")), amount="14.65", source_name="pos")
    desk.hint_order(order)
    desk.run("orders")
    nothing_open(desk, order)
    assert [(amount, used) for _, amount, used in desk.till.booked()] == [
        (Decimal("20.00"), True),
        (Decimal("5.35"), True),
    ]
    assert {one["journal_id"][0] for one in desk.till.odoo.payments()} == {desk.till.journal("cash")}
    effects = len(desk.till.odoo.journal.entries())
    desk.till.announce([order])
    desk.run("orders", "payments")
    assert [record.state for record in desk.payments(order)] == [State.SYNCED] * 2
    assert len(desk.till.odoo.journal.entries()) == effects


def test_change_of_rounded_cash_that_no_order_took_along_is_booked_by_its_own_webhook(desk: Desk) -> None:
    desk.rules(until="invoiced")
    cash = Payment("cash", round_to=Decimal("0.05"), change=Decimal("5.35"))
    order = desk.place(Payment("bogus", Decimal(10)), cash, amount="14.63", source_name="pos")
    desk.hint_order(order)
    desk.run("orders")
    desk.rules()
    *_, change = desk.till.announce([order])
    desk.ledger.record_hints([Hint(SLUG, "payment", change.rpartition("/")[2], why="order_transactions/create")])
    desk.run("orders", "payments")
    nothing_open(desk, order)
    assert [record.state for record in desk.payments(order)] == [State.SYNCED] * 3
    assert desk.till.matches() == 3


def test_change_that_the_sale_is_without_is_left_out(desk: Desk) -> None:
    order = desk.place(Payment("cash", change=Decimal("5.35"), change_apart=True), amount="14.65", source_name="pos")
    desk.hint_order(order)
    desk.run("orders", "payments")
    nothing_open(desk, order)
    sale, change = desk.payments(order)
    assert (sale.state, change.state, change.ignored) == (State.SYNCED, State.IGNORED, APART)


def test_change_waits_for_the_payment_of_its_sale_that_is_held(desk: Desk) -> None:
    desk.rules(journals={"bogus": desk.till.bank})
    order = desk.place(Payment("cash", change=Decimal("5.35")), amount="14.65", source_name="pos")
    desk.hint_order(order)
    desk.run("orders", "payments")
    sale, change = desk.payments(order)
    assert sale.held
    assert (sale.held.code, change.waits_for) == ("gateway_unmapped", sale.id)
    desk.rules()
    assert desk.ledger.retry([sale.id], why="test")
    desk.run("payments")
    nothing_open(desk, order)


def test_f36_a_payment_that_is_announced_before_its_order_brings_the_order_along(desk: Desk) -> None:
    order = desk.place()
    (payment,) = desk.till.announce([order])
    desk.run("payments")
    waiting = desk.ledger.get(payment)
    assert waiting
    assert waiting.waits_for == f"{SLUG}/order/{number(order)}"
    desk.run("orders")
    desk.run("payments")
    assert [record.state for record in desk.payments(order)] == [State.SYNCED]
    assert desk.standing(order) == [("paid", Decimal(0))]
    assert desk.till.matches() == 1


def test_what_is_captured_later_is_paid_on_the_invoice_that_is_there(desk: Desk) -> None:
    order = desk.place(Payment("shopify_payments", kind="authorization"))
    desk.hint_order(order)
    desk.run("orders")
    assert desk.standing(order) == [("not_paid", Decimal("25.00"))]
    desk.till.shop.capture(order["id"], Decimal(20), gateway="shopify_payments")
    desk.till.announce([order])
    desk.run("payments")
    assert desk.standing(order) == [("partial", Decimal("5.00"))]
    desk.till.shop.capture(order["id"], gateway="shopify_payments")
    desk.hint_order(order)
    desk.run("orders", "payments")
    assert desk.standing(order) == [("paid", Decimal(0))], "seen in its order, without a webhook of its own"
    assert [(amount, used) for _, amount, used in desk.till.booked()] == [(Decimal(20), True), (Decimal(5), True)]


def test_a_gateway_without_a_journal_holds_the_payment_and_not_the_order(desk: Desk) -> None:
    order = desk.place(Payment("cash", Decimal(10)), Payment("paypal"))
    desk.hint_order(order)
    desk.run("orders", "payments")
    assert desk.order(order).state is State.SYNCED
    assert desk.standing(order) == [("partial", Decimal("15.00"))]
    held = next(record.held for record in desk.payments(order) if record.held)
    assert (held.code, held.details["amount"]) == ("gateway_unmapped", "15.00 USD")
    desk.rules(journals={"paypal": desk.till.bank, "cash": desk.till.journal("cash")})
    assert desk.ledger.retry([record.id for record in desk.payments(order)], why="test")
    desk.run("payments")
    assert desk.standing(order) == [("paid", Decimal(0))]


def test_both_rooms_at_once_make_each_payment_once(desk: Desk) -> None:
    orders = [desk.place(Payment("cash", Decimal(10)), Payment("bogus"), amount=f"{20 + i}.00") for i in range(6)]
    for order in orders:
        desk.hint_order(order)
    desk.till.announce(orders)
    for call in ("account.payment.load", "account.payment.action_post", "account.move.line.search_read"):
        desk.till.odoo.faults.add(Fault(call, Delay(0.1), times=None))
    threads = [
        threading.Thread(target=desk.run, args=(queue,)) for queue in ("orders", "payments", "orders", "payments")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.run("orders", "payments")
    assert all(desk.standing(order) == [("paid", Decimal(0))] for order in orders)
    records = [record for order in orders for record in desk.payments(order)]
    assert {record.state for record in records} == {State.SYNCED}
    assert len(desk.till.booked()) == 12
    assert desk.till.matches() == 12


def test_a_payment_is_in_the_money_that_its_order_was_first_synced_with(desk: Desk) -> None:
    desk.till.odoo.add_pricelist("EUR")
    desk.rules(currency="presentment")
    order = desk.place(
        Payment("shopify_payments", kind="authorization"), presentment=("EUR", Decimal("0.9")), amount="50.00"
    )
    desk.hint_order(order)
    desk.run("orders")
    assert desk.order(order).state is State.SYNCED, desk.order(order).held
    desk.rules(currency="shop")
    desk.till.shop.capture(order["id"], gateway="shopify_payments")
    desk.till.announce([order])
    desk.run("payments")
    (payment,) = desk.till.odoo.payments()
    assert (payment["amount"], payment["currency_id"][1]) == (45.0, "EUR")
    assert desk.standing(order) == [("paid", Decimal(0))]
