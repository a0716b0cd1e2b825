"""Prices of Odoo's pricelists in Shopify: every kind of rule, and a change of one reaches all that it covers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from libs.common.ledger.model import State
from tests.integration.products.stall import Stall, open_stall
from tests.integration.products.test_to_shopify import mutations, poll

ITEM = "product.pricelist.item"


@dataclass
class Shop:
    """Two mugs in a category under another, and a lamp in none of them; the store's pricelist."""

    stall: Stall
    pricelist: int
    outer: int
    inner: int

    def rule(self, **values: Any) -> int:
        return self.stall.odoo.add(ITEM, **{"pricelist_id": self.pricelist, **values})

    def prices(self) -> dict[str, str]:
        """After a poll; every later change is in a second of its own."""
        records = poll(self.stall)
        assert {one.state for one in records} == {State.SYNCED}, [one.held for one in records]
        self.stall.odoo.now = self._next_second
        return {one["title"]: str(one["variants"][0]["price"]) for one in self.stall.shop.store.catalog.products()}

    def _next_second(self) -> datetime:
        self._ahead = getattr(self, "_ahead", 0) + 1
        return datetime.now(UTC) + timedelta(seconds=self._ahead)


@pytest.fixture(params=["18", "19"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with open_stall(request.param, {"products": {"lead": "odoo"}}) as stall:
        odoo = stall.odoo
        pricelist = odoo.add_pricelist("USD", "Webshop")
        stall.rules({"products": {"lead": "odoo", "pricelist_id": pricelist}})
        outer = odoo.add("product.category", name="Kitchen")
        inner = odoo.add("product.category", name="Mugs", parent_id=outer)
        for name, category in (("Blue mug", inner), ("Red mug", outer), ("Lamp", None)):
            more = {"categ_id": category} if category else {}
            template = odoo.add("product.template", name=name, list_price=20.0, **more)
            (variant,) = stall.variants(template)
            odoo.change("product.product", variant["id"], default_code=name.upper(), standard_price=8.0)
        yield Shop(stall, pricelist, outer, inner)


def test_a_rule_of_a_category_reaches_all_its_products_at_once(shop: Shop) -> None:
    assert set(shop.prices().values()) == {"20.00"}
    rule = shop.rule(applied_on="2_product_category", categ_id=shop.outer, compute_price="percentage", percent_price=25)
    assert shop.prices() == {"Blue mug": "15.00", "Red mug": "15.00", "Lamp": "20.00"}
    shop.stall.odoo.change(ITEM, rule, categ_id=shop.inner)
    assert shop.prices() == {"Blue mug": "15.00", "Red mug": "20.00", "Lamp": "20.00"}
    told = mutations(shop.stall)
    shop.prices()
    assert mutations(shop.stall) == told


def test_a_formula_for_everything_and_one_that_is_deleted(shop: Shop) -> None:
    shop.prices()
    values = {"compute_price": "formula", "base": "standard_price", "price_discount": -87.5, "price_surcharge": -0.01}
    rule = shop.rule(**values)
    assert set(shop.prices().values()) == {"14.99"}
    shop.stall.odoo.delete(ITEM, rule)
    shop.stall.odoo.change("product.pricelist", shop.pricelist, name="Webshop, new")
    assert set(shop.prices().values()) == {"20.00"}


def test_a_rule_of_the_pricelist_that_the_stores_reckons_from(shop: Shop) -> None:
    wholesale = shop.stall.odoo.add_pricelist("USD", "Wholesale")
    base = shop.rule(pricelist_id=wholesale, compute_price="percentage", percent_price=50)
    shop.rule(compute_price="formula", base="pricelist", base_pricelist_id=wholesale, price_surcharge=1)
    assert set(shop.prices().values()) == {"11.00"}
    shop.stall.odoo.change(ITEM, base, percent_price=40)
    assert set(shop.prices().values()) == {"13.00"}
    other = shop.stall.odoo.add_pricelist("USD", "Nobody's")
    before = shop.stall.odoo.calls.count("product.template.web_read")
    shop.rule(pricelist_id=other, fixed_price=1)
    shop.prices()
    assert shop.stall.odoo.calls.count("product.template.web_read") == before


def test_a_rule_that_begins_and_ends_by_its_dates_is_told_then(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    begins, ends = datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) + timedelta(hours=2)
    dates = {"date_start": begins.strftime("%Y-%m-%d %H:%M:%S"), "date_end": ends.strftime("%Y-%m-%d %H:%M:%S")}
    shop.rule(fixed_price=5.0, **dates)
    assert set(shop.prices().values()) == {"20.00"}
    real = shop.stall.ledger.clock.now
    shifted = timedelta(minutes=61)
    monkeypatch.setattr(shop.stall.ledger.clock, "now", lambda: real() + shifted)
    calls = shop.stall.odoo.calls.count(f"{ITEM}.search_read")
    assert set(shop.prices().values()) == {"5.00"}
    assert shop.stall.odoo.calls.count(f"{ITEM}.search_read") == calls + 2  # the poll's, and the prices'
    shifted = timedelta(minutes=121)
    assert set(shop.prices().values()) == {"20.00"}


def test_a_pricelist_that_is_not_there_holds_with_its_number(shop: Shop) -> None:
    shop.stall.rules({"products": {"lead": "odoo", "pricelist_id": 999}})
    held = [one.held for one in poll(shop.stall)]
    assert {one and one.code for one in held} == {"pricelist_gone"}
    assert all(one and "999" in one.message for one in held)


def test_f35_a_template_that_is_deleted_in_odoo_is_noticed_and_becomes_a_draft(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.prices()
    (lamp,) = shop.stall.odoo.find("product.template", [("name", "=", "Lamp")])
    shop.stall.odoo.delete("product.template", lamp["id"])
    real = shop.stall.ledger.clock.now
    monkeypatch.setattr(shop.stall.ledger.clock, "now", lambda: real() + timedelta(minutes=16))
    shop.prices()
    status = {one["title"]: one["status"] for one in shop.stall.shop.store.catalog.products()}
    assert status == {"Blue mug": "ACTIVE", "Red mug": "ACTIVE", "Lamp": "DRAFT"}
    told = mutations(shop.stall)
    monkeypatch.setattr(shop.stall.ledger.clock, "now", lambda: real() + timedelta(minutes=40))
    reads = shop.stall.shop.calls.count("ProductsByIds")
    shop.prices()
    assert (mutations(shop.stall), shop.stall.shop.calls.count("ProductsByIds")) == (told, reads)


def test_an_audit_finds_what_no_poll_tells(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    euros = shop.stall.odoo.add_pricelist("EUR", "Euros")
    shop.stall.odoo.set_rate("EUR", 0.9)
    shop.rule(compute_price="percentage", base="pricelist", base_pricelist_id=euros, percent_price=50)
    shop.rule(pricelist_id=euros, fixed_price=9.0)
    assert set(shop.prices().values()) == {"5.00"}
    shop.stall.odoo.set_rate("EUR", 0.75)
    assert set(shop.prices().values()) == {"5.00"}
    real = shop.stall.ledger.clock.now
    monkeypatch.setattr(shop.stall.ledger.clock, "now", lambda: real() + timedelta(hours=25))
    assert set(shop.prices().values()) == {"6.00"}


def test_weights_in_pounds_are_told_as_pounds(shop: Shop) -> None:
    shop.stall.odoo.weigh_in_pounds()
    (lamp,) = shop.stall.odoo.find("product.product", [("name", "=", "Lamp")])
    shop.stall.odoo.change("product.product", lamp["id"], weight=2.75)
    shop.prices()
    product = next(one for one in shop.stall.shop.store.catalog.products() if one["title"] == "Lamp")
    assert product["variants"][0]["item"]["measurement"]["weight"] == {"value": 2.75, "unit": "POUNDS"}
    assert Decimal(product["variants"][0]["price"]) == 20
