"""What staff do to products: add, change, archive, delete; each announced by its webhook."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from libs.sandbox.journal import Journal
from libs.sandbox.shopify.catalog import (
    DEFAULT_OPTION,
    DEFAULT_VALUE,
    Document,
    gid_of,
    number_of,
    sold_of,
)
from libs.sandbox.shopify.rest_write import time_text
from libs.sandbox.shopify.store import ShopStore

CREATE, UPDATE, DELETE = "products/create", "products/update", "products/delete"


@dataclass(frozen=True, slots=True)
class Offer:
    """One variant to be; `price` may be any text, as an import may bring it."""

    sku: str = ""
    price: Decimal | str = Decimal("10.00")
    options: Mapping[str, str] = field(default_factory=dict)
    barcode: str = ""
    compare_at: Decimal | str | None = None
    cost: Decimal | str | None = None
    weight: float = 0.0
    unit: str = "KILOGRAMS"
    hs_code: str = ""
    image: str = ""
    """The address of a picture (`add_file`)."""
    requires_shipping: bool = True
    id: str = ""
    """The number it has; a new one when empty."""


class Shop(Protocol):
    store: ShopStore
    journal: Journal
    currency: str
    changing: threading.RLock

    @property
    def url(self) -> str: ...

    def second(self) -> datetime: ...

    def send(self, topic: str, body: bytes) -> None: ...


def offer_product(shop: Shop, title: str, offers: Sequence[Offer], *, product_id: str = "", **more: Any) -> Document:
    """Adds a product, or puts it in the place of `product_id`; `more` are fields of the document. Announces it."""
    catalog, new_id = shop.store.catalog, shop.store.new_id
    with shop.changing:
        before = catalog.product(gid_of("Product", product_id)) if product_id else None
        now = shop.second()
        updated = max(now, before["updatedAt"]) if before else now
        names = list(offers[0].options) or [DEFAULT_OPTION]
        document = {
            "id": before["id"] if before else gid_of("Product", new_id("Product")),
            "title": title,
            "descriptionHtml": "",
            "vendor": "",
            "productType": "",
            "tags": [],
            "status": "ACTIVE",
            "isGiftCard": False,
            "media": [],
            **(before or {"createdAt": now}),
            **more,
            "updatedAt": updated,
            "options": _options(names, offers, new_id),
            "variants": [_variant(shop, offer, updated) for offer in offers],
        }
        return keep(shop, {**document, "title": title}, UPDATE if before else CREATE)


def keep(shop: Shop, document: Document, topic: str) -> Document:
    """Puts the document into the catalog, its variants on sale, and tells of it."""
    catalog = shop.store.catalog
    before = catalog.product(document["id"])
    kept = {one["id"] for one in document["variants"]}
    for variant in before["variants"] if before else ():
        if variant["id"] not in kept:
            shop.store.remove_product(variant["id"])
    catalog.put(document)
    shop.store.add_products(sold_of(document, one) for one in document["variants"])
    catalog.put(document)
    operation = "create" if topic == CREATE else "write"
    shop.journal.record("product", operation, document["id"], summary={"title": document["title"]})
    shop.send(topic, product_body(document))
    return document


def change_product(shop: Shop, product_id: str, **changes: Any) -> Document:
    """Changes fields of the document. Raises `KeyError` for an unknown product or field."""
    with shop.changing:
        before = shop.store.catalog.product(gid_of("Product", product_id))
        if before is None or changes.keys() - before.keys():
            raise KeyError(product_id)
        updated = max(shop.second(), before["updatedAt"])
        return keep(shop, {**before, **changes, "updatedAt": updated}, UPDATE)


def delete_product(shop: Shop, product_id: str) -> None:
    with shop.changing:
        gone = shop.store.catalog.product(gid_of("Product", product_id))
        if gone is None:
            raise KeyError(product_id)
        for variant in gone["variants"]:
            shop.store.remove_product(variant["id"])
        shop.store.catalog.remove(gone["id"])
        shop.journal.record("product", "unlink", gone["id"], summary={"title": gone["title"]})
        shop.send(DELETE, json.dumps({"id": number_of(gone["id"])}).encode())


def picture(url: str, new_id: Any) -> Document:
    """A medium of a product, its first being the one that is shown."""
    return {"id": gid_of("MediaImage", new_id("MediaImage")), "preview": {"image": {"id": None, "url": url}}}


def _options(names: Iterable[str], offers: Sequence[Offer], new_id: Any) -> list[Document]:
    found = []
    for position, name in enumerate(names, 1):
        values = dict.fromkeys(offer.options.get(name, DEFAULT_VALUE) for offer in offers)
        listed = [{"id": gid_of("ProductOptionValue", new_id("ProductOptionValue")), "name": v} for v in values]
        found.append(
            {
                "id": gid_of("ProductOption", new_id("ProductOption")),
                "name": name,
                "position": position,
                "optionValues": listed,
            }
        )
    return found


def _variant(shop: Shop, offer: Offer, now: datetime) -> Document:
    number = offer.id or shop.store.new_id("ProductVariant")
    known = shop.store.catalog.variant(gid_of("ProductVariant", number)) or {}
    options = offer.options or {DEFAULT_OPTION: DEFAULT_VALUE}
    image = known.get("image")
    if offer.image and (image is None or image["url"] != offer.image):
        image = {"id": gid_of("ProductImage", shop.store.new_id("ProductImage")), "url": offer.image}
    cost = None if offer.cost is None else {"amount": offer.cost, "currencyCode": shop.currency}
    return {
        "id": gid_of("ProductVariant", number),
        "sku": offer.sku or None,
        "barcode": offer.barcode or None,
        "price": offer.price,
        "compareAtPrice": offer.compare_at,
        "taxable": True,
        "selectedOptions": [{"name": name, "value": value} for name, value in options.items()],
        "updatedAt": now,
        "image": image if offer.image else None,
        "item": {
            "requiresShipping": offer.requires_shipping,
            "tracked": True,
            "unitCost": cost,
            "harmonizedSystemCode": offer.hs_code or None,
            "measurement": {"weight": {"value": offer.weight, "unit": offer.unit}},
        },
    }


def product_body(document: Document) -> bytes:
    """As the webhooks `products/create` and `products/update` have it."""
    body = {
        "admin_graphql_api_id": document["id"],
        "id": number_of(document["id"]),
        "title": document["title"],
        "body_html": document["descriptionHtml"],
        "vendor": document["vendor"],
        "product_type": document["productType"],
        "tags": ", ".join(document["tags"]),
        "status": document["status"].lower(),
        "created_at": time_text(document["createdAt"]),
        "updated_at": time_text(document["updatedAt"]),
        "variants": [
            {
                "admin_graphql_api_id": one["id"],
                "id": number_of(one["id"]),
                "product_id": number_of(document["id"]),
                "price": str(one["price"]),
                "sku": one["sku"],
                "barcode": one["barcode"],
            }
            for one in document["variants"]
        ],
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
