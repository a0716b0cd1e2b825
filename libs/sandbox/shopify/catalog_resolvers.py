"""How products and variants are asked for in GraphQL."""

from __future__ import annotations

import re
from typing import Any

from graphql import GraphQLError, GraphQLInterfaceType, GraphQLResolveInfo, GraphQLSchema

from libs.sandbox.shopify.after_resolvers import Facts, require
from libs.sandbox.shopify.catalog import Document, number_of, variant_title
from libs.sandbox.shopify.catalog_commands import by_codes
from libs.sandbox.shopify.paging import connection
from libs.sandbox.shopify.schema import fields_of
from libs.sandbox.shopify.store import ShopStore

Info = GraphQLResolveInfo[Any]
READ = "read_products"
_AFTER_ID = re.compile(r"id:>(?P<number>\d+)")


def attach_catalog(schema: GraphQLSchema, facts: Facts) -> None:
    catalog = facts.store.catalog

    def variants(_root: Any, info: Info, **page: Any) -> Document:
        require(facts, READ, info.field_name)
        after = 0
        if query := page.pop("query", None):
            codes = by_codes(query)
            if codes is not None:
                page["first"] = page.get("first") or 1
                return connection(_coded(catalog.variants(), codes), page, key=lambda one: [number_of(one["id"])])
            match = _AFTER_ID.fullmatch(query.strip())
            if match is None:
                raise GraphQLError(f"The sandbox does not search variants by {query!r}")
            after = int(match["number"])
        if page.pop("sortKey", "ID") != "ID":
            raise GraphQLError("The sandbox sorts variants by ID alone")
        return connection(catalog.variants(after), page, key=lambda one: [number_of(one["id"])])

    def count(_root: Any, info: Info, **_: Any) -> Document:
        require(facts, READ, info.field_name)
        found = catalog.variant_count()
        return {"count": min(found, 10_000), "precision": "EXACT" if found <= 10_000 else "AT_LEAST"}

    query = fields_of(schema, "QueryRoot")
    query["productVariants"].resolve = variants
    query["productVariantsCount"].resolve = count
    variant = fields_of(schema, "ProductVariant")
    variant["product"].resolve = lambda source, _info: catalog.product_of(source["id"])
    variant["title"].resolve = lambda source, _info: variant_title(source)
    variant["displayName"].resolve = lambda source, _info: _display_name(facts.store, source)

    product = fields_of(schema, "Product")
    product["variants"].resolve = lambda source, _info, **page: connection(source["variants"], page)
    product["featuredMedia"].resolve = lambda source, _info: next(iter(source["media"]), None)
    product["media"].resolve = lambda source, _info, **page: connection(source["media"], page)
    media = schema.type_map["Media"]
    assert isinstance(media, GraphQLInterfaceType)  # noqa: S101 - it is one in the schema
    media.resolve_type = lambda _value, _info, _type: "MediaImage"
    query["product"].resolve = lambda _root, _info, id: catalog.product(id)  # noqa: A006 - as in the schema


def _coded(variants: list[Document], codes: list[tuple[str, str]]) -> list[Document]:
    """As loosely as Shopify searches: capitals do not count, and what begins so is found as well."""
    wanted = [(name, code.casefold()) for name, code in codes]
    return [v for v in variants if any((v[name] or "").casefold().startswith(code) for name, code in wanted)]


def _display_name(store: ShopStore, variant: Document) -> str:
    product = store.catalog.product_of(variant["id"])
    return f"{product['title'] if product else ''} - {variant_title(variant)}"
