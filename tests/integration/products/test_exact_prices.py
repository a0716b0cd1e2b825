"""Prices that are not one price and what each value adds, kept to the cent in Odoo all the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from libs.common.ledger.model import State
from libs.common.odoo.client import OdooClient
from libs.sandbox.faults import Drop, Fault
from libs.sandbox.shopify.selling import Offer
from tests.integration.products.stall import Stall

PRICES = {("S", "Red"): "10.00", ("L", "Red"): "12.00", ("S", "Blue"): "11.00", ("L", "Blue"): "15.37"}
RULES = "product.pricelist.item"


def offers(stall: Stall, **changed: str) -> list[Offer]:
    known = {v["sku"]: v["id"].rpartition("/")[2] for p in stall.shop.store.catalog.products() for v in p["variants"]}
    found = []
    for (size, colour), price in PRICES.items():
        sku = f"{size}-{colour}"
        options = {"Size": size, "Color": colour}
        found.append(Offer(sku, Decimal(changed.get(f"{size}_{colour}", price)), options, id=known.get(sku, "")))
    return found


def odoos(stall: Stall, number: str) -> dict[str, str]:
    """What each variant costs in Odoo by the pricelist that has the rules."""
    (pricelist,) = {one["pricelist_id"][0] for one in stall.odoo.find(RULES)}
    client = OdooClient(stall.odoo.url, stall.odoo.database, stall.odoo.login, stall.odoo.key, 1)
    context: dict[str, Any] = {"pricelist": pricelist}
    found = {}
    for one in stall.variants(stall.target(number)):
        price = client.call("product.product", "get_contextual_price", [[one["id"]]], write=False, context=context)
        found[one["default_code"]] = f"{price:.2f}"
    client.close()
    return found


def expected(**changed: str) -> dict[str, str]:
    return {f"{size}-{colour}": changed.get(f"{size}_{colour}", price) for (size, colour), price in PRICES.items()}


def test_every_variant_has_its_price_to_the_cent_and_a_repeat_writes_nothing(stall: Stall) -> None:
    number = stall.offer("Shirt", offers(stall))
    record = stall.sync(number)
    assert record.state is State.SYNCED, record.held
    assert odoos(stall, number) == expected()
    assert len(stall.odoo.find(RULES)) == 1
    (own,) = stall.odoo.find("product.pricelist", [("name", "=", "Shopify: acme")], archived=True)
    assert own["active"] is False
    stall.offer("Shirt", offers(stall, L_Blue="14.99"), product_id=number)
    record = stall.sync(number)
    assert record.state is State.SYNCED, record.held
    assert odoos(stall, number) == expected(L_Blue="14.99")
    stall.offer("Shirt", offers(stall, L_Blue="13.00"), product_id=number)
    assert stall.sync(number).state is State.SYNCED
    assert odoos(stall, number) == expected(L_Blue="13.00")
    writes = stall.odoo.calls.count("*.load")
    assert stall.sync(number).state is State.SYNCED
    assert stall.odoo.calls.count("*.load") == writes
    assert len(stall.odoo.find(RULES)) == 1


def test_the_rules_go_into_the_pricelist_that_the_store_names(stall: Stall) -> None:
    webshop = stall.odoo.add_pricelist("USD", "Webshop")
    stall.rules({"products": {"lead": "shopify", "pricelist_id": webshop}})
    number = stall.offer("Shirt", offers(stall))
    record = stall.sync(number)
    assert record.state is State.SYNCED, record.held
    (rule,) = stall.odoo.find(RULES)
    assert (rule["pricelist_id"][0], rule["fixed_price"]) == (webshop, 15.37)


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("model", [RULES, "product.pricelist"])
def test_f23_a_rule_whose_answer_is_lost_is_found_and_not_made_again(
    stall: Stall, model: str, *, applied: bool
) -> None:
    number = stall.offer("Shirt", offers(stall))
    stall.odoo.faults.add(Fault(f"{model}.load", Drop(applied=applied)))
    record = stall.sync(number)
    stall.ledger.retry([record.id], why="test")
    record = stall.sync(number)
    assert record.state is State.SYNCED, record.held
    assert odoos(stall, number) == expected()
    assert len(stall.odoo.find(RULES)) == 1
    assert len(stall.odoo.find("product.pricelist", [("name", "=", "Shopify: acme")], archived=True)) == 1


def test_a_pricelist_that_is_not_there_holds_that_product_alone(stall: Stall) -> None:
    stall.rules({"products": {"lead": "shopify", "pricelist_id": 999}})
    number, plain = stall.offer("Shirt", offers(stall)), stall.offer("Lamp", [Offer("LAMP", Decimal(5))])
    record = stall.sync(number, plain)
    assert record.held
    assert "999" in record.held.message
    assert stall.record(f"acme/product/{plain}").state is State.SYNCED


def test_a_pricelist_in_another_currency_takes_no_prices(stall: Stall) -> None:
    euros = stall.odoo.add_pricelist("EUR", "Euros")
    stall.rules({"products": {"lead": "shopify", "pricelist_id": euros}})
    number, plain = stall.offer("Shirt", offers(stall)), stall.offer("Lamp", [Offer("LAMP", Decimal(5))])
    record = stall.sync(number, plain)
    assert record.held
    assert record.held.code == "currency_differs"
    assert f"pricelist {euros}" in record.held.message
    assert stall.odoo.find(RULES) == []
    assert stall.record(f"acme/product/{plain}").state is State.SYNCED
