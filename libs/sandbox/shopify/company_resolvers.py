"""How the fields and the mutations of companies are answered; a shop whose plan has none refuses them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema

from libs.sandbox.shopify.after_resolvers import Facts, require
from libs.sandbox.shopify.companies import CompanyRoom
from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.paging import connection
from libs.sandbox.shopify.people import COUNTRIES, gid
from libs.sandbox.shopify.schema import fields_of

Info = GraphQLResolveInfo[Any]
READ, WRITE = "read_customers", "write_customers"
_TERM = re.compile(r'(?P<name>external_id|name):(?P<value>"(?:[^"\\]|\\.)*")')


class CompanyRefused(ValueError):
    """`field`, `code` and the message are those of Shopify's user error."""

    def __init__(self, message: str, field: Sequence[str], code: str = "INVALID") -> None:
        super().__init__(message)
        self.field, self.code = list(field), code


def attach_companies(schema: GraphQLSchema, facts: Facts, room: CompanyRoom) -> None:
    """Give the fields of companies their resolvers."""
    company = fields_of(schema, "Company")
    company["locations"].resolve = lambda source, _info, **page: connection(source.get("locations") or [], page)
    company["contacts"].resolve = lambda source, _info, **page: connection(source.get("contacts") or [], page)
    contact = fields_of(schema, "CompanyContact")
    contact["customer"].resolve = lambda source, _info: room.store.customer(source["customer"])
    contact["company"].resolve = lambda source, _info: _company_of(room, source["id"])
    fields_of(schema, "Customer")["companyContactProfiles"].resolve = lambda source, info: _profiles(
        facts, room, info, source["id"]
    )
    query = fields_of(schema, "QueryRoot")
    query["company"].resolve = lambda _root, _info, id: facts.store.node(id)  # noqa: A006 - the schema's name
    query["companies"].resolve = lambda _root, info, **page: _search(facts, room, info, page)
    commands = _Commands(room)
    mutations = fields_of(schema, "Mutation")
    for name, (key, act) in {
        "companyCreate": ("company", commands.create),
        "companyUpdate": ("company", commands.update),
        "companyLocationCreate": ("companyLocation", commands.create_location),
        "companyLocationUpdate": ("companyLocation", commands.update_location),
        "companyLocationAssignAddress": ("addresses", commands.assign_address),
        "companyLocationTaxSettingsUpdate": ("companyLocation", commands.set_tax),
        "companyAssignCustomerAsContact": ("companyContact", commands.assign_customer),
    }.items():
        mutations[name].resolve = _mutation(facts, room, key, act)


def _check(facts: Facts, room: CompanyRoom, scope: str, name: str) -> None:
    require(facts, scope, name)
    if not room.b2b:
        access = f"`{scope}` access scope or `{scope.partition('_')[0]}_companies` access scope."
        access += " Also: The API client must be installed on a Shopify Plus store."
        raise GraphQLError(
            f"Access denied for {name} field. Required access: {access}", extensions={"code": "ACCESS_DENIED"}
        )


def _profiles(facts: Facts, room: CompanyRoom, info: Info, customer: str) -> list[Document]:
    _check(facts, room, READ, info.field_name)
    return [one for company in room.store.companies() for one in company["contacts"] if one["customer"] == customer]


def _company_of(room: CompanyRoom, contact: str) -> Document:
    return next(c for c in room.store.companies() if any(one["id"] == contact for one in c["contacts"]))


def _search(facts: Facts, room: CompanyRoom, info: Info, page: Document) -> Document:
    """As loosely as Shopify searches: capitals do not count, and what begins so is found as well."""
    _check(facts, room, READ, info.field_name)
    query = page.pop("query", None) or ""
    terms = [(m["name"], json.loads(m["value"]).casefold()) for m in _TERM.finditer(query)]
    if query and (not terms or re.sub(_TERM, "", query).replace(" OR ", "").strip()):
        raise GraphQLError(f"The sandbox does not search companies by {query!r}")
    names = {"external_id": "externalId", "name": "name"}
    found = [
        one
        for one in room.store.companies()
        if not terms or any((one[names[name]] or "").casefold().startswith(value) for name, value in terms if value)
    ]
    return connection(found, page)


def _mutation(facts: Facts, room: CompanyRoom, key: str, act: Callable[[Document], Any]) -> Callable[..., Document]:
    def resolve(_root: Any, info: Info, **given: Any) -> Document:
        _check(facts, room, WRITE, info.field_name)
        try:
            with room.changing:
                return {key: act(given), "userErrors": []}
        except CompanyRefused as refused:
            error = {"field": refused.field, "message": str(refused), "code": refused.code}
            return {key: None, "userErrors": [error]}

    return resolve


class _Commands:
    def __init__(self, room: CompanyRoom) -> None:
        self.room = room

    def create(self, given: Document) -> Document:
        values, first = given["input"]["company"], given["input"].get("companyLocation")
        if not (values.get("name") or "").strip():
            raise CompanyRefused("Name can't be blank", ("input", "company", "name"), "BLANK")
        self._free(values.get("externalId"), ("input", "company", "externalId"))
        company: Document = {
            "id": gid("Company", self.room.store.new_id("Company")),
            "name": values["name"],
            "externalId": values.get("externalId"),
            "note": values.get("note"),
            "contacts": [],
            "locations": [],
        }
        if first is not None:
            company["locations"] = [self._location(first, company, ("input", "companyLocation"))]
        return self.room.keep_company(company, "create", ("companies/create",))

    def update(self, given: Document) -> Document:
        company, values = self._company(given["companyId"]), given["input"]
        self._free(values.get("externalId"), ("input", "externalId"), besides=company["id"])
        changes = {name: values[name] for name in ("name", "externalId", "note") if name in values}
        return self.room.keep_company({**company, **changes}, "write", ("companies/update",))

    def create_location(self, given: Document) -> Document:
        company = self._company(given["companyId"])
        location = self._location(given["input"], company, ("input",))
        self._keep({**company, "locations": [*company["locations"], location]}, "create", location)
        return location

    def update_location(self, given: Document) -> Document:
        values = given["input"]
        self._dialled(values.get("phone"), ("input", "phone"))
        names = ("name", "externalId", "phone", "locale", "note")
        return self._change(given["companyLocationId"], {name: values[name] for name in names if name in values})

    def assign_address(self, given: Document) -> list[Document]:
        company, _ = self._located(given["locationId"])
        address = _address(given["address"], company["name"], self.room.store.new_id)
        kinds = [f"{kind.lower()}Address" for kind in given["addressTypes"]]
        self._change(given["locationId"], dict.fromkeys(kinds, address))
        return [address]

    def set_tax(self, given: Document) -> Document:
        tax = {"taxRegistrationId": given.get("taxRegistrationId") or None}
        return self._change(given["companyLocationId"], {"taxSettings": tax})

    def assign_customer(self, given: Document) -> Document:
        company, customer = self._company(given["companyId"]), given["customerId"]
        if self.room.store.customer(customer) is None:
            raise CompanyRefused("The customer doesn't exist", ("customerId",), "RESOURCE_NOT_FOUND")
        if any(one["customer"] == customer for one in company["contacts"]):
            raise CompanyRefused("Customer is already a contact of the company", ("customerId",))
        contact = self.room.new_contact(customer)
        self._keep({**company, "contacts": [*company["contacts"], contact]}, "contact", contact)
        return contact

    def _company(self, company_id: str) -> Document:
        company = self.room.store.company(company_id)
        if company is None:
            raise CompanyRefused("The company doesn't exist", ("companyId",), "RESOURCE_NOT_FOUND")
        return company

    def _located(self, location_id: str) -> tuple[Document, Document]:
        for company in self.room.store.companies():
            for location in company["locations"]:
                if location["id"] == location_id:
                    return company, location
        raise CompanyRefused("The company location doesn't exist", ("companyLocationId",), "RESOURCE_NOT_FOUND")

    def _change(self, location_id: str, changes: Mapping[str, Any]) -> Document:
        company, location = self._located(location_id)
        changed = {**location, **changes}
        others = [changed if one["id"] == location_id else one for one in company["locations"]]
        self._keep({**company, "locations": others}, "write", changed)
        return changed

    def _keep(self, company: Document, operation: str, part: Document) -> None:
        self.room.keep_company(company, "touch", ())
        kind = "company_contact" if operation == "contact" else "company_location"
        self.room.journal.record(kind, "create" if operation == "contact" else operation, part["id"])
        body = {"admin_graphql_api_id": part["id"], "company": {"admin_graphql_api_id": company["id"]}}
        topic = {"contact": "company_contacts/create", "create": "company_locations/create"}.get(operation)
        self.room.tell_of(topic or "company_locations/update", body)

    def _location(self, values: Mapping[str, Any], company: Document, at: tuple[str, ...]) -> Document:
        if not (values.get("name") or "").strip():
            raise CompanyRefused("Name can't be blank", (*at, "name"), "BLANK")
        for other in self.room.store.companies():
            if any(one["externalId"] and one["externalId"] == values.get("externalId") for one in other["locations"]):
                raise CompanyRefused("External Id has already been taken.", (*at, "externalId"), "TAKEN")
        self._dialled(values.get("phone"), (*at, "phone"))
        new_id = self.room.store.new_id
        given = {kind: values.get(f"{kind}Address") for kind in ("shipping", "billing")}
        at_home = {kind: _address(one, company["name"], new_id) if one else None for kind, one in given.items()}
        if values.get("billingSameAsShipping"):
            at_home["billing"] = at_home["shipping"]
        return {
            "id": gid("CompanyLocation", new_id("CompanyLocation")),
            "name": values["name"],
            "externalId": values.get("externalId"),
            "phone": values.get("phone"),
            "locale": values.get("locale"),
            "taxSettings": {"taxRegistrationId": values.get("taxRegistrationId")},
            "shippingAddress": at_home["shipping"],
            "billingAddress": at_home["billing"],
        }

    def _free(self, external_id: str | None, at: Sequence[str], besides: str = "") -> None:
        taken = [c for c in self.room.store.companies() if c["externalId"] == external_id and c["id"] != besides]
        if external_id and taken:
            raise CompanyRefused("External Id has already been taken.", at, "TAKEN")

    def _dialled(self, phone: str | None, at: Sequence[str]) -> None:
        if phone and not phone.startswith("+"):
            raise CompanyRefused("Phone is invalid", at)


def _address(given: Mapping[str, Any], company: str, new_id: Callable[[str], str]) -> Document:
    if not given.get("countryCode"):
        raise CompanyRefused("Country can't be blank", ("address", "countryCode"), "BLANK")
    return {
        "id": gid("CompanyAddress", new_id("CompanyAddress")),
        "recipient": given.get("recipient"),
        "companyName": company,
        "address1": given.get("address1") or "",
        "address2": given.get("address2"),
        "city": given.get("city"),
        "zip": given.get("zip"),
        "province": given.get("zoneCode"),
        "zoneCode": given.get("zoneCode"),
        "country": COUNTRIES.get(given["countryCode"], given["countryCode"]),
        "countryCode": given["countryCode"],
        "phone": given.get("phone"),
    }
