"""How inventory is asked for and set in GraphQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema, get_directive_values

from libs.sandbox.shopify.after_resolvers import Commands, require
from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.people import gid
from libs.sandbox.shopify.schema import fields_of
from libs.sandbox.shopify.stock import StockBook, Wrong, level_document
from libs.sandbox.shopify.store import ShopStore

Info = GraphQLResolveInfo[Any]
READ, WRITE = "read_inventory", "write_inventory"
NO_KEY = "The @idempotent directive is required for this mutation but was not provided."
NO_COMPARISON = "InventoryChangeInput must include the following argument: changeFromQuantity"
IN_PROGRESS = Wrong("IDEMPOTENCY_CONCURRENT_REQUEST", (), "This request is currently in progress, please try again.")
MISMATCH = Wrong(
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
    (),
    "The same idempotency key cannot be used with different operation parameters.",
)
FAILED = Wrong(
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
    (),
    "A previous request with this idempotency key failed. Retry with a new idempotency key.",
)


class Facts(Protocol):
    scopes: tuple[str, ...]
    commands: Commands | None
    stock: StockBook

    @property
    def store(self) -> ShopStore: ...


def attach_stock(schema: GraphQLSchema, facts: Facts) -> None:
    stock = facts.stock
    fields_of(schema, "ProductVariant")["inventoryItem"].resolve = lambda source, info: _item(facts, info, source["id"])
    fields_of(schema, "InventoryItem")["inventoryLevel"].resolve = _level(stock)
    fields_of(schema, "InventoryLevel")["quantities"].resolve = lambda source, _info, names: [
        {"name": name, "quantity": source["sandboxCount"][name]} for name in names
    ]
    mutations = fields_of(schema, "Mutation")
    mutations["inventorySetQuantities"].resolve = _set_quantities(facts)
    mutations["inventoryActivate"].resolve = _activate(facts)


def _item(facts: Facts, info: Info, variant: str) -> Document:
    require(facts, READ, info.field_name)
    item = facts.stock.item_of(variant)
    product = facts.store.product(variant)
    kept = facts.store.catalog.variant(variant)
    own = kept["item"] if kept else {}
    if "measurement" in own:
        own = own | {"measurement": own["measurement"] | {"id": gid("InventoryItemMeasurement", item)}}
    return {
        **own,
        "id": gid("InventoryItem", item),
        "sku": (product.sku if product else None) or None,
        "tracked": item not in facts.stock.untracked,
    }


def _level(stock: StockBook) -> Callable[..., Any]:
    def resolve(source: Document, _info: Info, locationId: str) -> Document | None:  # noqa: N803 - as in the schema
        item, location = _number(source["id"]), _number(locationId)
        with stock.lock:
            count = stock.counts.get((item, location))
            return level_document(item, location, count) if count is not None else None

    return resolve


def _set_quantities(facts: Facts) -> Callable[..., Any]:
    def resolve(_root: Any, info: Info, input: Document) -> Document:  # noqa: A002 - as in the schema
        require(facts, WRITE, info.field_name)
        if any("changeFromQuantity" not in one for one in input["quantities"]):
            raise GraphQLError(NO_COMPARISON, extensions={"code": "INVALID_FIELD_ARGUMENTS"})

        def carry_out() -> Document:
            if input["name"] not in {"available", "on_hand"}:
                message = "The quantity name must be either 'available' or 'on_hand'."
                return _answer([Wrong("INVALID_NAME", ("input", "name"), message)])
            return _answer(*facts.stock.set_many(input["name"], input["quantities"]))

        return _once(facts.stock, info, input, carry_out)

    return resolve


def _activate(facts: Facts) -> Callable[..., Any]:
    def resolve(
        _root: Any,
        info: Info,
        inventoryItemId: str,  # noqa: N803 - the argument's name in the schema
        locationId: str,  # noqa: N803 - as above
        available: int | None = None,
    ) -> Document:
        require(facts, WRITE, info.field_name)
        item, location = _number(inventoryItemId), _number(locationId)

        def carry_out() -> Document:
            new = facts.stock.activate(item, location, available)
            if not new and available is not None:
                message = "Not allowed to set available quantity when the item is already active at the location."
                return {"inventoryLevel": None, "userErrors": [{"field": ["available"], "message": message}]}
            level = level_document(item, location, facts.stock.counts[item, location])
            return {"inventoryLevel": level, "userErrors": []}

        return _once(facts.stock, info, [item, location, available], carry_out)

    return resolve


def _once(stock: StockBook, info: Info, asked: Any, carry_out: Callable[[], Document]) -> Document:
    """A repeat under the same key is answered as the first time; a refused key is spent."""
    node = info.field_nodes[0]
    definition = info.schema.get_directive("idempotent")
    values = get_directive_values(definition, node, info.variable_values) if definition else None
    if not values:
        raise GraphQLError(NO_KEY, extensions={"code": "BAD_REQUEST"})
    key = f"{info.field_name}:{values['key']}"
    state, answer = stock.repeated(key, asked)
    if state == "busy":
        return _answer([IN_PROGRESS])
    if state == "other":
        return _answer([MISMATCH])
    if state == "same":
        same: Document = answer
        return _answer([FAILED]) if same["userErrors"] else same
    done = carry_out()
    stock.answered(key, done)
    return done


def _answer(wrong: list[Wrong], changes: Sequence[Document] = ()) -> Document:
    errors = [{"code": one.code, "field": list(one.field) or None, "message": one.message} for one in wrong]
    group = {"changes": list(changes)} if changes else None
    return {"inventoryAdjustmentGroup": group, "userErrors": errors}


def _number(global_id: str) -> str:
    return global_id.partition("?")[0].rpartition("/")[2]
