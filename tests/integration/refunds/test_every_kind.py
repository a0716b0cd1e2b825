"""Refunds of orders of every kind of money: a unit of each line with the shipping, then all that is left."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.money import currency_digits, round_half_up
from libs.common.ledger.model import Record, State
from libs.sandbox.shopify.kinds import orders
from libs.sandbox.shopify.parts import all_lines
from tests.integration.orders.desk import Desk
from tests.integration.orders.test_every_kind import furnish
from tests.integration.refunds.counter import Counter, number


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("currency", "included"), [("USD", True), ("JPY", False), ("KWD", False)])
def test_a_refund_of_every_kind_is_credited_to_the_smallest_unit(desk: Desk, currency: str, included: bool) -> None:
    furnish(desk, currency, included=included)
    desk.shop.bucket.restore_rate = 1e6  # nobody waits for points here
    desk.odoo.change("res.company", 1, tax_calculation_rounding_method="round_per_line")
    store = desk.stores.get("acme")
    assert store
    tolerant = store.rules.model_copy(update={"rounding_tolerance": Decimal(1)})  # a yen, where units share their tax
    desk.stores.save(store.model_copy(update={"rules": tolerant}))
    desk.workers.contexts.close()
    counter = Counter(desk)
    kinds = orders(currency, taxes_included=included)
    placed = {name: desk.shop.place_order(draft) for name, draft in kinds.items()}
    records = dict(zip(placed, desk.sync(*placed.values()), strict=True))
    assert {record.state for record in records.values()} == {State.SYNCED}
    parts = {name: _a_unit_of_each(desk, one) for name, one in placed.items()}
    _credited(counter, parts, currency)
    rest = {name: desk.shop.cancel_order(one["id"], topics=())["refunds"][-1] for name, one in placed.items()}
    _credited(counter, rest, currency)
    for name, one in placed.items():
        record = desk.ledger.get(f"acme/order/{number(one)}")
        assert record
        assert record.state is State.SYNCED, (name, record.held)


def _a_unit_of_each(desk: Desk, placed: dict[str, Any]) -> dict[str, Any]:
    current = desk.shop.order(placed["id"])
    lines: dict[str, Any] = {one["id"]: (1, "cancel") for one in all_lines(current) if one["currentQuantity"] > 0}
    shipping: Any = "full" if current["shippingLines"] else None
    return desk.shop.refund_order(placed["id"], lines, shipping=shipping, topics=())


def _credited(counter: Counter, refunds: dict[str, dict[str, Any]], currency: str) -> None:
    for name, record in zip(refunds, counter.announce(*refunds.values()), strict=True):
        assert record.state is State.SYNCED, (name, record.held)
        if record.target:
            odoo = Decimal(str(counter.credit(record)["amount_total"]))
            assert round_half_up(odoo, currency_digits(currency)) == _shopify(record), name


def _shopify(record: Record) -> Decimal:
    """What was refunded, as the history has it."""
    (notes,) = [event.details for event in record.history if event.what == "verified"]
    return Decimal(str(notes["shopify"]).split()[0])
