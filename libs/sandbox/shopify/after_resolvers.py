"""How the fields and the mutations of what happens after checkout are answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema

from libs.common.domain.fulfillments import Tracking
from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.fulfilling import FulfillmentRefused, Picks
from libs.sandbox.shopify.paging import connection
from libs.sandbox.shopify.schema import fields_of
from libs.sandbox.shopify.store import ShopStore

Info = GraphQLResolveInfo[Any]
READ = "read_merchant_managed_fulfillment_orders"
WRITE = "write_merchant_managed_fulfillment_orders"
RETURNS = "read_returns"
SCOPES = {
    "Order": "read_orders",
    "Customer": "read_customers",
    "Company": "read_customers",
    "OrderTransaction": "read_orders",
    "Refund": "read_orders",
    "Return": RETURNS,
    "Fulfillment": "read_orders",
    "FulfillmentOrder": READ,
    "FulfillmentOrderLineItem": READ,
}
"""What a kind of node may not be read without."""
CONNECTIONS = {
    "Order": ("fulfillmentOrders", "returns"),
    "Refund": ("refundLineItems", "refundShippingLines", "orderAdjustments", "transactions"),
    "Fulfillment": ("fulfillmentLineItems",),
    "FulfillmentOrder": ("lineItems",),
    "Return": ("exchangeLineItems",),
    "PaymentTerms": ("paymentSchedules",),
}
LISTS = {"Order": ("transactions", "refunds", "fulfillments"), "Fulfillment": ("trackingInfo",)}


class Commands(Protocol):
    """What mutations do."""

    def fulfill(
        self, picks: Picks, tracking: Sequence[Tracking] = (), *, service: str = "manual", notify: bool = False
    ) -> Document: ...

    def update_tracking(self, fulfillment_id: str, *tracking: Tracking, notify: bool = False) -> Document: ...


class Facts(Protocol):
    scopes: tuple[str, ...]
    commands: Commands | None

    @property
    def store(self) -> ShopStore: ...


def attach_afterwards(schema: GraphQLSchema, facts: Facts) -> None:
    """Give the fields of refunds, returns, fulfillments and transactions their resolvers."""
    store = facts.store
    for kind, names in CONNECTIONS.items():
        for name in names:
            scopes = {"fulfillmentOrders": READ, "returns": RETURNS}
            fields_of(schema, kind)[name].resolve = _connection(facts, name, scopes.get(name, ""))
    for kind, names in LISTS.items():
        for name in names:
            fields_of(schema, kind)[name].resolve = _list(name)
    for kind in ("Refund", "Fulfillment", "OrderTransaction"):
        fields_of(schema, kind)["order"].resolve = lambda source, _info: store.owner(source["id"])
    shipping = fields_of(schema, "RefundShippingLine")["shippingLine"]
    shipping.resolve = lambda source, _info: store.node(source["shippingLine"]["id"])
    for kind in ("RefundLineItem", "FulfillmentLineItem", "FulfillmentOrderLineItem"):
        fields_of(schema, kind)["lineItem"].resolve = lambda source, _info: store.node(source["lineItem"]["id"])
    fields_of(schema, "Refund")["return"].resolve = _return_of(facts)
    mutations = fields_of(schema, "Mutation")
    mutations["fulfillmentCreate"].resolve = _fulfillment_create(facts)
    mutations["fulfillmentTrackingInfoUpdate"].resolve = _tracking_update(facts)


def require(facts: Facts, scope: str, what: str) -> None:
    """Raises the refusal of an app that was not granted the scope."""
    if scope not in facts.scopes:
        message = f"Access denied for {what} field. Required access: `{scope}` access scope."
        raise GraphQLError(message, extensions={"code": "ACCESS_DENIED", "requiredAccess": f"`{scope}` access scope."})


def _connection(facts: Facts, name: str, scope: str) -> Callable[..., Any]:
    def resolve(source: Document, _info: Info, **page: Any) -> Document:
        if scope:
            require(facts, scope, name)
        if page.pop("query", None):
            raise GraphQLError(f"The sandbox does not search {name}")
        return connection(source.get(name) or [], page)

    return resolve


def _return_of(facts: Facts) -> Callable[..., Any]:
    def resolve(source: Document, info: Info) -> Document | None:
        if source["return"] is None:
            return None
        require(facts, RETURNS, info.field_name)
        return facts.store.node(source["return"]["id"])

    return resolve


def _list(name: str) -> Callable[..., Any]:
    def resolve(source: Document, _info: Info, first: int | None = None, query: str | None = None) -> list[Document]:
        if query:
            raise GraphQLError(f"The sandbox does not search {name}")
        return list(source.get(name) or [])[:first]

    return resolve


def _fulfillment_create(facts: Facts) -> Callable[..., Any]:
    def resolve(_root: Any, info: Info, fulfillment: Document) -> Document:
        picks: dict[str, dict[str, int] | None] = {}
        for group in fulfillment["lineItemsByFulfillmentOrder"]:
            lines = group.get("fulfillmentOrderLineItems")
            units = {one["id"]: one["quantity"] for one in lines} if lines else None
            picks[group["fulfillmentOrderId"]] = units
        tracking, notify = _tracking(fulfillment.get("trackingInfo")), bool(fulfillment.get("notifyCustomer"))
        return _done(facts, info, lambda commands: commands.fulfill(picks, tracking, notify=notify))

    return resolve


def _tracking_update(facts: Facts) -> Callable[..., Any]:
    def resolve(
        _root: Any,
        info: Info,
        fulfillmentId: str,  # noqa: N803 - the argument's name in the schema
        trackingInfoInput: Document,  # noqa: N803 - as above
        notifyCustomer: bool | None = None,  # noqa: N803 - as above
    ) -> Document:
        tracking = _tracking(trackingInfoInput)
        return _done(
            facts,
            info,
            lambda commands: commands.update_tracking(fulfillmentId, *tracking, notify=bool(notifyCustomer)),
        )

    return resolve


def _done(facts: Facts, info: Info, command: Callable[[Commands], Document]) -> Document:
    require(facts, WRITE, info.field_name)
    if facts.commands is None:
        raise GraphQLError(f"The sandbox does not serve {info.field_name} without a shop")
    try:
        return {"fulfillment": command(facts.commands), "userErrors": []}
    except FulfillmentRefused as refusal:
        return {"fulfillment": None, "userErrors": [{"field": refusal.field, "message": str(refusal)}]}


def _tracking(given: Document | None) -> list[Tracking]:
    """`number` and `url`, or `numbers` and `urls` side by side."""
    if given is None:
        return []
    numbers = given.get("numbers") or [given.get("number") or ""]
    urls = given.get("urls") or [given.get("url") or ""]
    pairs = [
        (numbers[i] if i < len(numbers) else "", urls[i] if i < len(urls) else "")
        for i in range(max(len(numbers), len(urls)))
    ]
    company = given.get("company") or ""
    return [Tracking(number, company, url) for number, url in pairs if number or url or company]
