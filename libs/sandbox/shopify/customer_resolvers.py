"""How the fields and the mutations of customers are answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema

from libs.sandbox.shopify.after_resolvers import Facts, require
from libs.sandbox.shopify.customers import CustomerRefused
from libs.sandbox.shopify.derived import Document, legacy_id
from libs.sandbox.shopify.paging import connection
from libs.sandbox.shopify.schema import fields_of

Info = GraphQLResolveInfo[Any]
READ, WRITE = "read_customers", "write_customers"
COUNTED = 10_000
_AFTER_ID = re.compile(r"id:>(?P<number>\d+)")


class CustomerCommands(Protocol):
    """What queries and mutations of customers do."""

    def find_customer(self, identifier: Mapping[str, Any]) -> Document | None: ...

    def set_customer(self, identifier: Mapping[str, Any], values: Mapping[str, Any]) -> Document: ...

    def add_address(self, customer_id: str, address: Mapping[str, Any], *, default: bool) -> Document: ...

    def default_address(self, customer_id: str, address_id: str) -> Document: ...

    def consent(self, customer_id: str, **states: str) -> Document: ...


def attach_customers(schema: GraphQLSchema, facts: Facts, commands: CustomerCommands | None) -> None:
    """Give the fields of customers their resolvers."""
    customer = fields_of(schema, "Customer")
    customer["addressesV2"].resolve = lambda source, _info, **page: connection(source.get("addresses") or [], page)
    email, phone = fields_of(schema, "CustomerEmailAddress"), fields_of(schema, "CustomerPhoneNumber")
    email["marketingState"].resolve = lambda source, _info: source.get("marketingState") or "NOT_SUBSCRIBED"
    phone["smsMarketingConsent"].resolve = lambda source, _info: (
        source.get("smsMarketingConsent") or {"state": "NEVER_SUBSCRIBED"}
    )
    if commands is None:
        return
    _queries(schema, facts, commands)
    mutations = fields_of(schema, "Mutation")
    mutations["customerSet"].resolve = _mutation(
        facts, lambda given: {"customer": commands.set_customer(given["identifier"], given["input"])}
    )
    mutations["customerAddressCreate"].resolve = _mutation(
        facts,
        lambda given: {
            "address": commands.add_address(
                given["customerId"], given["address"], default=bool(given.get("setAsDefault"))
            )
        },
    )
    mutations["customerUpdateDefaultAddress"].resolve = _mutation(
        facts, lambda given: {"customer": commands.default_address(given["customerId"], given["addressId"])}
    )
    for kind in ("email", "sms"):
        mutations[f"customer{kind.capitalize()}MarketingConsentUpdate"].resolve = _consent(facts, commands, kind)


def _queries(schema: GraphQLSchema, facts: Facts, commands: CustomerCommands) -> None:
    query = fields_of(schema, "QueryRoot")

    def by_identifier(_root: Any, info: Info, identifier: Document) -> Document | None:
        require(facts, READ, info.field_name)
        return commands.find_customer(identifier)

    query["customerByIdentifier"].resolve = by_identifier
    query["customer"].resolve = lambda _root, _info, id: facts.store.node(id)  # noqa: A006 - the schema's name
    query["customers"].resolve = lambda _root, info, **page: _all(facts, info, page)
    query["customersCount"].resolve = lambda _root, info, **_: _count(facts, info)


def _all(facts: Facts, info: Info, page: Document) -> Document:
    """By id, after one (`id:>7`) where that is asked."""
    require(facts, READ, info.field_name)
    match = _AFTER_ID.fullmatch((page.pop("query", None) or "id:>0").strip())
    if match is None or page.pop("sortKey", "ID") != "ID":
        raise GraphQLError("The sandbox lists customers by id alone")
    after = int(match["number"])
    found = [one for one in facts.store.customers() if _number(one) > after]
    return connection(sorted(found, key=_number), page, key=lambda one: [_number(one)])


def _number(customer: Document) -> int:
    return int(legacy_id(customer))


def _count(facts: Facts, info: Info) -> Document:
    require(facts, READ, info.field_name)
    found = len(facts.store.customers())
    return {"count": min(found, COUNTED), "precision": "EXACT" if found <= COUNTED else "AT_LEAST"}


def _mutation(facts: Facts, act: Callable[[Document], Document]) -> Callable[..., Document]:
    def resolve(_root: Any, info: Info, **given: Any) -> Document:
        require(facts, WRITE, info.field_name)
        try:
            return {**act(given), "userErrors": []}
        except CustomerRefused as refused:
            error = {"field": refused.field, "message": str(refused), "code": "INVALID"}
            return {"customer": None, "address": None, "userErrors": [error]}

    return resolve


def _consent(facts: Facts, commands: CustomerCommands, kind: str) -> Callable[..., Document]:
    def act(given: Document) -> Document:
        state = given["input"][f"{kind}MarketingConsent"]["marketingState"]
        return {"customer": commands.consent(given["input"]["customerId"], **{kind: state})}

    return _mutation(facts, act)
