"""An order of every kind, read through the client from the sandbox shop: the figures of either money are right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.common.domain.money import Money
from libs.common.domain.orders import Charge, LineItem, Order, PaymentTerms, ShippingLine, Side, TaxLine
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.orders import fetch_orders
from libs.sandbox.shopify.drafts import Draft, Terms
from libs.sandbox.shopify.kinds import catalog, orders
from libs.sandbox.shopify.sandbox import ShopifySandbox
from libs.sandbox.shopify.strategies import drafts
from tests.unit.shopify.shop import NotedBudget

SIDES: tuple[Side, ...] = ("shop", "presentment")


@dataclass(frozen=True)
class Read:
    """The orders of all kinds by their names, as read on each side."""

    shop: dict[str, Order]
    presentment: dict[str, Order]

    def __call__(self, name: str, side: Side = "shop") -> Order:
        return (self.shop if side == "shop" else self.presentment)[name]


class Reader:
    """A shop and a client of it."""

    def __init__(self, shop: ShopifySandbox) -> None:
        self._shop = shop
        self.client = ShopifyClient(shop.url, shop.token, budget=NotedBudget(), budget_key="acme/shopify")

    def read(self, made: Sequence[Draft]) -> dict[Side, list[Order]]:
        """Places them and reads them, on each side."""
        placed = [str(self._shop.place_order(draft)["id"]).rpartition("/")[2] for draft in made]
        found = {side: fetch_orders(self.client, placed, side=side) for side in SIDES}
        return {side: [found[side][one] for one in placed] for side in SIDES}


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with ShopifySandbox(bucket=1e9) as shop:
        reader = Reader(shop)
        yield reader
        reader.client.close()


def read_all(currency: str, *, included: bool) -> Read:
    with ShopifySandbox(currency=currency, taxes_included=included, bucket=1e9) as shop:
        shop.add_products(catalog(currency))
        reader = Reader(shop)
        kinds = orders(currency, taxes_included=included)
        found = reader.read(list(kinds.values()))
        reader.client.close()
    return Read(*(dict(zip(kinds, found[side], strict=True)) for side in SIDES))


@pytest.fixture(
    scope="module", params=[("USD", False), ("EUR", True), ("JPY", False), ("JPY", True), ("KWD", False), ("KWD", True)]
)
def everywhere(request: pytest.FixtureRequest) -> Read:
    currency, included = request.param
    return read_all(currency, included=included)


@pytest.fixture(scope="module")
def usd() -> Read:
    return read_all("USD", included=False)


def charged(order: Order) -> list[LineItem | ShippingLine]:
    return [*order.lines, *(line for line in order.shipping_lines if not line.removed)]


def taxes_of(order: Order) -> list[TaxLine]:
    parts: list[LineItem | ShippingLine | Charge] = [*charged(order), *order.duties, *order.fees]
    return [tax for part in parts for tax in part.taxes]


def check_sums(order: Order, name: str = "") -> None:
    tax = Money.sum((tax.price for tax in taxes_of(order)), order.currency)
    assert order.total_tax == tax, name
    parts = [*(part.total for part in charged(order)), *(c.price for c in (*order.duties, *order.fees))]
    total = Money.sum([*parts, order.tip or Money.zero(order.currency)], order.currency)
    assert order.total == (total if order.taxes_included else total + tax), name
    paid = Money.sum((one.amount for one in order.transactions if one.pays), order.currency)
    change = Money.sum((one.amount for one in order.transactions if one.gives_change), order.currency)
    assert order.change_in_sales is not None or not change, name
    paid -= change if order.change_in_sales else Money.zero(order.currency)
    rounding = order.cash_rounding or Money.zero(order.currency)
    assert order.outstanding == order.total + rounding - paid, name


def test_every_kind_adds_up_to_its_total_in_either_money(everywhere: Read) -> None:
    for orders_of_side in (everywhere.shop, everywhere.presentment):
        for name, order in orders_of_side.items():
            check_sums(order, name)
            assert (order.financial_status == "paid") == (not order.outstanding), name


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made_up=st.lists(drafts(), min_size=1, max_size=8))
def test_whatever_is_ordered_adds_up_to_its_total_in_either_money(reader: Reader, made_up: list[Draft]) -> None:
    found = reader.read(made_up)
    for side in SIDES:
        for draft, order in zip(made_up, found[side], strict=True):
            check_sums(order)
            assert len(order.lines) == len(draft.lines)


def test_an_order_is_read_in_the_currency_of_its_side(usd: Read) -> None:
    for digits, currency in ((0, "JPY"), (2, "CAD"), (3, "KWD")):
        name = f"presentment_{digits}"
        shop, shown = usd(name), usd(name, "presentment")
        assert (shop.currency, shown.currency) == ("USD", currency)
        assert (shown.shop_currency, shown.presentment_currency, shown.side) == ("USD", currency, "presentment")
        assert [line.total.currency for line in shown.lines] == [currency] * len(shown.lines)
        assert [line.quantity for line in shown.lines] == [line.quantity for line in shop.lines]


def test_a_discount_is_what_comes_off_each_line(usd: Read) -> None:
    uneven = usd("order_discount_code")
    assert [str(line.total) for line in uneven.lines] == ["6.66 USD", "6.67 USD", "6.67 USD"]
    assert [line.total for line in usd("order_discount_full").lines] == [Money.of("0.00", "USD")] * 2
    assert usd("order_discount_full").total == Money.of("0.00", "USD")
    assert [str(d) for line in usd("discounts_together").lines for d in line.discounts] == [
        "8.57 USD", "5.14 USD", "0.70 USD", "0.53 USD", "0.07 USD",
    ]  # fmt: skip
    assert usd("line_discount_full").lines[0].total == Money.of("0.00", "USD")


def test_taxes_are_those_of_each_line(usd: Read) -> None:
    assert [tax.title for tax in usd("several_taxes").lines[0].taxes] == ["State Tax", "County Tax"]
    assert [len(line.taxes) for line in usd("tax_free_line").lines] == [1, 0]
    for name in ("tax_exempt", "tax_exempt_customer"):
        assert usd(name).tax_exempt
        assert not taxes_of(usd(name))
    assert not usd("no_tax").tax_exempt


def test_shipping_is_free_or_gone(usd: Read) -> None:
    assert [tax.price for tax in usd("shipping_with_tax").shipping_lines[0].taxes] == [Money.of("0.98", "USD")]
    for name in ("free_shipping", "free_shipping_by_code"):
        assert [line.total for line in usd(name).shipping_lines] == [Money.of("0.00", "USD")]
    assert usd("free_shipping_by_code").shipping_lines[0].price == Money.of("4.90", "USD")
    assert usd("removed_shipping").total == usd("shipping_with_tax").total
    assert len([line for line in usd("removed_shipping").shipping_lines if not line.removed]) == 1


def test_a_tip_is_told_once(usd: Read) -> None:
    order = usd("tip")
    assert order.tip == Money.of("3.15", "USD")
    assert [line.title for line in order.lines] == ["Shirt", "Pen"]
    assert len(order.tip_line_ids) == 1


def test_duties_and_fees_have_their_own_prices_and_taxes(usd: Read) -> None:
    duties, fees = usd("duties").duties, usd("additional_fees").fees
    assert [(d.title, str(d.price), len(d.taxes)) for d in duties] == [
        ("Duty 6109.10", "4.37 USD", 0),
        ("Duty 6912.00", "0.99 USD", 1),
    ]
    assert [(f.title, str(f.price), [str(t.price) for t in f.taxes]) for f in fees] == [
        ("Recycling fee", "1.50 USD", ["0.30 USD"]),
        ("Small order fee", "0.99 USD", []),
    ]
    assert usd("duties_included").duties == ()


def test_gift_cards_are_sold_as_lines_and_redeemed_as_payments(usd: Read) -> None:
    assert [line.gift_card for line in usd("gift_card_sold").lines] == [True, False]
    redeemed = usd("gift_card_redeemed")
    assert [(one.gateway, str(one.amount)) for one in redeemed.transactions] == [
        ("gift_card", "15.00 USD"),
        ("shopify_payments", "42.64 USD"),
    ]
    assert not any(line.discounts for line in redeemed.lines)
    assert usd("gift_card_pays_all").transactions[0].amount == redeemed.total


def test_lines_that_are_no_plain_product(usd: Read) -> None:
    assert [line.group for line in usd("bundle").lines] == ["Writing kit", "Writing kit", ""]
    custom = usd("custom_line").lines[1]
    assert (custom.title, custom.variant_id, custom.sku, custom.quantity) == ("Engraving", None, "", 2)
    deleted = usd("deleted_product").lines[1]
    assert (deleted.title, deleted.variant_id, deleted.sku) == ("Mug", None, "MUG")
    nothing = usd("zero_quantity").lines[1]
    assert (nothing.quantity, nothing.total, nothing.sold_total) == (
        0,
        Money.of("0.00", "USD"),
        Money.of("0.00", "USD"),
    )
    assert len(usd("many_lines").lines) == 30


def test_cash_is_rounded_in_the_payment_and_not_in_the_total(usd: Read) -> None:
    up, down = usd("cash_rounding_up"), usd("cash_rounding_down")
    for order, total, paid, rounding in ((up, "1.23", "1.25", "0.02"), (down, "1.22", "1.20", "-0.02")):
        assert order.total == Money.of(total, "USD")
        assert order.cash_rounding == Money.of(rounding, "USD")
        assert [one.amount for one in order.transactions] == [Money.of(paid, "USD")]
        assert order.outstanding == Money.of("0.00", "USD")


def test_change_is_a_transaction_that_goes_by_its_sale_and_the_net_tells_whether_the_sale_has_it(usd: Read) -> None:
    for name, in_sales in (("cash_change", True), ("cash_change_apart", False), ("cash_rounded_with_change", True)):
        order = usd(name)
        *_, sale, change = order.transactions
        assert (sale.pays, change.gives_change, change.parent_id) == (True, True, sale.id)
        assert order.change_in_sales is in_sales, name
    assert usd("pos").change_in_sales is None


def test_where_an_order_came_from(usd: Read) -> None:
    pos = usd("pos")
    assert (pos.source_name, pos.customer, pos.shipping_address, pos.shipping_lines) == ("pos", None, None, ())
    assert usd("draft_order").source_name == "shopify_draft_order"
    assert usd("test_order").test
    assert usd("test_order").transactions[0].test


def test_a_business_order(usd: Read) -> None:
    order = usd("b2b")
    assert order.company is not None
    assert (order.company.name, order.company.location_name, order.company.external_id) == (
        "Acme Ltd", "Acme, Louisville", "C-77-1",
    )  # fmt: skip
    assert order.payment_terms is not None
    assert (order.payment_terms.kind, order.payment_terms.due_in_days) == ("NET", 30)
    assert (order.po_number, order.financial_status) == ("PO-7731", "pending")
    assert usd("tip").company is None


def test_the_day_by_which_an_order_is_to_be_paid_is_read_and_so_is_its_change() -> None:
    with ShopifySandbox() as shop:
        reader = Reader(shop)
        draft = orders("USD", taxes_included=False)["b2b"]
        due = datetime(2027, 3, 31, 23, 30, tzinfo=UTC)
        shop.add_products(catalog("USD"))
        placed = shop.place_order(replace(draft, terms=Terms("Fixed date", "FIXED", due_at=due)))
        number = str(placed["id"]).rpartition("/")[2]

        def agreed() -> PaymentTerms | None:
            return fetch_orders(reader.client, [number])[number].payment_terms

        assert agreed() == PaymentTerms("Fixed date", "FIXED", None, date(2027, 3, 31))
        shop.change_business(number, terms=Terms("Fixed date", "FIXED", due_at=due + timedelta(hours=1)))
        assert agreed() == PaymentTerms("Fixed date", "FIXED", None, date(2027, 4, 1))
        shop.change_business(number, terms=Terms("Fixed date", "FIXED"))
        assert agreed() == PaymentTerms("Fixed date", "FIXED")
        reader.client.close()


@pytest.mark.parametrize(
    ("name", "payments"),
    [
        ("unpaid", []),
        ("authorized", [("authorization", "success", "57.64")]),
        ("captured", [("authorization", "success", "57.64"), ("capture", "success", "57.64")]),
        ("partly_paid", [("sale", "success", "10.00")]),
        ("several_gateways", [("sale", "success", "7.00"), ("sale", "success", "5.00"), ("sale", "success", "45.64")]),
        ("failed_then_paid", [("sale", "failure", "57.64"), ("sale", "success", "57.64")]),
        ("pending_payment", [("sale", "pending", "57.64")]),
    ],
)
def test_each_payment_is_a_transaction(usd: Read, name: str, payments: list[tuple[str, str, str]]) -> None:
    found = [(one.kind, one.status, one.amount) for one in usd(name).transactions]
    assert found == [(kind, status, Money.of(amount, "USD")) for kind, status, amount in payments]


def test_shown_lines_are_reckoned_in_the_shown_money(usd: Read) -> None:
    shirt = usd("presentment_0", "presentment").lines[0]
    assert shirt.unit_price == Money.of("3046", "JPY")
    assert shirt.total.amount == 3 * 3046 - sum((d.amount for d in shirt.discounts), Decimal(0))
