"""What an app does to products: `productSet`, `productVariantsBulkUpdate`, and variants by REST."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema

from libs.sandbox.shopify.after_resolvers import Facts, require
from libs.sandbox.shopify.catalog import DEFAULT_OPTION, DEFAULT_VALUE, Document, gid_of
from libs.sandbox.shopify.media import Refused, show_files
from libs.sandbox.shopify.schema import fields_of
from libs.sandbox.shopify.selling import CREATE, UPDATE, Shop, keep

Info = GraphQLResolveInfo[Any]
WRITE = "write_products"
MOST_INPUTS = 250
_CODE = re.compile(r'(?P<name>sku|barcode):"(?P<code>(?:[^"\\]|\\.)*)"')
_PLAIN = {"title": "title", "descriptionHtml": "descriptionHtml", "vendor": "vendor", "productType": "productType"}
_PLAIN |= {"tags": "tags", "status": "status", "handle": "handle"}


def attach_commands(schema: GraphQLSchema, facts: Facts, shop: Shop) -> None:
    mutations = fields_of(schema, "Mutation")

    def product_set(_root: Any, info: Info, **given: Any) -> Document:
        require(facts, WRITE, info.field_name)
        return _done(lambda: set_product(shop, given["input"], given.get("identifier") or {}))

    def bulk_update(_root: Any, info: Info, **given: Any) -> Document:
        require(facts, WRITE, info.field_name)
        if len(given["variants"]) > MOST_INPUTS:
            message = f"The input array size of {len(given['variants'])} is greater than the maximum allowed of 250."
            raise GraphQLError(message, extensions={"code": "MAX_INPUT_SIZE_EXCEEDED"})
        return _done(lambda: update_variants(shop, given["productId"], given["variants"]))

    def staged(_root: Any, info: Info, input: list[Document]) -> Document:  # noqa: A002 - as in the schema
        require(facts, WRITE, info.field_name)
        made = []
        for one in input:
            name = f"{shop.store.new_id('StagedUpload')}-{one['filename']}"
            place = {"url": f"{shop.url}/staged/{name}", "resourceUrl": f"{shop.url}/cdn/{name}", "parameters": []}
            made.append(place)
        return {"stagedTargets": made, "userErrors": []}

    mutations["stagedUploadsCreate"].resolve = staged
    mutations["productSet"].resolve = product_set
    mutations["productVariantsBulkUpdate"].resolve = bulk_update


def by_codes(query: str) -> list[tuple[str, str]] | None:
    """`sku:"A" OR barcode:"1"` as pairs; None for another query."""
    found = [(m["name"], re.sub(r"\\(.)", r"\1", m["code"])) for m in _CODE.finditer(query)]
    return found if found and re.sub(_CODE, "", query).replace(" OR ", "").strip() == "" else None


def set_product(shop: Shop, given: Mapping[str, Any], identifier: Mapping[str, Any]) -> Document:
    catalog, new_id = shop.store.catalog, shop.store.new_id
    with shop.changing:
        before = _identified(shop, identifier or {"id": given.get("id")})
        if before is None and identifier.get("id"):
            raise Refused(["identifier", "id"], "Product does not exist")
        if before is None and not (given.get("title") or "").strip():
            raise Refused(["input", "title"], "Title can't be blank")
        now = shop.second()
        fresh: Document = {
            "id": gid_of("Product", new_id("Product")),
            "descriptionHtml": "",
            "vendor": "",
            "productType": "",
            "tags": [],
            "status": "ACTIVE",
            "isGiftCard": False,
            "media": [],
            "options": [],
            "variants": [],
            "createdAt": now,
            "handle": identifier.get("handle") or "",
        }
        document: Document = {**(before or fresh)}
        document |= {name: given[key] for key, name in _PLAIN.items() if given.get(key) is not None}
        document["tags"] = sorted(dict.fromkeys(document["tags"]))
        document["updatedAt"] = max(now, before["updatedAt"]) if before else now
        if given.get("variants") is not None:
            document["variants"] = [_variant(shop, one, catalog) for one in given["variants"]]
        elif not document["variants"]:
            document["variants"] = [_variant(shop, {"optionValues": []}, catalog)]
        if given.get("files") is not None:
            document["media"] = show_files(document, given["files"], given.get("variants") or (), new_id)
        _check(document)
        document["options"] = _options(document["variants"], new_id)
        return keep(shop, document, UPDATE if before else CREATE)


def update_variants(shop: Shop, product: str, given: list[Mapping[str, Any]]) -> Document:
    with shop.changing:
        before = shop.store.catalog.product(product)
        if before is None:
            raise Refused(["productId"], "Product does not exist")
        known = {one["id"] for one in before["variants"]}
        for index, one in enumerate(given):
            if one["id"] not in known:
                raise Refused(["variants", str(index), "id"], "Product variant does not exist")
        by_id = {one["id"]: one for one in given}
        variants = [_with(shop, one, by_id[one["id"]]) if one["id"] in by_id else one for one in before["variants"]]
        updated = max(shop.second(), before["updatedAt"])
        return keep(shop, {**before, "variants": variants, "updatedAt": updated}, UPDATE)


def update_by_rest(shop: Shop, number: str, given: Mapping[str, Any]) -> Document | None:
    """The variant after `PUT /variants/{id}.json`; None when there is none."""
    variant = shop.store.catalog.variant(gid_of("ProductVariant", number))
    product = shop.store.catalog.product_of(variant["id"]) if variant else None
    if variant is None or product is None:
        return None
    names = {"price": "price", "compare_at_price": "compareAtPrice", "barcode": "barcode"}
    values: dict[str, Any] = {name: given[key] for key, name in names.items() if key in given}
    if "sku" in given:
        values["inventoryItem"] = {"sku": given["sku"]}
    update_variants(shop, product["id"], [{"id": variant["id"], **values}])
    return shop.store.catalog.variant(variant["id"])


def _done(command: Any) -> Document:
    try:
        return {"product": command(), "userErrors": []}
    except Refused as refusal:
        return {"product": None, "userErrors": [{"field": refusal.field, "message": str(refusal)}]}


def _identified(shop: Shop, identifier: Mapping[str, Any]) -> Document | None:
    if identifier.get("id"):
        return shop.store.catalog.product(identifier["id"])
    handle = identifier.get("handle")
    return next((p for p in shop.store.catalog.products() if handle and p.get("handle") == handle), None)


def _variant(shop: Shop, given: Mapping[str, Any], catalog: Any) -> Document:
    known = catalog.variant(given["id"]) if given.get("id") else None
    if given.get("id") and known is None:
        raise Refused(["input", "variants"], "Product variant does not exist")
    number = known["id"] if known else gid_of("ProductVariant", shop.store.new_id("ProductVariant"))
    fresh = {
        "id": number,
        "sku": None,
        "barcode": None,
        "price": Decimal("0.00"),
        "compareAtPrice": None,
        "taxable": True,
        "image": None,
        "item": {
            "requiresShipping": True,
            "tracked": False,
            "unitCost": None,
            "harmonizedSystemCode": None,
            "measurement": {"weight": {"value": 0.0, "unit": "KILOGRAMS"}},
        },
    }
    named = [{"name": one["optionName"], "value": one["name"]} for one in given.get("optionValues") or ()]
    options = named or [{"name": DEFAULT_OPTION, "value": DEFAULT_VALUE}]
    return _with(shop, {**fresh, **(known or {}), "selectedOptions": options}, given)


def _with(shop: Shop, variant: Document, given: Mapping[str, Any]) -> Document:
    changed = {**variant, "updatedAt": shop.second()}
    for name in ("price", "compareAtPrice"):
        if name in given:
            changed[name] = _money(name, given[name])
    if "barcode" in given:
        changed["barcode"] = given["barcode"] or None
    item = given.get("inventoryItem") or {}
    if "sku" in given or "sku" in item:
        changed["sku"] = given.get("sku", item.get("sku")) or None
    kept = {**variant["item"]}
    if "cost" in item:
        cost = None if item["cost"] is None else {"amount": _money("cost", item["cost"]), "currencyCode": shop.currency}
        kept["unitCost"] = cost
    if "harmonizedSystemCode" in item:
        kept["harmonizedSystemCode"] = item["harmonizedSystemCode"] or None
    kept |= {name: item[name] for name in ("tracked", "requiresShipping") if item.get(name) is not None}
    if item.get("measurement"):
        kept["measurement"] = {"weight": dict(item["measurement"]["weight"])}
    return {**changed, "item": kept}


def _money(name: str, value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise Refused(["variants", name], f"{name} is not a number") from None
    if amount < 0:
        raise Refused(["variants", name], f"{name} must be greater than or equal to 0")
    return amount.quantize(Decimal("0.01"))


def _check(document: Document) -> None:
    seen = [tuple((o["name"], o["value"]) for o in one["selectedOptions"]) for one in document["variants"]]
    if len(set(seen)) < len(seen):
        raise Refused(["input", "variants"], "The variant already exists. Please change at least one option value.")


def _options(variants: list[Document], new_id: Any) -> list[Document]:
    found = []
    for position, option in enumerate(variants[0]["selectedOptions"], 1):
        name = option["name"]
        values = dict.fromkeys(o["value"] for one in variants for o in one["selectedOptions"] if o["name"] == name)
        listed = [{"id": gid_of("ProductOptionValue", new_id("ProductOptionValue")), "name": v} for v in values]
        option_id = gid_of("ProductOption", new_id("ProductOption"))
        found.append({"id": option_id, "name": name, "position": position, "optionValues": listed})
    return found
