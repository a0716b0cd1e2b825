"""Orders that a connector may get wrong, each with how it must end: the demo places 25 of them.

Amounts are chosen so that Odoo's own arithmetic comes to Shopify's total, rounded globally (Odoo 19) and by the
line (Odoo 18); `tests/unit/sandbox_shopify/test_demo.py` works both out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from libs.sandbox.shopify.demo_catalog import (
    BERLIN,
    COUNTY,
    GENERAL,
    LOUISVILLE,
    LYON,
    MWST,
    NEW_YORK,
    NEW_YORK_CITY,
    PEOPLE,
    STATE,
    TOKYO,
    UNKNOWN_TAX,
    VAT,
    ZURICH,
)
from libs.sandbox.shopify.demo_parts import at, line, product, sent, shipping
from libs.sandbox.shopify.drafts import Discount, Draft, Line, Person

HELD_PRODUCT = "held:product_missing"
HELD_TAX = "held:tax_missing"
HELD_PRICELIST = "held:pricelist_missing"

_ADA, _BEN, _CHLOE, _DMITRI, _EUNJI, _FARAH, _GUSTAV, _HANA, _INES, _JAMAL, _KIRA, _LIAM = PEOPLE


def demo_orders(n: int = 25, seed: int = 1) -> list[Draft]:
    """`n` different orders, the same for the same seed: the telling ones first, then plain ones at random."""
    telling = [*_plain(), *_discounted(), *_awkward(), *_taxed(), *_odd_people(), *_elsewhere(), *_foreign(), *_held()]
    chance = random.Random(seed)
    drafts = telling[:n]
    drafts += [_any(chance, number) for number in range(n - len(drafts))]
    return drafts


def _plain() -> Iterator[Draft]:
    yield Draft(
        label="one line, taxed shipping",
        lines=(line("MUG-BLUE"),),
        shipping=shipping("5.00"),
        taxes=(GENERAL,),
        customer=_ADA,
        shipping_address=LOUISVILLE,
    )
    yield Draft(
        label="many lines and quantities, untaxed shipping, a product known by its barcode only",
        lines=(line("TEE-M", 2), line("COFFEE", 5), line("Postcard set", 2), line("LAMP"), line("PEN", 10)),
        shipping=shipping("7.90", "Express", taxed=False),
        taxes=(GENERAL,),
        customer=_BEN,
        shipping_address=NEW_YORK_CITY,
    )
    yield Draft(
        label="free shipping, the second order of a customer",
        lines=(line("TEE-L"), line("POSTER", 3)),
        shipping=shipping("0.00", "Free shipping"),
        taxes=(GENERAL,),
        customer=_ADA,
        shipping_address=LOUISVILLE,
    )
    yield sent(
        _DMITRI,
        NEW_YORK_CITY,
        label="60 lines: more than a page",
        lines=tuple(line(("PEN", "COFFEE", "POSTER")[i % 3], 1 + i % 4) for i in range(60)),
        shipping=shipping("12.00"),
        taxes=(VAT,),
        taxes_included=True,
    )


def _discounted() -> Iterator[Draft]:
    yield sent(
        _EUNJI,
        NEW_YORK_CITY,
        label="a discount on one line",
        lines=(line("LAMP", 1, discount="9.00"), line("POSTER")),
        shipping=shipping("5.00"),
        taxes=(GENERAL,),
    )
    yield sent(
        _FARAH,
        LOUISVILLE,
        label="10.00 off, spread unevenly over three lines",
        lines=(line("POSTER"), line("POSTER"), line("POSTER")),
        discounts=(Discount("TENOFF", Decimal("10.00")),),
        shipping=shipping("4.00"),
        taxes=(VAT,),
        taxes_included=True,
    )
    yield sent(
        _GUSTAV,
        LOUISVILLE,
        label="a line that costs nothing after its discount",
        lines=(line("MUG-BLUE", 1, discount="12.50"), line("CHAIR", 2)),
        shipping=shipping("20.00"),
        taxes=(GENERAL,),
    )
    yield sent(
        _HANA,
        LYON,
        label="shipping at a discount, and 15 % off everything",
        lines=(line("CHAIR"), line("TEE-M", 3)),
        discounts=(Discount("WELCOME15", percent=Decimal(15)),),
        shipping=shipping("15.00", "Courier", discount="5.00"),
        taxes=(VAT,),
        taxes_included=True,
    )


def _awkward() -> Iterator[Draft]:
    yield sent(
        _INES,
        LYON,
        label="three of a line for 10.00 in all: no unit price comes to it",
        lines=(line("NOTE-A5", 3, price="4.00", discount="2.00"),),
        shipping=shipping("3.50", taxed=False),
    )
    yield sent(
        _JAMAL,
        NEW_YORK_CITY,
        label="an order for nothing: all of it off, no shipping",
        lines=(line("POSTER", 2), line("STICKER", 5)),
        discounts=(Discount("ONTHEHOUSE", percent=Decimal(100)),),
        taxes=(GENERAL,),
    )


def _taxed() -> Iterator[Draft]:
    yield sent(
        _KIRA,
        LOUISVILLE,
        label="two taxes on a line: state and county",
        lines=(line("CHAIR"), line("LAMP", 2)),
        shipping=shipping("10.00", taxed=False),
        taxes=(STATE, COUNTY),
    )
    yield sent(
        _LIAM,
        NEW_YORK_CITY,
        label="8.875 %",
        lines=(line("TEE-M", 2), line("COFFEE")),
        shipping=shipping("6.00"),
        taxes=(NEW_YORK,),
    )
    yield Draft(
        label="tax in the price, 19 %",
        lines=(line("SCHALE", 2), line("COFFEE", 3)),
        shipping=shipping("4.90"),
        taxes=(MWST,),
        taxes_included=True,
        customer=Person("Jürgen", "Groß", "juergen.gross@example.com", locale="de"),
        shipping_address=BERLIN,
    )
    yield Draft(
        label="no tax at all",
        lines=(line("POSTER", 4), line("PEN", 7)),
        shipping=shipping("9.99"),
        customer=_CHLOE,
        shipping_address=LYON,
    )
    yield sent(
        Person("Mona", "Lind", "mona.lind@example.com"),
        LOUISVILLE,
        label="one line taxed, one not: a gift card",
        lines=(line("MUG-BLUE", 2), Line(product("GIFT-25"), taxes=())),
        taxes=(GENERAL,),
    )


def _odd_people() -> Iterator[Draft]:
    yield sent(
        Person("Nils", "Ahlgren", "nils.ahlgren@example.com"),
        LOUISVILLE,
        label="a custom line, not in any catalog, with the buyer's words",
        lines=(
            Line(title="Engraving „Für Oma“", price=Decimal("8.00"), attributes=(("Text", "Für Oma ♥"), ("_id", "x1"))),
            line("MUG-BLUE"),
        ),
        shipping=shipping("5.00"),
        taxes=(GENERAL,),
        note="Please wrap it.\nIt is a present.",
        tags=("gift", "VIP, not"),
        po_number="PO-7731",
    )
    yield Draft(
        label="names and addresses beyond ASCII",
        lines=(line("SCHALE"), line("TEE-L")),
        shipping=shipping("18.00", "国際便"),
        customer=Person("花子", "山田", "hanako.yamada@example.com", locale="ja"),
        shipping_address=TOKYO,
    )
    yield Draft(
        label="over the counter: no customer, no address, no shipping",
        lines=(line("COFFEE", 2), line("PEN")),
        taxes=(VAT,),
        taxes_included=True,
        source_name="pos",
    )


def _elsewhere() -> Iterator[Draft]:
    yield Draft(
        label="billed elsewhere than shipped to",
        lines=(line("CHAIR", 4),),
        shipping=shipping("49.00", "Freight"),
        taxes=(GENERAL,),
        customer=Person("Olga", "Petrova", "olga.petrova@example.com", "+12125550119"),
        shipping_address=at(LOUISVILLE, Person("Olga", "Petrova")),
        billing_address=replace(NEW_YORK_CITY, first_name="Petrova", last_name="Accounting", company="Petrova Inc."),
    )
    yield Draft(
        label="a contact that Odoo has, her e-mail in other case",
        lines=(line("TEE-L", 2),),
        shipping=shipping("5.00"),
        taxes=(VAT,),
        taxes_included=True,
        customer=Person("Erika", "Mustermann", "Erika.Mustermann@EXAMPLE.com", locale="de"),
        shipping_address=at(BERLIN, Person("Erika", "Mustermann")),
    )


def _foreign() -> Iterator[Draft]:
    yield sent(
        Person("Paul", "Wagner", "paul.wagner@example.com", locale="de"),
        BERLIN,
        label="in euros, of which Odoo has a pricelist",
        lines=(line("SCHALE"), line("COFFEE", 2)),
        shipping=shipping("4.90"),
        taxes=(MWST,),
        taxes_included=True,
        currency="EUR",
    )
    yield sent(
        Person("Quinn", "Tremblay", "quinn.tremblay@example.com"),
        LOUISVILLE,
        label="shown to the customer in Canadian dollars",
        lines=(line("LAMP"), line("POSTER", 2)),
        shipping=shipping("8.00"),
        taxes=(GENERAL,),
        presentment=("CAD", Decimal("1.3719")),
    )


def _held() -> Iterator[Draft]:
    yield sent(
        Person("Reto", "Ammann", "reto.ammann@example.com", locale="de"),
        ZURICH,
        label="in francs, of which Odoo has no pricelist",
        lines=(line("LAMP"),),
        currency="CHF",
        expect=HELD_PRICELIST,
    )
    yield sent(
        Person("Sara", "Nguyen", "sara.nguyen@example.com"),
        LOUISVILLE,
        label="a tax that Odoo does not have",
        lines=(line("POSTER"),),
        taxes=(UNKNOWN_TAX,),
        expect=HELD_TAX,
    )
    yield sent(
        Person("Tomás", "Vega", "tomas.vega@example.com", locale="es"),
        LOUISVILLE,
        label="a product that Odoo does not have",
        lines=(line("POSTER"), line("UNKNOWN-1", 2)),
        taxes=(GENERAL,),
        expect=HELD_PRODUCT,
    )


def _any(chance: random.Random, number: int) -> Draft:
    """A plain order of one to five lines; 15 % of these prices are whole cents, however they are added up."""
    goods = ["COFFEE", "PEN", "POSTER", "CHAIR", "LAMP"]
    names = chance.sample(goods, k=chance.randint(1, len(goods)))
    person = Person("Guest", f"No. {number + 1}", f"guest{number + 1}@example.com")
    return sent(
        person,
        chance.choice([LOUISVILLE, NEW_YORK_CITY]),
        label="a plain order",
        lines=tuple(line(name, chance.randint(1, 6)) for name in names),
        shipping=shipping(f"{chance.choice([0, 4, 8, 12])}.00"),
        taxes=(GENERAL,),
    )
