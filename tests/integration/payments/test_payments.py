"""Payments from the sandbox shop into the sandbox Odoo's books, on the embedded ledger, for Odoo 18 and 19."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.rules import StoreRules
from libs.common.ledger.connect import Connection
from libs.common.ledger.model import Link, Record, State, Target
from libs.common.ledger.repository import MongoLedger
from libs.common.stores.repository import MongoStores
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.shopify.drafts import Payment
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.workers import context
from services.workers.bootstrap import Workers
from tests.embedded import embedded
from tests.integration.payments.till import SLUG, Till, number

CARD = "shopify_payments"


@dataclass
class Desk:
    till: Till
    ledger: MongoLedger
    stores: MongoStores
    workers: Workers
    connection: Connection

    def forget(self, record: Record) -> None:
        """As if the worker had died before it could tell the ledger."""
        self.connection.database["records"].delete_one({"_id": record.id})

    def work(self, ids: list[str]) -> list[Record]:
        while self.workers.pipelines["payments"].look_at(SLUG, []):
            pass
        return [self.record(one) for one in ids]

    def record(self, record_id: str) -> Record:
        found = self.ledger.get(record_id)
        assert found, record_id
        return found

    def sync(self, *orders: dict[str, Any]) -> list[Record]:
        return self.work(self.till.announce(orders))

    def again(self, record: Record) -> Record:
        assert self.ledger.retry([record.id], why="test") == [record.id]
        return self.work([record.id])[0]

    def rules(self, **changes: Any) -> None:
        store = self.stores.get(SLUG)
        assert store
        values = {"until": "paid", **({} if "journals" in changes else {"journals": self.journals()})}
        self.stores.save(store.model_copy(update={"rules": StoreRules(**{**values, **changes})}))
        self.workers.contexts.close()

    def journals(self) -> dict[str, int]:
        bank = self.till.bank
        return {"bogus": bank, CARD: bank, "Cash": self.till.journal("cash")}

    def asked(self) -> list[str]:
        """Every call to Odoo since the last time, in order."""
        made = [call.operation for call in self.till.odoo.calls.entries()]
        self.till.odoo.calls.clear()
        return [name for name in made if not name.startswith("common.")]


@pytest.fixture(params=["18", "19"])
def desk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(context, "FRESH_SECONDS", 0.0)
    shop, odoo = ShopifySandbox(), OdooSandbox(request.param)
    with shop, odoo, embedded(shop, odoo, ["payments"]) as here:
        desk = Desk(Till.of(shop, odoo, here.ledger), here.ledger, here.stores, here.workers, here.connection)
        desk.rules()
        yield desk
        desk.till.client.close()


def test_a_paid_order_s_invoice_is_paid_with_the_transaction(desk: Desk) -> None:
    order = desk.till.place()
    sale = desk.till.book(order)
    (record,) = desk.sync(order)
    assert record.state is State.SYNCED, record.held
    assert desk.till.standing(sale) == [("paid", Decimal(0))]
    (payment,) = desk.till.odoo.payments()
    transaction = desk.till.shop.order(order["id"])["transactions"][0]
    assert payment["external_id"] == f"tandem_acme.payment_{number(transaction)}"
    assert payment["memo"] == record.name == f"{order['name']} / {number(transaction)}"
    assert payment["date"] == transaction["processedAt"].strftime("%Y-%m-%d")
    assert (payment["payment_type"], payment["partner_type"]) == ("inbound", "customer")
    assert payment["journal_id"][0] == desk.till.bank
    assert record.target == Target("account.payment", payment["id"], payment["name"])
    assert record.history[-2].details["shopify"] == record.history[-2].details["odoo"] == "25.00 USD"


def test_the_payment_is_booked_to_whom_the_invoice_is_though_its_address_is_another(desk: Desk) -> None:
    order = desk.till.place()
    sale = desk.till.book(order)
    desk.sync(order)
    (payment,) = desk.till.odoo.payments()
    (invoice,) = desk.till.odoo.invoices(sale)
    assert invoice["partner_id"] != invoice["commercial_partner_id"]
    assert payment["partner_id"] == invoice["commercial_partner_id"]


def test_a_repeat_writes_nothing_and_asks_odoo_nothing(desk: Desk) -> None:
    order = desk.till.place()
    desk.till.book(order)
    (record,) = desk.sync(order)
    effects = len(desk.till.odoo.journal.entries())
    desk.asked()
    (again,) = desk.sync(order)
    assert (again.state, again.target, again.synced and again.synced.digest) == (
        State.SYNCED,
        record.target,
        record.synced and record.synced.digest,
    )
    assert desk.asked() == []
    assert len(desk.till.odoo.journal.entries()) == effects


def test_twenty_payments_take_four_calls_a_match_each_and_one_to_compare(desk: Desk) -> None:
    orders = [desk.till.place(f"{10 + index}.00") for index in range(20)]
    sales = [desk.till.book(order) for order in orders]
    desk.sync(desk.till.place())  # reads the reference data; its order is not there
    desk.asked()
    records = desk.sync(*orders)
    assert {record.state for record in records} == {State.SYNCED}
    calls = desk.asked()
    assert calls == [
        "sale.order.web_read",
        "account.payment.load",
        "account.payment.action_post",
        "account.move.line.search_read",
        *["account.move.js_assign_outstanding_line"] * 20,
        "account.move.line.search_read",
    ]
    assert all(desk.till.standing(sale) == [("paid", Decimal(0))] for sale in sales)


def test_an_authorization_is_no_payment_and_its_captures_are(desk: Desk) -> None:
    order = desk.till.place("30.00", Payment(CARD, kind="authorization"))
    sale = desk.till.book(order)
    (reserved,) = desk.sync(order)
    assert (reserved.state, reserved.ignored) == (State.IGNORED, "authorization: no payment before it is captured")
    desk.till.shop.capture(order["id"], Decimal("12.00"), gateway=CARD)
    desk.sync(order)
    assert desk.till.standing(sale) == [("partial", Decimal("18.00"))]
    desk.till.shop.capture(order["id"], gateway=CARD)
    desk.sync(order)
    assert desk.till.standing(sale) == [("paid", Decimal(0))]
    assert [(amount, used) for _, amount, used in desk.till.booked()] == [
        (Decimal("12.00"), True),
        (Decimal("18.00"), True),
    ]


def test_several_gateways_a_gift_card_and_cash_each_go_to_their_journal(desk: Desk) -> None:
    cash, bank = desk.till.journal("cash"), desk.till.bank
    desk.rules(journals={"gift_card": bank, "Cash": cash, CARD: bank})
    payments = (Payment("gift_card", Decimal(5)), Payment("cash", Decimal(8)), Payment(CARD))
    order = desk.till.place("25.00", *payments)
    sale = desk.till.book(order)
    records = desk.sync(order)
    assert {record.state for record in records} == {State.SYNCED}
    made = {(money["amount"], money["journal_id"][0]) for money in desk.till.odoo.payments()}
    assert made == {(5.0, bank), (8.0, cash), (12.0, bank)}
    assert desk.till.standing(sale) == [("paid", Decimal(0))]


def test_a_gateway_without_a_journal_is_held_and_goes_on_once_it_is_mapped(desk: Desk) -> None:
    desk.rules(journals={})
    order = desk.till.place("25.00", Payment("paypal"))
    sale = desk.till.book(order)
    (record,) = desk.sync(order)
    assert record.held
    assert (record.held.code, record.held.details["amount"]) == ("gateway_unmapped", "25.00 USD")
    assert "paypal: <id of the journal in Odoo>" in record.held.hint
    assert desk.till.booked() == []
    desk.rules(journals={"paypal": desk.till.bank})
    assert desk.again(record).state is State.SYNCED
    assert desk.till.standing(sale) == [("paid", Decimal(0))]


def test_a_journal_is_checked_before_anything_is_written(desk: Desk) -> None:
    order = desk.till.place()
    desk.till.book(order)
    desk.rules(journals={"bogus": 999})
    (record,) = desk.sync(order)
    assert record.held
    assert record.held.code == "journal_unknown"
    other = desk.till.odoo.add_company("Second")
    foreign = desk.till.odoo.find("account.journal", [("type", "=", "bank"), ("company_id", "=", other)])[0]["id"]
    desk.rules(journals={"bogus": foreign})
    assert (held := desk.again(record).held)
    assert held.code == "journal_unknown"
    desk.till.odoo.change("account.journal", desk.till.bank, active=False)
    archived = desk.till.odoo.find("account.journal", [("type", "=", "bank"), ("company_id", "=", 1)], archived=True)[
        0
    ]["id"]
    desk.rules(journals={"bogus": archived})
    assert (held := desk.again(record).held)
    assert held.code == "journal_archived"
    assert desk.till.booked() == []
    desk.till.odoo.change("account.journal", archived, active=True)
    assert desk.again(record).state is State.SYNCED, "a journal that was put right is found without a restart"


def test_f36_a_payment_waits_for_its_order_and_then_for_the_invoice(desk: Desk) -> None:
    order = desk.till.place()
    (waiting,) = desk.sync(order)
    needed = f"acme/order/{number(order)}"
    assert (waiting.state, waiting.waits_for) == (State.DUE, needed)
    announced = desk.record(needed)
    assert (announced.state, announced.wanted.why) == (State.DUE, "its payment was announced")
    assert desk.work([waiting.id])[0].claims == waiting.claims, "it does not spin"


def test_f36_a_payment_waits_while_the_invoice_is_a_draft(desk: Desk) -> None:
    order = desk.till.place()
    sale = desk.till.book(order, post=False)
    (waiting,) = desk.sync(order)
    assert (waiting.state, waiting.waits_for) == (State.DUE, f"acme/order/{number(order)}")
    assert desk.till.booked() == []
    (draft,) = desk.till.odoo.invoices(sale)
    desk.till.post(draft["id"])
    assert desk.again(waiting).state is State.SYNCED
    assert desk.till.standing(sale) == [("paid", Decimal(0))]


def test_several_invoices_are_paid_one_after_the_other(desk: Desk) -> None:
    order = desk.till.place("25.00", Payment("bogus", Decimal(12)), Payment(CARD))
    sale = desk.till.book(order, "10.00", "15.00")
    desk.sync(order)
    assert desk.till.standing(sale) == [("paid", Decimal(0))] * 2
    assert all(used for _, _, used in desk.till.booked())


def test_what_is_paid_too_much_stays_open_is_told_and_goes_to_a_further_invoice(desk: Desk) -> None:
    order = desk.till.place("40.00")
    sale = desk.till.book(order, "25.00")
    (record,) = desk.sync(order)
    assert record.state is State.SYNCED
    assert record.history[-2].details["left_open"] == "15.00 USD"
    (invoice,) = desk.till.odoo.invoices(sale)
    effects = len(desk.till.odoo.journal.entries())
    assert desk.again(record).state is State.SYNCED
    assert len(desk.till.odoo.journal.entries()) == effects
    desk.till.invoice(number(order), invoice["partner_id"][0], "15.00", name="further")
    assert desk.again(record).state is State.SYNCED
    assert desk.till.standing(sale) == [("paid", Decimal(0))] * 2
    assert len(desk.till.booked()) == 1


def test_an_invoice_that_was_paid_by_hand_is_not_paid_again(desk: Desk) -> None:
    order = desk.till.place()
    sale = desk.till.book(order)
    (invoice,) = desk.till.odoo.invoices(sale)
    by_hand = [["tandem_acme.by_hand", invoice["commercial_partner_id"][0], "25.00", desk.till.bank]]
    columns = ["id", "partner_id/.id", "amount", "journal_id/.id"]
    (payment,) = desk.till.client.load("account.payment", columns, by_hand).ids
    desk.till.client.call("account.payment", "action_post", [[payment]], write=True)
    domain = [("payment_id", "=", payment), ("account_type", "=", "asset_receivable")]
    (line,) = desk.till.client.search_read("account.move.line", domain, ["name"])
    desk.till.client.call("account.move", "js_assign_outstanding_line", [invoice["id"], line["id"]], write=True)
    (record,) = desk.sync(order)
    assert record.held
    assert record.held.code == "invoice_paid_already"
    assert len(desk.till.booked()) == 1


def test_what_a_worker_that_died_has_made_is_found_by_its_external_id(desk: Desk) -> None:
    order = desk.till.place()
    desk.till.book(order)
    (record,) = desk.sync(order)
    effects = len(desk.till.odoo.journal.entries())
    desk.forget(record)
    (found,) = desk.sync(order)
    assert (found.state, found.target) == (State.SYNCED, record.target), found.held
    assert len(desk.till.odoo.journal.entries()) == effects


def test_f35_a_payment_that_was_deleted_or_cancelled_in_odoo_is_not_made_again(desk: Desk) -> None:
    order = desk.till.place("40.00")
    desk.till.book(order, "25.00")
    (record,) = desk.sync(order)
    assert record.target
    desk.till.client.call("account.payment", "action_cancel", [[record.target.id]], write=True)
    assert (held := desk.again(record).held)
    assert held.code == "payment_cancelled_in_odoo"
    desk.till.odoo.delete("account.payment", record.target.id)
    assert (held := desk.again(record).held)
    assert held.code == "payment_deleted_in_odoo"
    assert desk.till.booked() == []


def test_a_store_that_stops_before_paid_ignores_payments_with_the_rule(desk: Desk) -> None:
    desk.rules(until="invoiced")
    order = desk.till.place()
    desk.till.book(order)
    desk.asked()
    (record,) = desk.sync(order)
    assert (record.state, record.ignored) == (State.IGNORED, "until: invoiced")
    assert desk.asked() == [], "and asks Odoo nothing"
    assert desk.till.booked() == []


def test_a_payment_that_another_room_took_along_is_known_after_one_look(desk: Desk) -> None:
    order = desk.till.place()
    desk.till.book(order)
    (record,) = desk.sync(order)
    assert record.target
    desk.forget(record)
    desk.ledger.link(SLUG, [Link("payment", record.source_id, record.target, record.name)])
    desk.asked()
    (found,) = desk.sync(order)
    assert (found.state, found.synced and found.synced.digest) == (State.SYNCED, record.synced and record.synced.digest)
    assert desk.asked() == ["account.payment.search_read"]
