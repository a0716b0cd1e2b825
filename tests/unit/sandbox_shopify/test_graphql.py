"""What the sandbox answers over HTTP: data, errors, costs, throttling."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_object_type

from libs.common.domain.fulfillments import Tracking
from libs.sandbox.faults import Drop, Error, Fault, Refuse
from libs.sandbox.shopify.demo import demo_orders
from libs.sandbox.shopify.demo_catalog import demo_catalog
from libs.sandbox.shopify.drafts import Draft, Line, Person, Place, Shipping, Tax
from libs.sandbox.shopify.engine import Bucket
from libs.sandbox.shopify.sandbox import ShopifySandbox
from tests.unit.sandbox_shopify.conftest import PRODUCTS
from tests.unit.sandbox_shopify.helpers import Client, document

MUG, CUP = PRODUCTS
DRAFT = Draft(
    lines=(Line(MUG, 2), Line(CUP, 3), Line(title="Engraving", price=Decimal("7.00"))),
    shipping=(Shipping("Post", Decimal("5.00")),),
    taxes=(Tax("VAT", Decimal("0.15")),),
    customer=Person("Ada", "Reyes", "ada@example.com"),
    shipping_address=Place("Ada", "Reyes", address1="1 Main St", country="US", province="KY", province_name="Kentucky"),
)


def test_orders_come_with_every_field_of_the_document(shop: ShopifySandbox, ask: Client) -> None:
    order = shop.place_order(DRAFT)
    body = ask(document("orders_by_ids"), ids=[order["id"], "gid://shopify/Order/1"], lines=12)
    assert "errors" not in body
    found, missing = body["data"]["nodes"]
    assert missing is None
    assert found["totalPriceSet"]["shopMoney"] == {"amount": "54.04", "currencyCode": "USD"}
    assert found["subtotalPriceSet"]["shopMoney"]["amount"] == "41.99"
    assert found["shippingAddress"]["name"] == "Ada Reyes"
    assert found["shippingAddress"]["provinceCode"] == "KY"
    assert found["customer"]["displayName"] == "Ada Reyes"
    mug, _, engraving = found["lineItems"]["nodes"]
    assert mug["variant"] == {"id": "gid://shopify/ProductVariant/1", "barcode": "4006381333931", "sku": "MUG"}
    assert engraving["variant"] is None
    assert mug["taxLines"] == [
        {
            "title": "VAT",
            "rate": 0.15,
            "ratePercentage": 15.0,
            "priceSet": {name: {"amount": "3.75", "currencyCode": "USD"} for name in ("shopMoney", "presentmentMoney")},
        }
    ]
    assert found["shippingLines"]["nodes"][0]["originalPriceSet"]["shopMoney"]["amount"] == "5.0"


def test_every_demo_order_answers_every_document_without_an_error(ask: Client, shop: ShopifySandbox) -> None:
    shop.bucket.restore_rate = 1e6
    shop.add_products(demo_catalog())
    for draft in demo_orders():
        order = shop.place_order(draft)
        for name, variables in (
            ("orders_by_ids", {"ids": [order["id"]], "lines": 12}),
            ("order_line_items", {"id": order["id"], "lines": 50}),
            ("order_shipping_lines", {"id": order["id"], "lines": 20}),
        ):
            assert "errors" not in ask(document(name), **variables)


def test_every_field_that_the_pruned_schema_keeps_is_served(shop: ShopifySandbox, ask: Client) -> None:
    order = shop.place_order(DRAFT)
    schema = shop.engine.schema
    query = "{{ order(id: {}) {} }}".format(json.dumps(order["id"]), _everything(schema.type_map["Order"], ("Order",)))
    body = ask(query)
    assert "errors" not in body
    assert body["data"]["order"]["legacyResourceId"] == order["id"].rsplit("/", 1)[1]
    for root in ("shop", "currentAppInstallation", "publicApiVersions"):
        named = get_named_type(schema.query_type.fields[root].type)  # type: ignore[union-attr]
        assert "errors" not in ask(f"{{ {root} {_everything(named, ())} }}")


def test_every_field_is_served_of_what_happened_after_checkout(shop: ShopifySandbox, ask: Client) -> None:
    shop.bucket.restore_rate = 1e6
    order = shop.place_order(DRAFT)
    mug, cup, _ = (line["id"] for line in order["lineItems"])
    shop.fulfill_order(order["id"], {mug: 2}, tracking=Tracking("1Z", "UPS", "https://example.com/1Z"))
    shop.edit_order(order["id"], {cup: 2}, add=[Line(CUP)])
    shop.refund_order(order["id"], {cup: (1, "cancel")}, shipping="full", adjustment=Decimal(1))
    opened = shop.return_order(order["id"], {mug: 1}, exchange=[Line(CUP)])
    shop.process_return(opened["id"])
    order = shop.order(order["id"])
    parts = ("transactions", "refunds", "fulfillments", "fulfillmentOrders", "returns")
    for part in [order, *(order[name][0] for name in parts)]:
        kind = part["id"].split("/")[3]
        fields = _everything(shop.engine.schema.type_map[kind], ("Order", kind))
        body = ask('{ node(id: "%s") { ... on %s %s } }' % (part["id"], kind, fields))  # noqa: UP031 - braces abound
        assert "errors" not in body, kind
        assert body["data"]["node"]["id"] == part["id"]


ARGUMENTS = {"inventoryLevel": '(locationId: "gid://shopify/Location/64700001")', "quantities": '(names: ["on_hand"])'}


def _everything(named: Any, above: tuple[str, ...]) -> str:
    assert isinstance(named, GraphQLObjectType)
    parts = []
    for name, field in named.fields.items():
        inner = get_named_type(field.type)
        if is_leaf_type(inner):
            parts.append(name)
        elif is_object_type(inner) and inner.name not in above:
            page = ARGUMENTS.get(name) or ("(first: 5)" if inner.name.endswith("Connection") else "")
            parts.append(f"{name}{page} {_everything(inner, (*above, inner.name))}")
    return "{ " + " ".join(parts) + " }"


def test_a_long_order_is_read_page_by_page(shop: ShopifySandbox, ask: Client) -> None:
    order = shop.place_order(lines=tuple(Line(CUP, 1 + i) for i in range(60)))
    quantities: list[int] = []
    after, pages = None, 0
    while True:
        body = ask(document("order_line_items"), id=order["id"], lines=25, after=after)
        page = body["data"]["order"]["lineItems"]
        quantities += [line["quantity"] for line in page["nodes"]]
        pages += 1
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert pages == 3
    assert quantities == list(range(1, 61))


def test_pages_go_backwards_and_refuse_what_shopify_refuses(shop: ShopifySandbox, ask: Client) -> None:
    order = shop.place_order(lines=tuple(Line(CUP, 1 + i) for i in range(5)))

    def lines(arguments: str) -> dict[str, Any]:
        return ask(
            '{{ order(id: "{}") {{ lineItems({}) {{ edges {{ cursor node {{ quantity }} }} pageInfo {{ hasNextPage hasPreviousPage }} }} }} }}'.format(
                order["id"], arguments
            )
        )

    page = lines("last: 2")["data"]["order"]["lineItems"]
    assert [edge["node"]["quantity"] for edge in page["edges"]] == [4, 5]
    assert page["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": True}
    before = page["edges"][0]["cursor"]
    page = lines(f'last: 2, before: "{before}"')["data"]["order"]["lineItems"]
    assert [edge["node"]["quantity"] for edge in page["edges"]] == [2, 3]
    reverse = lines("first: 2, reverse: true")["data"]["order"]["lineItems"]
    assert [edge["node"]["quantity"] for edge in reverse["edges"]] == [5, 4]
    for arguments in ("", "first: 1, last: 1", "first: 251", 'first: 1, after: "nonsense"'):
        query = arguments or "reverse: false"
        assert lines(query)["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


def test_orders_are_listed_by_change_and_an_order_that_moves_hides_no_other(ask: Client, shop: ShopifySandbox) -> None:
    start = datetime(2026, 11, 23, 12, tzinfo=UTC)
    placed = [shop.place_order(DRAFT) for _ in range(5)]
    for number, order in enumerate(placed):
        shop.update_order(order["id"], updated_at=start + timedelta(seconds=number))
    query = """query($after: String, $query: String) {
      orders(first: 2, after: $after, sortKey: UPDATED_AT, query: $query) {
        nodes { id } pageInfo { hasNextPage endCursor } } }"""
    first = ask(query, query=f"updated_at:>='{start.isoformat()}'")["data"]["orders"]
    assert [node["id"] for node in first["nodes"]] == [order["id"] for order in placed[:2]]
    shop.update_order(placed[0]["id"], updated_at=start + timedelta(hours=1))
    seen, page = [], first
    while page["pageInfo"]["hasNextPage"]:
        page = ask(query, after=page["pageInfo"]["endCursor"])["data"]["orders"]
        seen += [node["id"] for node in page["nodes"]]
    assert seen == [order["id"] for order in (*placed[2:], placed[0])]
    late = ask(query, query="updated_at:>2026-11-23T12:00:03Z updated_at:<'2026-11-23T12:30:00Z'")
    assert [node["id"] for node in late["data"]["orders"]["nodes"]] == [placed[4]["id"]]


def test_a_deleted_product_leaves_its_line_without_a_variant(shop: ShopifySandbox, ask: Client) -> None:
    order = shop.place_order(lines=(Line(CUP),))
    shop.store.remove_product(CUP.gid)
    body = ask(document("orders_by_ids"), ids=[order["id"]], lines=1)
    line = body["data"]["nodes"][0]["lineItems"]["nodes"][0]
    assert line["variant"] is None
    assert line["sku"] == "CUP"


def test_a_bad_token_is_refused_as_recorded(ask: Client, reference: Path) -> None:
    recorded = json.loads((reference / "graphql-responses" / "err_invalid_token.json").read_text("utf-8"))
    ask.token = "wrong"
    assert ask("{ shop { name } }") == recorded["response"]
    assert ask.status == 401


def test_a_token_can_be_revoked(shop: ShopifySandbox, ask: Client) -> None:
    assert ask("{ shop { name } }")["data"] == {"shop": {"name": "Acme"}}
    shop.token = "another"
    assert "Invalid API key or access token" in ask("{ shop { name } }")["errors"]
    assert ask.status == 401


def test_a_retired_version_falls_forward(ask: Client) -> None:
    for asked, served in (("2026-10", "2026-10"), ("2024-01", "2026-01"), ("nonsense", "2026-01")):
        ask.version = asked
        ask("{ shop { name } }")
        assert ask.headers["x-shopify-api-version"] == served


@pytest.mark.parametrize(
    ("query", "variables", "message", "code"),
    [
        ("{ shop { shoeSize } }", {}, "Field 'shoeSize' doesn't exist on type 'Shop'", "undefinedField"),
        ("{ order { id } }", {}, "Field 'order' is missing required arguments: id", "missingRequiredArguments"),
        ("query($n: Int) { shop { id } }", {}, "Variable $n is declared by the operation but not used", "variableNotUsed"),
        ("{ shop { id ", {}, None, "PARSE_ERROR"),
        ("{ shop }", {}, None, "invalidDocument"),
        ("query($id: ID!) { order(id: $id) { id } }", {}, "Variable $id of type ID! was provided invalid value", "INVALID_VARIABLE"),
        ('{ order(id: "17") { id } }', {}, "Invalid global id '17'", "argumentLiteralsIncompatible"),
    ],
)  # fmt: skip
def test_errors_come_in_shopifys_envelope(
    ask: Client, query: str, variables: dict[str, Any], message: str | None, code: str
) -> None:
    body = ask(query, **variables)
    assert ask.status == 200
    assert body["errors"][0]["extensions"]["code"] == code
    assert message is None or body["errors"][0]["message"] == message


def test_what_is_no_graphql_request_is_a_bad_request(ask: Client) -> None:
    assert ask.post({"variables": {}}) == {"errors": {"query": "Required parameter missing or invalid"}}
    assert ask.status == 400


def test_cost_is_told_and_taken_from_the_bucket(shop: ShopifySandbox, ask: Client) -> None:
    shop.bucket.restore_rate = 0.0
    order = shop.place_order(DRAFT)
    cost = ask(document("orders_by_ids"), ids=[order["id"]], lines=12)["extensions"]["cost"]
    assert cost["requestedQueryCost"] == 49
    assert 0 < cost["actualQueryCost"] < 36
    assert cost["throttleStatus"] == {
        "maximumAvailable": 2000.0,
        "currentlyAvailable": 2000 - cost["actualQueryCost"],
        "restoreRate": 0.0,
    }


def test_an_empty_bucket_throttles_as_recorded(shop: ShopifySandbox, ask: Client, reference: Path) -> None:
    recorded = json.loads((reference / "graphql-responses" / "err_throttled_http200.json").read_text("utf-8"))
    shop.bucket.restore_rate = 0.0
    shop.bucket.drain(leave=3)
    body = ask(document("shop_check"))
    assert ask.status == 200
    assert body["errors"] == recorded["response"]["errors"]
    assert body["extensions"]["cost"]["actualQueryCost"] is None
    assert body["extensions"]["cost"]["requestedQueryCost"] == 4
    assert body["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 3
    assert "data" not in body


def test_a_bucket_refills_with_time() -> None:
    now = [0.0]
    bucket = Bucket(100, 10, monotonic=lambda: now[0])
    assert bucket.take(100)
    assert not bucket.take(1)
    now[0] = 2.5
    assert bucket.status()["currentlyAvailable"] == 25
    assert bucket.take(25)
    now[0] = 1000.0
    assert bucket.status()["currentlyAvailable"] == 100


def test_a_query_over_the_limit_is_refused_as_recorded(ask: Client, reference: Path) -> None:
    recorded = json.loads((reference / "graphql-responses" / "err_max_cost_exceeded.json").read_text("utf-8"))
    error = ask(document("orders_by_ids"), ids=["gid://shopify/Order/1"] * 21, lines=12)["errors"][0]
    wanted = recorded["response"]["errors"][0]
    assert error["message"] == wanted["message"].replace("1002", "1029")
    assert error["extensions"] == {**wanted["extensions"], "cost": 1029}


@pytest.fixture
def narrow() -> Iterator[ShopifySandbox]:
    with ShopifySandbox(token="t", scopes=("read_products",)) as sandbox:
        yield sandbox


def test_a_missing_scope_denies_access(narrow: ShopifySandbox) -> None:
    order = narrow.place_order(lines=(Line(MUG),))
    with requests.Session() as session:
        ask = Client(narrow.url, session)
        body = ask('{{ order(id: "{}") {{ id }} }}'.format(order["id"]))
        assert body["data"] == {"order": None}
        assert body["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
        scopes = ask("{ currentAppInstallation { accessScopes { handle } } }")
    assert scopes["data"]["currentAppInstallation"]["accessScopes"] == [{"handle": "read_products"}]


def test_faults_go_by_the_operations_name(shop: ShopifySandbox, ask: Client) -> None:
    shop.faults.add(Fault("ShopCheck", Error("THROTTLED")))
    assert ask(document("shop_check"))["errors"][0]["message"] == "Throttled"
    shop.faults.add(
        Fault("ShopCheck", Error("INTERNAL_SERVER_ERROR", "Internal error. Looks like something went wrong."))
    )
    assert ask(document("shop_check"))["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    shop.faults.add(Fault("ShopCheck", Refuse(503, '{"errors":"Unavailable"}', headers={"Retry-After": "2"})))
    assert ask(document("shop_check")) == {"errors": "Unavailable"}
    assert ask.status == 503
    shop.faults.add(Fault("ShopCheck", Drop()))
    with pytest.raises(requests.ConnectionError):
        ask(document("shop_check"))
    assert ask(document("shop_check"))["data"]["shop"]["myshopifyDomain"] == "acme.myshopify.com"
    assert [call.outcome for call in shop.calls.entries("ShopCheck")] == [
        "THROTTLED", "INTERNAL_SERVER_ERROR", "fault", "fault", "ok",
    ]  # fmt: skip


def test_the_shop_keeps_its_port_and_its_orders_when_it_was_away(shop: ShopifySandbox) -> None:
    order, url = shop.place_order(lines=(Line(MUG),)), shop.url
    shop.stop()
    with requests.Session() as session, pytest.raises(requests.ConnectionError):
        Client(url, session)("{ shop { name } }")
    assert shop.start() == url
    with requests.Session() as session:
        body = Client(url, session)('{{ node(id: "{}") {{ id }} }}'.format(order["id"]))
    assert body["data"]["node"]["id"] == order["id"]


def test_another_shop_may_count_from_other_numbers() -> None:
    sandbox = ShopifySandbox(first_order_number=2001, first_id=7_000_000_000_001)
    order = sandbox.place_order(lines=(Line(MUG),))
    assert order["name"] == "#2001"
    assert order["id"] == "gid://shopify/Order/7000000000001"
