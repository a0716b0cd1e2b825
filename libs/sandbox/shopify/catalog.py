"""What the sandbox shop sells, as products with their variants: GraphQL-shaped documents, never changed in place.

Orders are made of `drafts.Product`, one sellable variant; whatever is sold is in the catalog as well, each variant as a
product of its own unless it was put there with others (`put`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from libs.sandbox.shopify.drafts import Product

Document = dict[str, Any]
DEFAULT_OPTION, DEFAULT_VALUE = "Title", "Default Title"


def gid_of(kind: str, number: str) -> str:
    return f"gid://shopify/{kind}/{number}"


class Catalog:
    """Products by global id, and which product each variant belongs to."""

    def __init__(self, new_id: Callable[[str], str]) -> None:
        self.lock = threading.RLock()
        self._new_id = new_id
        self._products: dict[str, Document] = {}
        self._variants: dict[str, Document] = {}
        self._of: dict[str, str] = {}

    def adopt(self, sold: Product) -> None:
        """The variant as a product of its own, or, when it is there already, its price, codes and title renewed."""
        with self.lock:
            known = self._variants.get(sold.gid)
            if known is None:
                self.put(product_of(sold, self._new_id))
                return
            product = self._products[self._of[sold.gid]]
            changed = {**known, "sku": sold.sku or None, "barcode": sold.barcode or None, "price": sold.price}
            if changed == known and sold.title == product["title"]:
                return  # each of two thousand variants would have the others put anew
            variants = [changed if one["id"] == sold.gid else one for one in product["variants"]]
            self.put({**product, "title": sold.title, "variants": variants})

    def put(self, product: Document) -> None:
        """Adds the product or puts it in the place of the one of the same id."""
        with self.lock:
            before = self._products.get(product["id"])
            for variant in before["variants"] if before else ():
                self._variants.pop(variant["id"], None)
                self._of.pop(variant["id"], None)
            self._products[product["id"]] = product
            for variant in product["variants"]:
                self._variants[variant["id"]] = variant
                self._of[variant["id"]] = product["id"]

    def remove(self, product_gid: str) -> Document | None:
        with self.lock:
            gone = self._products.pop(product_gid, None)
            for variant in gone["variants"] if gone else ():
                self._variants.pop(variant["id"], None)
                self._of.pop(variant["id"], None)
            return gone

    def remove_variant(self, variant_gid: str) -> None:
        """With its product, when that has no other."""
        with self.lock:
            product = self.product_of(variant_gid)
            if product is None:
                return
            left = [one for one in product["variants"] if one["id"] != variant_gid]
            if left:
                self.put({**product, "variants": left})
            else:
                self.remove(product["id"])

    def product(self, gid: str) -> Document | None:
        return self._products.get(gid)

    def variant(self, gid: str) -> Document | None:
        return self._variants.get(gid)

    def product_of(self, variant_gid: str) -> Document | None:
        return self._products.get(self._of.get(variant_gid, ""))

    def products(self) -> list[Document]:
        with self.lock:
            return list(self._products.values())

    def variants(self, after: int = 0) -> list[Document]:
        """By number, those of a greater number."""
        with self.lock:
            found = sorted((number_of(gid), document) for gid, document in self._variants.items())
        return [document for number, document in found if number > after]

    def variant_count(self) -> int:
        return len(self._variants)


def number_of(gid: str) -> int:
    return int(gid.rpartition("/")[2])


def product_of(sold: Product, new_id: Callable[[str], str]) -> Document:
    """A product with this one variant."""
    value = sold.variant_title or DEFAULT_VALUE
    name = "Variant" if sold.variant_title else DEFAULT_OPTION
    made = datetime.now(UTC).replace(microsecond=0)
    option = {"id": gid_of("ProductOption", new_id("ProductOption")), "name": name, "position": 1}
    option["optionValues"] = [{"id": gid_of("ProductOptionValue", new_id("ProductOptionValue")), "name": value}]
    return {
        "id": gid_of("Product", new_id("Product")),
        "title": sold.title,
        "descriptionHtml": "",
        "vendor": sold.vendor,
        "productType": "",
        "tags": [],
        "status": "ACTIVE",
        "isGiftCard": sold.gift_card,
        "createdAt": made,
        "updatedAt": made,
        "options": [option],
        "media": [],
        "variants": [variant_of(sold, ((name, value),), made)],
    }


def variant_of(sold: Product, options: Iterable[tuple[str, str]], made: datetime) -> Document:
    return {
        "id": sold.gid,
        "sku": sold.sku or None,
        "barcode": sold.barcode or None,
        "price": sold.price,
        "compareAtPrice": None,
        "taxable": sold.taxable,
        "selectedOptions": [{"name": name, "value": value} for name, value in options],
        "updatedAt": made,
        "image": None,
        "item": {
            "requiresShipping": sold.requires_shipping,
            "tracked": True,
            "unitCost": None,
            "harmonizedSystemCode": None,
            "measurement": {"weight": {"value": 0.0, "unit": "KILOGRAMS"}},
        },
    }


def variant_title(variant: Document) -> str:
    return " / ".join(one["value"] for one in variant["selectedOptions"]) or DEFAULT_VALUE


def sold_of(product: Document, variant: Document) -> Product:
    """What is put into an order of it."""
    title = variant_title(variant)
    price = variant["price"]
    return Product(
        sku=variant["sku"] or "",
        title=product["title"],
        price=price if isinstance(price, Decimal) else Decimal(0),
        variant_id=str(number_of(variant["id"])),
        barcode=variant["barcode"] or "",
        variant_title="" if title == DEFAULT_VALUE else title,
        vendor=product["vendor"],
        taxable=variant["taxable"],
        requires_shipping=variant["item"]["requiresShipping"],
        gift_card=product["isGiftCard"],
    )
