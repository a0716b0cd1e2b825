"""What becomes of each kind of money in an order."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.facts import TaxFact
from libs.common.domain.money import Money, round_half_up
from libs.common.domain.orders import Charge, Order
from libs.common.domain.outcomes import Hold
from libs.common.domain.rules import MissingProduct, StoreRules
from services.workers.orders.model import Changes, PlannedLine
from services.workers.orders.plan import plan
from tests.unit.orders.builders import FACTS, line, order, shipping, situation, tax, usd

MODULE = "tandem_acme"


def changes(placed: Order, rules: StoreRules | None = None, **around: Any) -> Changes:
    decided = plan(situation(placed, **around), rules or StoreRules())
    assert isinstance(decided, Changes), decided
    return decided


def lines(
    placed: Order, rules: StoreRules | None = None, **around: Any
) -> list[tuple[str, Any, Money, tuple[int, ...]]]:
    """Key, product, amount and taxes of each line."""
    return [(x.key, x.product, x.amount, x.tax_ids) for x in changes(placed, rules, **around).order.lines]


def charge(amount: str, **more: Any) -> Charge:
    return Charge(**{"id": "5", "title": "Duty 6911.10", "price": usd(amount), **more})


@pytest.mark.parametrize(
    ("kind", "fields", "key"),
    [
        ("tip", {"tip": usd("3.00")}, "tip_1001"),
        ("duty", {"duties": (charge("3.00"),)}, "duty_5"),
        ("fee", {"fees": (charge("3.00"),)}, "fee_5"),
    ],
)
def test_tips_duties_and_fees_are_lines_with_products_of_their_own(kind: str, fields: dict[str, Any], key: str) -> None:
    placed = order(total=usd("13.00"), **fields)
    planned = changes(placed)
    assert lines(placed)[1] == (key, f"{MODULE}.{kind}_product", usd("3.00"), ())
    assert [product.external_id for product in planned.products] == [f"{MODULE}.{kind}_product"]
    assert planned.products[0].service
    assert lines(placed, StoreRules(**{f"{kind}_product_id": 44}))[1][1] == 44
    assert planned.total == usd("13.00")


def test_duties_and_fees_have_the_taxes_that_were_charged_on_them() -> None:
    taxed = charge("10.00", taxes=(tax("0.15", "1.50"),))
    placed = order(total=usd("21.50"), total_tax=usd("1.50"), duties=(taxed,))
    assert lines(placed)[1] == ("duty_5", f"{MODULE}.duty_product", usd("10.00"), (1,))
    assert changes(placed).order.lines[1].tax == usd("1.50")


def test_rounded_cash_is_a_line_so_that_the_order_comes_to_what_was_paid() -> None:
    placed = order(line(price="9.98"), total=usd("9.98"), cash_rounding=usd("0.02"))
    planned = changes(placed)
    assert lines(placed)[1] == ("cash_rounding_1001", f"{MODULE}.rounding_product", usd("0.02"), ())
    assert planned.total == usd("10.00")
    taken = order(line(price="9.92"), total=usd("9.92"), cash_rounding=usd("-0.02"))
    assert lines(taken, StoreRules(rounding_product_id=9))[1] == ("cash_rounding_1001", 9, usd("-0.02"), ())


def test_a_sold_gift_card_goes_to_the_product_that_books_a_liability() -> None:
    card = line("Gift card", sku="", variant_id="60", gift_card=True, price="25.00")
    assert lines(order(card), StoreRules(gift_card_product_id=70))[0][1] == 70
    assert lines(order(dataclasses.replace(card, sku="MUG-1")))[0][1] == 11


@pytest.mark.parametrize("rule", list(MissingProduct))
def test_no_gift_card_is_sold_by_an_ordinary_product(rule: MissingProduct) -> None:
    card = line("Gift card", sku="", variant_id="60", gift_card=True, price="25.00")
    decided = plan(situation(order(card)), StoreRules(missing_product=rule))
    assert isinstance(decided, Hold)
    assert (decided.code, decided.details["line"]) == ("gift_card_product_missing", "Gift card")


def test_a_redeemed_gift_card_takes_nothing_off_the_order() -> None:
    assert lines(order(outstanding=usd("0.00"))) == [("line_1", 11, usd("10.00"), ())]


def test_parts_of_a_bundle_name_it() -> None:
    placed = order(line(group="Breakfast", attributes=(("For", "Jo"),)))
    assert changes(placed).order.lines[0].name == "[MUG-1] Mug\nBundle: Breakfast\nFor: Jo"


def test_free_shipping_is_a_line_of_nothing_and_removed_shipping_none() -> None:
    placed = order(shipping_lines=(shipping(discounts=(usd("4.90"),)), shipping(id="2", removed=True)))
    assert lines(placed)[1:] == [("shipping_1001_1", f"{MODULE}.shipping_product", usd("0.00"), ())]


def test_an_order_of_no_units_still_has_its_shipping() -> None:
    placed = order(line(quantity=0), shipping_lines=(shipping(),))
    assert [key for key, *_ in lines(placed)] == ["shipping_1001_1"]


def test_a_rate_of_which_nothing_was_charged_is_no_tax_of_the_line() -> None:
    exempt = order(line(taxes=(tax("0.15", "0.00"),)), tax_exempt=True)
    assert lines(exempt)[0][3] == ()
    free = order(line(discounts=(usd("10.00"),), taxes=(tax("0.15", "0.00"),)))
    assert lines(free)[0][3] == (1,)


def test_several_taxes_of_several_lines_are_each_kept() -> None:
    facts = dataclasses.replace(FACTS, taxes=(*FACTS.taxes, TaxFact(9, "County", Decimal("0.02"), included=False)))
    placed = order(
        line(taxes=(tax("0.15", "1.50"), tax("0.02", "0.20"))),
        line(id="2", taxes=(tax("0.02", "0.20"),)),
        line(id="3"),
        shipping_lines=(shipping(taxes=(tax("0.15", "0.74"),)),),
    )
    assert [taxes for *_, taxes in lines(placed, facts=facts)] == [(1, 9), (9,), (), (1,)]
    assert Money.sum((x.tax for x in changes(placed, facts=facts).order.lines), "USD") == usd("2.64")


def test_a_deleted_product_with_a_sku_is_looked_for_by_it_and_one_without_is_a_custom_line() -> None:
    assert lines(order(line(variant_id=None)))[0][1] == 11
    assert lines(order(line(variant_id=None, sku="")))[0][1] == f"{MODULE}.custom_line_product"


def test_what_nothing_explains_is_held_with_every_part() -> None:
    placed = order(
        line(),
        shipping_lines=(shipping(),),
        tip=usd("1.00"),
        duties=(charge("2.00"),),
        fees=(charge("3.00"),),
        cash_rounding=usd("0.02"),
        total=usd("30.00"),
    )
    decided = plan(situation(placed), StoreRules())
    assert isinstance(decided, Hold)
    assert (decided.code, decided.details) == (
        "total_unexplained",
        {
            "total": "30.02 USD",
            "difference": "9.10 USD",
            "lines": "10.00 USD",
            "shipping": "4.90 USD",
            "duty": "2.00 USD",
            "fee": "3.00 USD",
            "tip": "1.00 USD",
            "cash_rounding": "0.02 USD",
            "tax": "0.00 USD",
        },
    )


def test_two_currencies_in_one_order_are_an_error() -> None:
    with pytest.raises(ValueError, match="two currencies"):
        plan(situation(order(tip=Money.of("1", "EUR"), total=usd("11.00"))), StoreRules())


def test_amounts_of_lines_carry_their_currency() -> None:
    planned: tuple[PlannedLine, ...] = changes(order(shipping_lines=(shipping(),))).order.lines
    assert {x.amount.currency for x in planned} == {x.tax.currency for x in planned} == {"USD"}


def test_a_line_in_two_parts_is_split_so_that_its_tax_is_that_of_the_whole() -> None:
    """9.5 % of 9.08 are 0.86; of 3.02 and 6.06 they would be 0.29 and 0.58."""
    facts = dataclasses.replace(FACTS, taxes=(TaxFact(1, "9.5 %", Decimal("0.095"), included=False),))
    thirds = line(quantity=3, price="5.00", discounts=(usd("5.92"),), taxes=(tax("0.095", "0.86"),))
    parts = changes(order(thirds), facts=facts).order.lines
    assert Money.sum((x.amount for x in parts), "USD") == usd("9.08")
    taxes = [round_half_up(x.amount.amount * Decimal("0.095"), 2) for x in parts]
    assert sum(taxes) == Decimal("0.86")
