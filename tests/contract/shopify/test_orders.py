"""The Shopify client against the sandbox shop: real HTTP, real GraphQL on the real schema."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from libs.common.domain.money import Money
from libs.common.errors import CredentialsRefused, Failure, Outage, RateLimited, Transient
from libs.common.shopify.check import check_shop
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.orders import fetch_orders
from libs.sandbox.faults import Delay, Drop, Error, Fault, Refuse, Silence, Truncate
from libs.sandbox.shopify.drafts import Discount, Line, Person, Place, Product, Shipping, Tax
from libs.sandbox.shopify.sandbox import ShopifySandbox
from tests.unit.shopify.shop import NotedBudget

VAT = Tax("VAT", Decimal("0.2"))
ADA = Person("Ada", "Lovelace", "Ada@Example.com")
HOME = Place("Ada", "Lovelace", address1="1 Main Street", city="Louisville", zip="40202", province="KY", country="US")


@pytest.fixture
def shop() -> Iterator[ShopifySandbox]:
    with ShopifySandbox() as shop:
        shop.add_products([Product("MUG", "Mug", Decimal("12.50")), Product("PEN", "Pen", Decimal("1.05"))])
        yield shop


@pytest.fixture
def client(shop: ShopifySandbox) -> Iterator[ShopifyClient]:
    client = ShopifyClient(shop.url, shop.token, budget=NotedBudget(), budget_key="acme/shopify")
    yield client
    client.close()


def ids_of(shop: ShopifySandbox, number: int, *, lines: int = 1) -> list[str]:
    placed = [shop.place_order(lines=(Line(shop.product("PEN")),) * lines) for _ in range(number)]
    return [str(order["id"]).rpartition("/")[2] for order in placed]


def requests_of(shop: ShopifySandbox) -> int:
    return shop.calls.count()


def test_an_order_arrives_as_it_was_placed(shop: ShopifySandbox, client: ShopifyClient) -> None:
    placed = shop.place_order(
        lines=(Line(shop.product("MUG"), 3, discount=Decimal("2.50")), Line(title="Engraving", price=Decimal(5))),
        shipping=(Shipping("Post", Decimal("4.90"), "post"),),
        discounts=(Discount("TEN", percent=Decimal(10)),),
        taxes=(VAT,),
        customer=ADA,
        shipping_address=HOME,
        tip=Decimal("1.50"),
        tags=("vip",),
        note="by noon",
    )
    order_id = str(placed["id"]).rpartition("/")[2]
    order = fetch_orders(client, [order_id])[order_id]
    assert requests_of(shop) == 1
    assert (order.name, order.note, order.tags, order.taxes_included) == (placed["name"], "by noon", ("vip",), False)
    assert [line.variant_id for line in order.lines] == [shop.product("MUG").variant_id, None]
    assert order.lines[0].unit_price == Money.of("12.50", "USD")
    assert {tax.rate for line in order.lines for tax in line.taxes} == {Decimal("0.2")}
    assert order.shipping_address is not None
    assert (order.shipping_address.country, order.shipping_address.province) == ("US", "KY")
    assert order.customer is not None
    assert order.tip == Money.of("1.50", "USD")
    goods = Money.sum([line.total for line in order.lines], "USD")
    shipping = Money.sum([line.total for line in order.shipping_lines], "USD")
    assert (goods + shipping + order.total_tax + order.tip).rounded() == order.total


def test_one_order_is_one_request_and_twenty_are_at_most_two(shop: ShopifySandbox, client: ShopifyClient) -> None:
    ids = ids_of(shop, 21)
    fetch_orders(client, ids[:1])
    assert requests_of(shop) == 1
    assert len(fetch_orders(client, ids[1:])) == 20
    assert requests_of(shop) <= 3


def test_the_declared_cost_is_what_the_shop_charges(shop: ShopifySandbox) -> None:
    budget = NotedBudget()
    client = ShopifyClient(shop.url, shop.token, budget=budget, budget_key="acme/shopify")
    fetch_orders(client, ids_of(shop, 3, lines=14))
    client.close()
    charged = [call.detail["requested"] for call in shop.calls.entries()]
    assert [cost for _, cost, _, _ in budget.reserved] == charged


def test_every_page_of_a_long_order_is_read(shop: ShopifySandbox, client: ShopifyClient) -> None:
    (order_id,) = ids_of(shop, 1, lines=120)
    order = fetch_orders(client, [order_id])[order_id]
    assert len({line.id for line in order.lines}) == 120
    assert order.total == Money.of("126.00", "USD")


def test_an_order_that_is_not_there_is_absent(shop: ShopifySandbox, client: ShopifyClient) -> None:
    (order_id,) = ids_of(shop, 1)
    assert list(fetch_orders(client, ["999999999999", order_id])) == [order_id]


def test_the_present_state_is_read(shop: ShopifySandbox, client: ShopifyClient) -> None:
    (order_id,) = ids_of(shop, 1)
    shop.update_order(order_id, note="changed", updated_at=datetime.now(UTC) + timedelta(seconds=5))
    assert fetch_orders(client, [order_id])[order_id].note == "changed"


def test_the_check_knows_the_shop(shop: ShopifySandbox, client: ShopifyClient) -> None:
    facts = check_shop(client)
    assert (facts.domain, facts.currency, facts.missing_scopes) == (shop.shop, "USD", ())
    assert facts.version_supported


def test_a_missing_scope_and_a_retired_version_are_seen() -> None:
    with ShopifySandbox(scopes=["read_orders"]) as shop:
        client = ShopifyClient(shop.url, shop.token, budget=NotedBudget(), budget_key="x", api_version="2020-01")
        facts = check_shop(client)
        client.close()
    assert facts.missing_scopes == ("read_customers", "read_products", "read_returns", "read_payment_terms")
    assert not facts.version_supported


def test_a_wrong_token_is_refused(shop: ShopifySandbox) -> None:
    client = ShopifyClient(shop.url, "wrong", budget=NotedBudget(), budget_key="x")
    with pytest.raises(CredentialsRefused, match="Invalid API key"):
        check_shop(client)
    client.close()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Refuse(503), Outage),
        (Refuse(503, headers={"Retry-After": "2"}), RateLimited),
        (Refuse(429, headers={"Retry-After": "2"}), RateLimited),
        (Refuse(200, "<html><title>Oops</title></html>"), Transient),
        (Refuse(502), Transient),
        (Drop(), Transient),
        (Drop(applied=True), Transient),
        (Truncate(), Transient),
        (Silence(), Transient),
        (Error("THROTTLED"), RateLimited),
        (Error("INTERNAL_SERVER_ERROR"), Transient),
        (Error("ACCESS_DENIED", "Required access: `read_orders` access scope."), CredentialsRefused),
    ],
)
def test_every_fault_is_a_typed_failure_and_passes(
    shop: ShopifySandbox, fault: Refuse | Drop | Silence | Truncate | Error, kind: type[Failure]
) -> None:
    (order_id,) = ids_of(shop, 1)
    client = ShopifyClient(shop.url, shop.token, budget=NotedBudget(), budget_key="x", read_timeout=2.5)
    shop.faults.add(Fault("*", fault))
    with pytest.raises(Failure) as caught:
        fetch_orders(client, [order_id])
    assert type(caught.value) is kind
    shop.faults.clear()
    assert list(fetch_orders(client, [order_id])) == [order_id]
    client.close()


def test_a_slow_answer_is_an_answer(shop: ShopifySandbox, client: ShopifyClient) -> None:
    (order_id,) = ids_of(shop, 1)
    shop.faults.add(Fault("*", Delay(0.3)))
    assert list(fetch_orders(client, [order_id])) == [order_id]
