"""What the demo shop sells and whom it knows: products, taxes, currencies, people, addresses."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from libs.sandbox.shopify.drafts import Person, Place, Product, Tax

CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class DemoTax:
    """An Odoo sale tax that the demo's orders need; `percent` is 8.875 for 8.875 %."""

    name: str
    percent: Decimal
    price_include: bool


STATE = Tax("State Tax", Decimal("0.0625"))
COUNTY = Tax("County Tax", Decimal("0.01"))
NEW_YORK = Tax("New York Sales Tax", Decimal("0.08875"))
GENERAL = Tax("Sales Tax", Decimal("0.15"))
VAT = Tax("VAT", Decimal("0.2"))
MWST = Tax("MwSt", Decimal("0.19"))
UNKNOWN_TAX = Tax("Resort Tax", Decimal("0.0725"))
"""Odoo has no such tax: an order with it is held."""

_PRODUCTS = (
    Product("MUG-BLUE", "Blue mug", Decimal("12.50"), "40001", "4006381333931"),
    Product("TEE-M", "T-shirt", Decimal("19.99"), "40002", "5901234123457", variant_title="M"),
    Product("TEE-L", "T-shirt", Decimal("19.99"), "40003", "5901234123464", variant_title="L"),
    Product("POSTER", "Poster", Decimal("10.00"), "40004"),
    Product("LAMP", "Desk lamp", Decimal("49.00"), "40005", "9780201379624"),
    Product("NOTE-A5", "Notebook", Decimal("3.33"), "40006"),
    Product("PEN", "Pen", Decimal("1.20"), "40007"),
    Product("COFFEE", "Coffee beans", Decimal("8.40"), "40008", "4012345678901"),
    Product("SCHALE", "Schüssel „Große Ähre“", Decimal("24.90"), "40009"),
    Product("", "Postcard set", Decimal("4.50"), "40010", "4000417025005"),
    Product("STICKER", "Sticker", Decimal("0.00"), "40011"),
    Product("CHAIR", "Oak chair", Decimal("129.00"), "40012", "7612345678900"),
    Product("GIFT-25", "Gift card", Decimal("25.00"), "40013", gift_card=True, requires_shipping=False, taxable=False),
    Product("UNKNOWN-1", "Prototype", Decimal("15.00"), "40014", "2000000000008", known_to_odoo=False),
)

STOCKED = Product("FLASK", "Vacuum flask", Decimal("34.00"), "40015", "4260000000004")
"""What Odoo keeps in stock and sells, too; no order of the demo names it."""


def demo_catalog() -> list[Product]:
    """The shop's products; those with `known_to_odoo` are to be seeded in Odoo, by SKU and barcode."""
    return list(_PRODUCTS)


def demo_taxes() -> list[DemoTax]:
    """The sale taxes that Odoo must have for the demo's orders to be synced."""
    on_top = [(tax, False) for tax in (STATE, COUNTY, NEW_YORK, GENERAL)]
    included = [(tax, True) for tax in (VAT, MWST)]
    # A rate on top and the same rate in the price are two taxes in Odoo.
    return [DemoTax(tax.title, (tax.rate * 100).normalize(), price_include) for tax, price_include in on_top + included]


def demo_pricelists() -> list[str]:
    """Currencies that Odoo must have a pricelist of. The demo's orders in CHF are held for want of one."""
    return ["EUR"]


def demo_partners() -> list[tuple[str, str]]:
    """Name and e-mail of contacts that Odoo knows before the first order."""
    return [("Erika Mustermann", "erika.mustermann@example.com")]


PEOPLE = (
    Person("Ada", "Reyes", "ada.reyes@example.com", "+12125550101"),
    Person("Ben", "Okafor", "ben.okafor@example.com"),
    Person("Chloé", "Dubois", "chloe.dubois@example.com", locale="fr"),
    Person("Dmitri", "Ivanov", "dmitri.ivanov@example.com"),
    Person("Eun-ji", "Park", "eunji.park@example.com", "+12125550105"),
    Person("Farah", "Haddad", "farah.haddad@example.com"),
    Person("Gustav", "Lindqvist", "gustav.lindqvist@example.com", locale="sv"),
    Person("Hana", "Nováková", "hana.novakova@example.com", locale="cs"),
    Person("Ines", "Costa", "ines.costa@example.com"),
    Person("Jamal", "Wright", "jamal.wright@example.com"),
    Person("Kira", "Berg", "kira.berg@example.com"),
    Person("Liam", "Murphy", "liam.murphy@example.com"),
)

LOUISVILLE = Place(
    "Ada", "Reyes", "", "92 Chestnut Street", "", "Louisville", "40202", "KY", "Kentucky", "US", phone="+15025550111"
)
NEW_YORK_CITY = Place(
    "Ben", "Okafor", "Okafor & Sons", "350 5th Avenue", "Floor 21", "New York", "10118", "NY", "New York", "US"
)
LYON = Place("Chloé", "Dubois", "", "12 rue de la République", "bâtiment B", "Lyon", "69002", country="FR")
BERLIN = Place("Jürgen", "Groß", "Müller & Söhne GmbH", "Straße des 17. Juni 135", "", "Berlin", "10623", country="DE")
TOKYO = Place("花子", "山田", "", "丸の内1-9-1", "", "千代田区", "100-0005", "JP-13", "Tokyo", "JP")
ZURICH = Place("Reto", "Ammann", "", "Bahnhofstrasse 1", "", "Zürich", "8001", country="CH")
