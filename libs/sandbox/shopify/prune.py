"""Cut the real Admin schema down to what the project uses.

    python -m libs.sandbox.shopify.prune REFERENCE.json.gz libs/common/shopify/schema/admin_2026-10.graphql

Reads a full introspection and writes SDL without descriptions. Kept are: every field that a document in
`libs/common/shopify/documents` asks for, the fields in `ALSO_KEPT`, their types, and of their arguments those in
`ARGUMENTS_KEPT` and the required ones. Interfaces and unions lose the members that are not kept.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from graphql import (
    FieldNode,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_client_schema,
    get_named_type,
    parse,
    print_schema,
    visit,
)

from libs.common.shopify.documents import document_names, source_of

ARGUMENTS_KEPT = frozenset(
    {
        "after",
        "before",
        "first",
        "last",
        "reverse",
        "query",
        "sortKey",
        "id",
        "ids",
        "includeRemovals",
        "notifyCustomer",
        "identifier",
        "setAsDefault",
        "available",
        "input",
        "synchronous",
        "variants",
        "taxRegistrationId",
    }
)
DIRECTIVES_KEPT = frozenset({"idempotent"})

#: Fields that no document asks for yet and that the sandbox serves all the same (tests see to it).
ALSO_KEPT: dict[str, tuple[str, ...]] = {
    "QueryRoot": ("node", "nodes", "order", "orders", "shop", "currentAppInstallation", "publicApiVersions"),
    "Node": ("id",),
    "Order": (
        "legacyResourceId", "confirmationNumber", "confirmed", "closed", "closedAt", "cancelReason", "customerLocale",
        "customAttributes", "discountCodes", "dutiesIncluded", "estimatedTaxes", "fullyPaid", "unpaid",
        "merchantEditable", "paymentGatewayNames", "requiresShipping", "sourceIdentifier", "statusPageUrl",
        "subtotalLineItemsQuantity", "currentSubtotalLineItemsQuantity", "totalWeight", "currentTotalWeight",
        "billingAddressMatchesShippingAddress", "taxLines", "currentTaxLines", "number",
        "originalTotalPriceSet", "currentTotalPriceSet", "currentSubtotalPriceSet", "currentTotalTaxSet",
        "currentTotalDiscountsSet", "currentShippingPriceSet", "totalOutstandingSet", "totalReceivedSet",
        "totalRefundedSet", "totalRefundedShippingSet", "netPaymentSet", "totalCashRoundingAdjustment",
    ),
    "CashRoundingAdjustment": ("paymentSet", "refundSet"),
    "LineItem": (
        "vendor", "taxable", "refundableQuantity", "unfulfilledQuantity", "originalTotalSet", "discountedTotalSet",
        "discountedUnitPriceSet", "discountedUnitPriceAfterAllDiscountsSet", "totalDiscountSet",
    ),
    "ShippingLine": ("source", "phone", "carrierIdentifier", "custom", "currentDiscountedPriceSet"),
    "Customer": (
        "legacyResourceId", "createdAt", "updatedAt", "note", "tags", "state", "taxExempt", "verifiedEmail",
        "defaultAddress",
    ),
    "MailingAddress": ("id", "latitude", "longitude"),
    "TaxLine": ("channelLiable", "source"),
    "MoneyBag": ("shopMoney", "presentmentMoney"),
    "MediaImage": ("id", "preview"),
    "ProductVariant": ("legacyResourceId", "title", "displayName", "price", "taxable"),
    "Shop": ("email", "ianaTimezone", "taxShipping", "enabledPresentmentCurrencies"),
    "PageInfo": ("startCursor", "endCursor", "hasNextPage", "hasPreviousPage"),
    "OrderConnection": ("nodes", "edges", "pageInfo"),
    "OrderEdge": ("cursor", "node"),
    "LineItemConnection": ("edges",),
    "LineItemEdge": ("cursor", "node"),
    "ShippingLineConnection": ("edges",),
    "ShippingLineEdge": ("cursor", "node"),
}  # fmt: skip


class _FieldsUsed(Visitor):
    """Collects `type → field names` of a document."""

    def __init__(self, info: TypeInfo, used: dict[str, set[str]]) -> None:
        super().__init__()
        self._info = info
        self._used = used

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self._info.get_parent_type()
        if parent is None or self._info.get_field_def() is None:
            raise ValueError(f"a document asks for {node.name.value!r}, which the schema does not have")
        if not node.name.value.startswith("__"):
            self._used[get_named_type(parent).name].add(node.name.value)


def our_documents() -> list[str]:
    """The texts of the client's documents, shared fragments put in."""
    return [source_of(name) for name in document_names()]


def fields_used(schema: GraphQLSchema, documents: Iterable[str]) -> dict[str, set[str]]:
    """Type name → names of the fields that these documents ask for."""
    used: dict[str, set[str]] = defaultdict(set)
    for text in documents:
        info = TypeInfo(schema)
        visit(parse(text), TypeInfoVisitor(info, _FieldsUsed(info, used)))
    return used


def _type_name(reference: dict[str, Any]) -> str:
    while reference["ofType"]:
        reference = reference["ofType"]
    return str(reference["name"])


def _bare(described: dict[str, Any]) -> dict[str, Any]:
    """Without the description; a deprecation is kept as it stands, since it is part of the contract."""
    return {**described, "description": None}


def _kept_field(field: dict[str, Any]) -> dict[str, Any]:
    required = [a["name"] for a in field["args"] if a["type"]["kind"] == "NON_NULL" and a["defaultValue"] is None]
    args = [_bare(a) for a in field["args"] if a["name"] in ARGUMENTS_KEPT or a["name"] in required]
    return {**_bare(field), "args": args}


class _Pruner:
    def __init__(self, full: dict[str, Any], wanted: dict[str, set[str]]) -> None:
        self._types = {t["name"]: t for t in full["types"]}
        self._wanted = wanted
        self.kept: dict[str, dict[str, Any]] = {}

    def keep(self, name: str) -> None:
        """Keep a type and, by its kept fields, every type behind it."""
        if name in self.kept:
            return
        full = self._types[name]
        pruned = self.kept[name] = _bare(full)
        if full["kind"] in {"OBJECT", "INTERFACE"}:
            # What an interface keeps, its types must have.
            shared = {field for one in full["interfaces"] or () for field in self._wanted.get(one["name"], ())}
            wanted = {*self._wanted.get(name, ()), *shared}
            pruned["fields"] = [_kept_field(f) for f in full["fields"] if f["name"] in wanted]
            if not pruned["fields"]:
                raise ValueError(f"{name} is kept but none of its fields is: name some in ALSO_KEPT")
        for values in ("inputFields", "enumValues"):
            pruned[values] = [_bare(v) for v in full[values]] if full[values] else full[values]
        for reference in self._references(pruned):
            self.keep(reference)

    def _references(self, pruned: dict[str, Any]) -> Iterator[str]:
        for field in pruned["fields"] or ():
            yield _type_name(field["type"])
            yield from (_type_name(argument["type"]) for argument in field["args"])
        for field in pruned["inputFields"] or ():
            yield _type_name(field["type"])

    def close(self) -> list[dict[str, Any]]:
        """All kept types, their interfaces and members reduced to kept ones."""
        for pruned in self.kept.values():
            for relation in ("interfaces", "possibleTypes"):
                if pruned[relation]:
                    pruned[relation] = [r for r in pruned[relation] if r["name"] in self.kept]
        return [self.kept[name] for name in sorted(self.kept)]


def prune(introspection: dict[str, Any], documents: Iterable[str]) -> str:
    """The pruned SDL of a full introspection (`{"__schema": …}`, with or without `data` around it)."""
    introspection = introspection.get("data", introspection)
    wanted = fields_used(build_client_schema(introspection, assume_valid=True), documents)  # type: ignore[arg-type]
    for name, fields in ALSO_KEPT.items():
        wanted[name].update(fields)
    full = introspection["__schema"]
    pruner = _Pruner(full, wanted)
    for name in wanted:
        pruner.keep(name)
    reduced = {
        **full,
        "description": None,
        "mutationType": full["mutationType"] if "Mutation" in pruner.kept else None,
        "subscriptionType": None,
        "types": pruner.close(),
        "directives": [
            {**_bare(d), "args": [_bare(a) for a in d["args"]]}
            for d in full["directives"]
            if d["name"] in DIRECTIVES_KEPT
        ],
    }
    return print_schema(build_client_schema({"__schema": reduced}, assume_valid=True)) + "\n"  # type: ignore[typeddict-item]


def read_introspection(path: Path) -> dict[str, Any]:
    """A `.json` or `.json.gz` introspection."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    result: dict[str, Any] = json.loads(raw)
    return result


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m libs.sandbox.shopify.prune REFERENCE.json.gz OUT.graphql\n")
        return 2
    Path(arguments[1]).write_text(prune(read_introspection(Path(arguments[0])), our_documents()), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
