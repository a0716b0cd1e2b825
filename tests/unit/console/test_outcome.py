"""How the demo judges what became of its orders."""

from __future__ import annotations

from decimal import Decimal

import pytest

from libs.common.domain.money import Money
from libs.common.ledger.model import Event, Held, Record, State
from libs.sandbox.shopify.demo import demo_orders
from libs.sandbox.shopify.demo_catalog import demo_catalog
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.console.demo.day import Day
from services.console.demo.needs import Needs, Placed
from services.console.demo.outcome import Afterwards, OdooOrder, Outcome, Row, count_duplicates
from services.console.demo.proof import Figure, Proof
from services.console.demo.report import last_trouble
from tests.unit.console.world import World


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def row(
    state: State | None, *, expect: str = "synced", total: str = "10.00", code: str = "", odoo_state: str = "sale"
) -> Row:
    held = Held(code, "why") if code else None
    record = Record("demo", "order", "1", state, name="#1001", held=held) if state else None
    odoo = OdooOrder(1, "S00001", usd(total), odoo_state, "#1001") if state is State.SYNCED else None
    return Row(Placed("1", "#1001", usd("10.00"), expect=expect), record, odoo)


@pytest.mark.parametrize(
    ("it", "lenient", "fault"),
    [
        (row(State.SYNCED), False, ""),
        (row(State.SYNCED, total="10.01"), False, "total"),
        (row(State.SYNCED, total="10.01"), True, "total"),
        (row(State.SYNCED, odoo_state="draft"), False, "not confirmed"),
        (row(State.HELD, code="tax_missing"), False, "was to end as synced"),
        (row(State.HELD, code="tax_missing"), True, "was to end as synced"),
        (row(State.HELD, expect="held:tax_missing", code="tax_missing"), False, ""),
        (row(State.HELD, expect="held:tax_missing", code="gave_up"), False, "was to end as held:tax_missing"),
        (row(State.SYNCED, expect="held:tax_missing"), False, "was to end as held:tax_missing"),
        (row(State.SYNCED, expect="held:tax_missing"), True, ""),
        (row(State.SYNCED, expect="held:tax_missing", total="9.99"), True, "total"),
        (row(State.HELD, expect="", code="anything"), False, ""),
        (row(State.IGNORED, expect=""), False, ""),
        (row(State.DUE, expect=""), False, "not finished"),
        (row(None, expect=""), False, "not finished"),
    ],
)
def test_each_order_is_judged_by_what_was_expected_of_it(it: Row, lenient: bool, fault: str) -> None:
    told = it.fault(lenient=lenient)
    assert fault in told
    assert bool(told) == bool(fault)


def test_a_synced_order_that_odoo_does_not_have_is_a_mismatch() -> None:
    gone = Row(Placed("1", "#1001", usd("10.00")), Record("demo", "order", "1", State.SYNCED), None)
    assert gone.mismatched


def test_a_total_in_another_currency_is_a_mismatch() -> None:
    euros = OdooOrder(1, "S1", Money(Decimal("10.00"), "EUR"), "sale", "#1001")
    assert Row(Placed("1", "#1001", usd("10.00")), Record("demo", "order", "1", State.SYNCED), euros).mismatched


def test_the_summary_adds_up() -> None:
    rows = (
        row(State.SYNCED),
        row(State.SYNCED, total="1"),
        row(State.HELD, code="x"),
        row(State.IGNORED),
        row(State.DUE),
        row(None),
    )
    assert Outcome(rows, 1, 2.3456).summary() == {
        "orders": 6,
        "synced": 2,
        "held": 1,
        "duplicates": 1,
        "mismatched": 1,
        "seconds": 2.35,
        "refunds": 0,
        "fulfillments": 0,
        "cancelled": 0,
        "agree": False,
        "ignored": 1,
        "unfinished": 2,
    }


def test_an_ordinary_summary_has_no_further_figures() -> None:
    assert list(Outcome((row(State.SYNCED),), 0, 1).summary()) == [
        "orders",
        "synced",
        "held",
        "duplicates",
        "mismatched",
        "seconds",
        "refunds",
        "fulfillments",
        "cancelled",
        "agree",
    ]


def test_duplicates_alone_make_a_run_fail() -> None:
    assert Outcome((row(State.SYNCED),), 0, 1).well
    assert not Outcome((row(State.SYNCED),), 1, 1).well


def test_a_day_whose_sides_do_not_agree_makes_a_run_fail() -> None:
    day = Day(cancelled=["3"], told=["#1: delivered"])
    agreed = Proof("#1", (Figure("what was shipped", Decimal(2), Decimal(2)),))
    short = Proof("#2", (Figure("what is outstanding", Decimal("1.00"), Decimal("0.00")),))
    good = Outcome((row(State.SYNCED),), 0, 1, afterwards=Afterwards(day, (agreed,), 2, 3))
    assert good.well
    told = good.summary()
    assert (told["refunds"], told["fulfillments"], told["cancelled"], told["agree"]) == (2, 3, 1, True)
    bad = Outcome((row(State.SYNCED),), 0, 1, afterwards=Afterwards(day, (agreed, short), 2, 3))
    assert not bad.well
    assert not bad.summary()["agree"]
    assert bad.afterwards
    assert bad.afterwards.faults == ["#2: what is outstanding is 1.00 in Shopify and 0.00 in Odoo"]
    oversold = Proof("Flask", (Figure("what can be bought", Decimal(20), Decimal(17)),))
    shelf = Outcome((row(State.SYNCED),), 0, 1, afterwards=Afterwards(day, (agreed,), 2, 3, stock=oversold))
    assert shelf.faults == []
    assert not shelf.well
    assert shelf.afterwards
    assert shelf.afterwards.faults == ["Flask: what can be bought is 20 in Shopify and 17 in Odoo"]
    late = Afterwards(day, (agreed,), 2, 3, ("demo/refund/9 is due",))
    assert not Outcome((row(State.SYNCED),), 0, 1, afterwards=late).well


def test_duplicates_are_counted_beyond_one_for_each_order_of_the_shop() -> None:
    placed = [Placed(str(i), name, usd("1")) for i, name in enumerate(["#1", "#2", "#2", "#3"])]
    made = [
        OdooOrder(i, f"S{i}", usd("1"), "sale", name) for i, name in enumerate(["#1", "#1", "#1", "#2", "#2", "#9"])
    ]
    assert count_duplicates(placed, made) == 2


def test_what_is_not_finished_is_told_with_its_last_failure() -> None:
    failure = Event(World().ledger.clock.now(), "failed", {"message": "502 from Odoo"})
    record = Record(
        "demo", "order", "1", State.DUE, attempts=2, waits_for="breaker:demo/odoo", history=(failure, failure)
    )
    text = last_trouble(Row(Placed("1", "#1001", usd("10.00")), record, None))
    assert "due after 2 failures in a row" in text or "due after 2 failures" in text
    assert "waiting for breaker:demo/odoo" in text
    assert "502 from Odoo" in text


def test_the_needs_of_orders_are_their_currencies_and_taxes_each_once() -> None:
    shop = ShopifySandbox()
    shop.add_products(demo_catalog())
    for draft in demo_orders():
        if draft.expect == "synced":
            shop.place_order(draft)
    needs = Needs.of_orders(shop.orders())
    assert sorted(needs.currencies) == ["EUR", "USD"]
    found = {(f"{tax.percent:f}", tax.price_include) for tax in needs.taxes}
    assert len(found) == len(needs.taxes)
    assert found == {(f"{tax.percent:f}", tax.price_include) for tax in Needs.of_the_demo().taxes}
