"""How each field of the Admin schema is answered from the shop's store."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    default_field_resolver,
)

from libs.sandbox.journal import Journal
from libs.sandbox.shopify.after_resolvers import SCOPES, Commands, attach_afterwards, require
from libs.sandbox.shopify.catalog_resolvers import attach_catalog
from libs.sandbox.shopify.customer_resolvers import CustomerCommands, attach_customers
from libs.sandbox.shopify.derived import DERIVED, Document
from libs.sandbox.shopify.location_resolvers import GUARDED, guard
from libs.sandbox.shopify.paging import connection
from libs.sandbox.shopify.schema import fields_of
from libs.sandbox.shopify.stock import StockBook
from libs.sandbox.shopify.stock_resolvers import attach_stock
from libs.sandbox.shopify.store import ShopStore

Info = GraphQLResolveInfo[Any]
VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")
"""The oldest first; 2027-01 is out as a release candidate."""

ROOTS = {
    "order": "Order",
    "refund": "Refund",
    "fulfillment": "Fulfillment",
    "fulfillmentOrder": "FulfillmentOrder",
}
"""Roots that give one record by its id."""

_GID = re.compile(r"gid://shopify/(?P<kind>[A-Za-z]+)/(?P<number>[0-9]+)(\?.*)?")
_TERM = re.compile(
    r"(?P<name>created_at|updated_at|processed_at):(?P<sign><=|>=|<|>)?(?P<quote>['\"]?)(?P<value>[^'\"\s]+)(?P=quote)"
)


@dataclass(slots=True)
class ShopFacts:
    """What the shop says of itself."""

    domain: str
    name: str
    currency: str
    taxes_included: bool
    scopes: tuple[str, ...]
    email: str = "owner@example.com"
    store: ShopStore = field(default_factory=ShopStore)
    commands: Commands | None = None
    """What mutations do; without it there are none."""
    customers: CustomerCommands | None = None
    """Likewise, of customers."""
    stock: StockBook = field(default_factory=lambda: StockBook(Journal()))
    locations: dict[str, Document] = field(default_factory=dict)
    """By global id."""


def attach(schema: GraphQLSchema, facts: ShopFacts) -> None:
    """Give every field of `schema` its resolver. Fields kept as they are need none but the missing-field check."""
    for type_name, derivations in DERIVED.items():
        for name, derive in derivations.items():
            if type_name in schema.type_map and name in fields_of(schema, type_name):
                fields_of(schema, type_name)[name].resolve = _derived(name, derive)
    query = fields_of(schema, "QueryRoot")
    for name, resolve in _query(facts).items():
        query[name].resolve = resolve
    order = fields_of(schema, "Order")
    order["lineItems"].resolve = lambda source, _info, **page: connection(source["lineItems"], page)
    order["shippingLines"].resolve = _shipping_lines
    order["customer"].resolve = lambda source, _info: _with_scope(facts, "read_customers", "customer", source)
    fields_of(schema, "LineItem")["variant"].resolve = lambda source, _info: _variant(facts.store, source)
    fields_of(schema, "LineItem")["taxLines"].resolve = lambda source, _info, first=None: source["taxLines"][:first]
    entity = schema.type_map["PurchasingEntity"]
    assert isinstance(entity, GraphQLUnionType)  # noqa: S101 - it is one in the schema
    entity.resolve_type = lambda value, _info, _type: "PurchasingCompany" if "company" in value else "Customer"
    attach_afterwards(schema, facts)
    attach_customers(schema, facts, facts.customers)
    attach_stock(schema, facts)
    attach_catalog(schema, facts)
    node = schema.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)  # noqa: S101 - it is one in the schema
    node.resolve_type = lambda value, _info, _type: gid_kind(value["id"])
    guard(schema, facts, resolve_field)


def resolve_field(source: Any, info: Info, **_: Any) -> Any:
    """The value kept under the field's name. A field that the sandbox does not keep is an error, not a null."""
    if not isinstance(source, dict):
        return default_field_resolver(source, info)
    if info.field_name not in source:
        raise GraphQLError(f"The sandbox does not serve {info.parent_type.name}.{info.field_name}")
    return source[info.field_name]


def gid_kind(gid: str) -> str:
    """`Order` of `gid://shopify/Order/1`. Raises `GraphQLError` for what is no global id."""
    match = _GID.fullmatch(gid)
    if match is None:
        raise GraphQLError(f"Invalid global id '{gid}'", extensions={"code": "argumentLiteralsIncompatible"})
    return match["kind"]


def _derived(name: str, derive: Callable[[Document], Any]) -> Callable[..., Any]:
    # What an order file states goes before what would follow.
    return lambda source, _info, **_: source[name] if name in source else derive(source)


def _query(facts: ShopFacts) -> dict[str, Callable[..., Any]]:
    store = facts.store

    def node(_root: Any, info: Info, id: str) -> Any:  # noqa: A002 - the argument's name in the schema
        kind = gid_kind(id)
        if scope := SCOPES.get(kind) or GUARDED.get(kind):
            require(facts, scope, info.field_name)
        if kind == "Location":
            return facts.locations.get(id)
        if kind == "ProductVariant":
            return store.catalog.variant(id)
        if kind == "Product":
            return store.catalog.product(id)
        return store.node(id)

    def orders(_root: Any, info: Info, **arguments: Any) -> Document:
        require(facts, "read_orders", info.field_name)
        sort = arguments.get("sortKey") or "PROCESSED_AT"
        found = _found(store.orders(), sort, arguments.get("query") or "")
        return connection(found, arguments, key=lambda order: [_date_time_key(order, sort), order["id"]])

    return {
        "node": node,
        "nodes": lambda root, info, ids: [node(root, info, id=one) for one in ids],
        **{root: _one(node, kind) for root, kind in ROOTS.items()},
        "orders": orders,
        "shop": lambda _root, _info: _shop(facts),
        "currentAppInstallation": lambda _root, _info: {
            "id": "gid://shopify/AppInstallation/1",
            "accessScopes": [{"handle": scope} for scope in facts.scopes],
        },
        "publicApiVersions": lambda _root, _info: [
            *({"handle": version, "supported": True} for version in VERSIONS),
            {"handle": "2027-01", "supported": False},
            {"handle": "unstable", "supported": False},
        ],
    }


def _one(node: Callable[..., Any], kind: str) -> Callable[..., Any]:
    def resolve(root: Any, info: Info, id: str) -> Any:  # noqa: A002 - the argument's name in the schema
        return node(root, info, id=id) if gid_kind(id) == kind else None

    return resolve


def _shop(facts: ShopFacts) -> Document:
    return {
        "id": "gid://shopify/Shop/548380009",
        "name": facts.name,
        "email": facts.email,
        "myshopifyDomain": facts.domain,
        "currencyCode": facts.currency,
        "enabledPresentmentCurrencies": [facts.currency],
        "taxesIncluded": facts.taxes_included,
        "taxShipping": True,
        "ianaTimezone": "America/New_York",
    }


def _with_scope(facts: ShopFacts, scope: str, name: str, source: Document) -> Any:
    require(facts, scope, name)
    return source[name]


def _shipping_lines(source: Document, _info: Info, **page: Any) -> Document:
    with_removed = page.pop("includeRemovals", False)
    return connection([s for s in source["shippingLines"] if with_removed or not s["isRemoved"]], page)


def _variant(store: ShopStore, line: Document) -> Document | None:
    """The line's variant as it is in the shop now: null once it was deleted, whatever the line remembers."""
    reference = line["variant"]
    return store.catalog.variant(reference["id"]) if reference else None


_SORTS = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt", "PROCESSED_AT": "processedAt", "ID": "id"}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    "": lambda a, b: a == b,
}


def _date_time_key(order: Document, sort: str) -> str:
    value = order[_SORTS[sort]]
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def _found(orders: list[Document], sort: str, query: str) -> list[Document]:
    """The orders that match `query` (dates joined by AND), sorted."""
    if sort not in _SORTS:
        raise GraphQLError(f"The sandbox does not sort orders by {sort}")
    for term in query.replace(" AND ", " ").split():
        match = _TERM.fullmatch(term)
        if match is None:
            raise GraphQLError(f"The sandbox does not search orders by {term!r}")
        name = match["name"].replace("_at", "At")
        compare, limit = _COMPARISONS[match["sign"] or ""], _moment(match["value"])
        orders = [order for order in orders if compare(order[name], limit)]
    return sorted(orders, key=lambda order: [_date_time_key(order, sort), order["id"]])


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise GraphQLError(f"Invalid timestamp {text!r}") from problem
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
