"""Locations, and what an app may not see without the scope for it, wherever a document comes upon it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from graphql import GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, get_named_type

from libs.sandbox.shopify.after_resolvers import Facts as OrderFacts
from libs.sandbox.shopify.after_resolvers import require
from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.people import gid

GUARDED = {"Location": "read_locations", "PaymentTerms": "read_payment_terms"}
"""Types no field of which may be read without the scope."""


class Facts(OrderFacts, Protocol):
    locations: dict[str, Document]


def location_documents(numbers: Iterable[str]) -> dict[str, Document]:
    """By global id; a shop's locations until somebody deactivates one."""
    ids = {number: gid("Location", number) for number in numbers}
    return {one: {"id": one, "name": f"Location {number}", "isActive": True} for number, one in ids.items()}


def guard(schema: GraphQLSchema, facts: Facts, otherwise: Callable[..., Any]) -> None:
    """Comes last: puts the question for the scope before the resolvers of all fields of those types."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for field in kind.fields.values():
                if scope := GUARDED.get(get_named_type(field.type).name):
                    field.resolve = _guarded(facts, scope, field.resolve or otherwise)


def _guarded(facts: Facts, scope: str, resolve: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        require(facts, scope, info.field_name)
        found = resolve(source, info, **arguments)
        # Others keep no more of a location than its id.
        return facts.locations.get(found["id"], found) if isinstance(found, dict) else found

    return guarded
