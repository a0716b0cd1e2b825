"""Tells Shopify about products and compares what it shows then: one request for each that changed, one to read all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from libs.common.domain.outcomes import Hold
from libs.common.domain.products import Product
from libs.common.domain.rules_products import Writes
from libs.common.errors import Failure, Outage, RateLimited, Transient
from libs.common.ledger.model import Target
from libs.common.odoo.templates import read_picture
from services.workers.context import StoreContext
from services.workers.entity import Outcome
from services.workers.products.links import keep_links
from services.workers.products.to_shopify.claims import PREFIX, TARGET
from services.workers.products.to_shopify.inputs import pair, still_differs
from services.workers.products.to_shopify.model import Changes, Picture

ENTITY = "product"
#: How REST calls what both ways can write.
_REST = {"price": "price", "compareAtPrice": "compare_at_price", "barcode": "barcode"}


def carry_out(changes: Sequence[Changes], store: StoreContext) -> list[Outcome | Failure]:
    """One answer for each, in order."""
    written: list[str | Failure] = []
    for one in changes:
        before = written[-1] if written else None
        # A shop that is down, or asks for patience, is not asked once more for each of a hundred products.
        written.append(before if isinstance(before, (Outage, RateLimited)) else _write(one, store))
    ids = [one for one in written if isinstance(one, str)]
    shown = store.shopify.products(ids) if ids else {}
    return [
        there if isinstance(there, Failure) else _outcome(one, there, shown.get(there), store)
        for one, there in zip(changes, written, strict=True)
    ]


def _write(one: Changes, store: StoreContext) -> str | Failure:
    """The id of the product."""
    try:
        product_id = one.product_id
        values = {**one.set, **_pictures(one, store)}
        if values or product_id is None:
            identifier = {"id": product_id} if product_id else {"handle": one.handle}
            product_id = store.shopify.set_product(identifier, values)
        if one.variants:
            _write_variants(product_id, one.variants, store)
    except Failure as failure:
        return failure
    return product_id


def _pictures(one: Changes, store: StoreContext) -> dict[str, Any]:
    """All pictures of the product, and which variants show which; those that Shopify has by now are not sent again."""
    if not one.pictures:
        return {}
    there = store.shopify.media(one.product_id) if one.product_id else {}
    files = [_file(picture, there, store) for picture in one.pictures]
    variants = [dict(values) for values in one.set.get("variants", ())]
    for picture, file in zip(one.pictures, files, strict=True):
        for place in picture.places:
            variants[place]["file"] = file
    return {"files": files, **({"variants": variants} if variants else {})}


def _file(picture: Picture, there: Mapping[str, str], store: StoreContext) -> dict[str, str]:
    """Shopify keeps a file's name in its address, with something added where the name is taken."""
    known = next((media for url, media in there.items() if picture.name in url.rpartition("/")[2]), None)
    if known is not None:
        return {"id": known}
    content = read_picture(store.odoo, picture.source, of_variant=picture.of_variant)
    return {"originalSource": store.shopify.upload(picture.name, content), "contentType": "IMAGE"}


def _write_variants(product_id: str, variants: Mapping[str, Mapping[str, Any]], store: StoreContext) -> None:
    left = {variant: dict(values) for variant, values in variants.items()}
    if store.rules.products.writes is Writes.REST:
        for variant, values in left.items():
            rest = {_REST[name]: values.pop(name) for name in list(values) if name in _REST}
            item = dict(values.get("inventoryItem") or {})
            if "sku" in item:
                rest["sku"] = item.pop("sku")
                values.pop("inventoryItem")
                if item:
                    values["inventoryItem"] = item
            if rest:
                store.shopify.set_variant(variant, rest)
    inputs = [{"id": f"gid://shopify/ProductVariant/{v}", **values} for v, values in left.items() if values]
    if inputs:
        store.shopify.update_variants(product_id, inputs)


def _outcome(one: Changes, product_id: str, shown: Product | None, store: StoreContext) -> Outcome | Failure:
    if shown is None:
        return Transient(f"{one.name}: Shopify does not show product {product_id} yet", "shopify", "product_not_shown")
    target = Target(TARGET, int(product_id), shown.title)
    notes = {"product": shown.title, "written": ", ".join([*one.set, *(["variants"] if one.variants else [])])}
    if one.wanted is None:
        return Outcome(one.version, one.digest, one.name, target, notes=notes)
    places = {there: place for place, there in enumerate(one.sources)}
    pairs = pair(one.wanted, shown, {places[there]: variant for there, variant in one.links.items()}, one.others)
    _keep(one, {variant: one.sources[place] for place, variant in pairs.items()}, store)
    names = still_differs(one.wanted, shown, pairs)
    hold = None
    if names:
        hold = Hold(
            "product_differs",
            f"{one.name}: Shopify shows another {', '.join(names)} than was written",
            "look for an app in Shopify that changes products, then retry",
            {"fields": ", ".join(names), "product_id": product_id},
        )
    return Outcome(one.version, one.digest, one.name, target, hold=hold, notes=notes)


def _keep(one: Changes, links: Mapping[str, int], store: StoreContext) -> None:
    """Its links, moved on from variants that Shopify has no more and from what Odoo has no more."""
    other = {there: one.linked[there] for variant, there in links.items() if one.linked.get(there, variant) != variant}
    left = {}
    if other:
        alive = store.shopify.variants(sorted(other.values()))
        left = {there: variant for there, variant in other.items() if variant not in alive}
    keep_links(store, links, linked=one.claim.stale, left=left)
    if one.claim.instead_of:
        own = f"{PREFIX}{one.template_id}"
        store.ledger.move_link(store.slug, ENTITY, one.claim.instead_of, own, at_work=True)
