"""One order of every kind that a connector meets, in any currency, its prices with tax or without.

    shop.add_products(catalog("EUR"))
    shop.place_order(KINDS["gift_card_redeemed"]("EUR", True))

Prices are given in the currency's smallest unit: 1250 are 12.50 euros, 1250 yen, 1.250 dinars.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from libs.common.domain.money import currency_digits
from libs.sandbox.shopify.drafts import (
    Bundle,
    Company,
    Discount,
    Draft,
    Duty,
    Fee,
    Line,
    Payment,
    Person,
    Place,
    Product,
    Shipping,
    Tax,
    Terms,
)

Kind = Callable[[str, bool], Draft]
"""`kind(currency, taxes_included)`"""

VAT = Tax("VAT", Decimal("0.2"))
STATE = Tax("State Tax", Decimal("0.0625"))
COUNTY = Tax("County Tax", Decimal("0.01"))
TAXES = (VAT, STATE, COUNTY)
"""All taxes that these orders have."""

ADA = Person("Ada", "Reyes", "ada.reyes@example.com")
HOME = Place("Ada", "Reyes", address1="1 Main Street", city="Louisville", zip="40202", province="KY", country="US")
ACME = Company("Acme Ltd", "Acme, Louisville", external_id="C-77", location_external_id="C-77-1")

_RATES = {"USD": "1", "CAD": "1.3719", "EUR": "0.9187", "GBP": "0.7893", "JPY": "152.37", "KRW": "1391.6",
          "KWD": "0.30713", "BHD": "0.37702"}  # fmt: skip
_SHOWN = {0: ("JPY", "KRW"), 2: ("CAD", "GBP"), 3: ("KWD", "BHD")}

_GOODS: dict[str, tuple[str, int, dict[str, Any]]] = {
    "MUG": ("Mug", 1250, {}),
    "SHIRT": ("Shirt", 1999, {"variant_title": "M", "barcode": "5901234123457"}),
    "POSTER": ("Poster", 1000, {}),
    "PEN": ("Pen", 105, {}),
    "COURSE": ("Course", 4700, {"requires_shipping": False}),
    "GIFT": ("Gift card", 2500, {"gift_card": True, "requires_shipping": False, "taxable": False}),
}


def money(units: int, currency: str) -> Decimal:
    """So many of the currency's smallest unit."""
    return Decimal(units).scaleb(-currency_digits(currency))


def catalog(currency: str) -> list[Product]:
    """What these orders sell, under the same SKUs and variant ids in every currency."""
    return [
        Product(sku, title, money(units, currency), str(50_001 + number), **more)
        for number, (sku, (title, units, more)) in enumerate(_GOODS.items())
    ]


def exchange_rate(currency: str, shown: str) -> Decimal:
    return Decimal(_RATES[shown]) / Decimal(_RATES[currency])


class _Maker:
    """Short words for the orders below; all are of `ADA`, with VAT and taxed shipping, unless they say otherwise."""

    def __init__(self, currency: str, *, taxes_included: bool) -> None:
        self.currency, self.taxes_included = currency, taxes_included
        self._products = {product.sku: product for product in catalog(currency)}

    def of(self, units: int) -> Decimal:
        return money(units, self.currency)

    def line(self, sku: str, quantity: int = 1, **more: Any) -> Line:
        return Line(self._products[sku], quantity, **more)

    def shipping(self, units: int = 490, **more: Any) -> Shipping:
        return Shipping("Standard", self.of(units), **more)

    def shown(self, digits: int) -> tuple[str, Decimal]:
        """Another currency of so many decimals, and its rate."""
        other = next(one for one in _SHOWN[digits] if one != self.currency)
        return other, exchange_rate(self.currency, other)

    def draft(self, *lines: Line, **more: Any) -> Draft:
        fields: dict[str, Any] = {
            "lines": lines or (self.line("SHIRT", 2), self.line("PEN", 3)),
            "shipping": (self.shipping(),),
            "taxes": (VAT,),
            "customer": ADA,
            "shipping_address": HOME,
            **more,
        }
        return Draft(currency=self.currency, taxes_included=self.taxes_included, **fields)


def _discounted(m: _Maker) -> dict[str, Draft]:
    """Of a line, of the order; by code, by itself, by staff; in part and in full."""
    seventh = Discount("SEVENTH", percent=Decimal("14.2857"))
    uneven = (m.line("POSTER"), m.line("POSTER"), m.line("POSTER"))
    return {
        "line_discount_code": m.draft(m.line("SHIRT", 3, discounts=(seventh,)), m.line("PEN")),
        "line_discount_automatic": m.draft(
            m.line("MUG", 2, discounts=(Discount(amount=m.of(333), automatic=True, title="Mug week"),)), m.line("PEN")
        ),
        "line_discount_manual": m.draft(m.line("MUG", 3, discount=m.of(200)), m.line("POSTER")),
        "line_discount_full": m.draft(
            m.line("PEN", discounts=(Discount("FREEPEN", percent=Decimal(100)),)), m.line("SHIRT")
        ),
        "order_discount_code": m.draft(*uneven, discounts=(Discount("TENOFF", amount=m.of(1000)),)),
        "order_discount_automatic": m.draft(
            *uneven, m.line("PEN", 7), discounts=(Discount(percent=Decimal(15), automatic=True, title="Autumn"),)
        ),
        "order_discount_manual": m.draft(*uneven, discounts=(Discount(amount=m.of(101)),)),
        "order_discount_full": m.draft(shipping=(), discounts=(Discount("ONTHEHOUSE", percent=Decimal(100)),)),
        "discounts_together": m.draft(
            m.line("SHIRT", 3, discounts=(seventh,)),
            m.line("PEN", 5),
            discounts=(Discount("TENTH", percent=Decimal(10)), Discount(amount=m.of(77))),
            shipping=(m.shipping(discounts=(Discount("HALFSHIP", percent=Decimal(50)),)),),
        ),
    }


def _taxed(m: _Maker) -> dict[str, Draft]:
    return {
        "several_taxes": m.draft(m.line("SHIRT", 3), m.line("PEN", 7), taxes=(STATE, COUNTY)),
        "tax_free_line": m.draft(m.line("SHIRT"), m.line("COURSE", taxes=())),
        "tax_exempt": m.draft(tax_exempt=True),
        "tax_exempt_customer": m.draft(customer=Person("Una", "Exempt", "una.exempt@example.com", tax_exempt=True)),
        "no_tax": m.draft(taxes=()),
    }


def _shipped(m: _Maker) -> dict[str, Draft]:
    return {
        "shipping_with_tax": m.draft(),
        "shipping_without_tax": m.draft(shipping=(m.shipping(taxes=()),)),
        "free_shipping": m.draft(shipping=(m.shipping(0),)),
        "free_shipping_by_code": m.draft(
            shipping=(m.shipping(discounts=(Discount("SHIPFREE", percent=Decimal(100)),)),)
        ),
        "removed_shipping": m.draft(shipping=(m.shipping(), m.shipping(1290, removed=True))),
        "two_shipping_lines": m.draft(shipping=(m.shipping(), Shipping("Island surcharge", m.of(315)))),
    }


def _charged(m: _Maker) -> dict[str, Draft]:
    """Money that is neither goods nor shipping."""
    dutied = (
        m.line("SHIRT", 2, duties=(Duty(m.of(437), "6109.10"),)),
        m.line("MUG", duties=(Duty(m.of(99), "6912.00", taxes=(VAT,)),)),
    )
    return {
        "tip": m.draft(tip=m.of(315)),
        "duties": m.draft(*dutied),
        "duties_included": m.draft(*dutied, duties_included=True),
        "additional_fees": m.draft(
            fees=(Fee("Recycling fee", m.of(150), taxes=(VAT,)), Fee("Small order fee", m.of(99)))
        ),
    }


def _gift_cards(m: _Maker) -> dict[str, Draft]:
    card = m.line("GIFT", taxes=())
    return {
        "gift_card_sold": m.draft(card, m.line("PEN", 2)),
        "only_gift_cards_sold": m.draft(card, card, shipping=()),
        "gift_card_redeemed": m.draft(payments=(Payment("gift_card", m.of(1500)), Payment("shopify_payments"))),
        "gift_card_pays_all": m.draft(payments=(Payment("gift_card"),)),
    }


def _odd_lines(m: _Maker) -> dict[str, Draft]:
    kit = Bundle("Writing kit")
    return {
        "bundle": m.draft(m.line("MUG", bundle=kit), m.line("PEN", 4, bundle=kit), m.line("POSTER")),
        "custom_line": m.draft(m.line("MUG"), Line(title="Engraving", price=m.of(800), quantity=2)),
        "deleted_product": m.draft(m.line("PEN"), m.line("MUG", 2, deleted=True)),
        "zero_quantity": m.draft(m.line("SHIRT"), m.line("MUG", 0)),
        "nothing_to_ship": m.draft(m.line("COURSE"), shipping=(), shipping_address=None),
        "many_lines": m.draft(*(m.line(("PEN", "MUG", "POSTER")[i % 3], 1 + i % 4) for i in range(30))),
    }


def _origins(m: _Maker) -> dict[str, Draft]:
    over_the_counter: dict[str, Any] = {
        "source_name": "pos",
        "shipping": (),
        "customer": None,
        "shipping_address": None,
    }
    cash = Payment("cash", round_to=m.of(5))
    return {
        "cash_rounding_up": m.draft(
            m.line("PEN"), Line(title="Bag", price=m.of(18), taxes=()), taxes=(), payments=(cash,), **over_the_counter
        ),
        "cash_rounding_down": m.draft(
            m.line("PEN"), Line(title="Bag", price=m.of(17), taxes=()), taxes=(), payments=(cash,), **over_the_counter
        ),
        "cash_change": m.draft(payments=(Payment("cash", change=m.of(3765)),), **over_the_counter),
        "cash_change_apart": m.draft(
            payments=(Payment("cash", round_to=m.of(5), change=m.of(40), change_apart=True),), **over_the_counter
        ),
        "cash_rounded_with_change": m.draft(
            payments=(Payment("gift_card", m.of(500)), Payment("cash", round_to=m.of(5), change=m.of(1000))),
            **over_the_counter,
        ),
        "pos": m.draft(**over_the_counter),
        "draft_order": m.draft(source_name="shopify_draft_order", discounts=(Discount(amount=m.of(100)),)),
        "test_order": m.draft(test=True),
        "b2b": m.draft(company=ACME, po_number="PO-7731", terms=Terms("Net 30", "NET", 30), paid=False),
    }


def _paid(m: _Maker) -> dict[str, Draft]:
    return {
        "unpaid": m.draft(paid=False),
        "authorized": m.draft(payments=(Payment("shopify_payments", kind="authorization"),)),
        "captured": m.draft(
            payments=(Payment("shopify_payments", kind="authorization"), Payment("shopify_payments", kind="capture"))
        ),
        "partly_paid": m.draft(payments=(Payment("manual", m.of(1000)),)),
        "several_gateways": m.draft(
            payments=(Payment("paypal", m.of(700)), Payment("gift_card", m.of(500)), Payment("shopify_payments"))
        ),
        "failed_then_paid": m.draft(payments=(Payment("shopify_payments", status="failure"), Payment("paypal"))),
        "pending_payment": m.draft(payments=(Payment("Bank Deposit", status="pending"),)),
    }


def _presented(m: _Maker) -> dict[str, Draft]:
    """Shown to the customer in another currency, of so many decimals."""
    lines = (m.line("SHIRT", 3, discount=m.of(200)), m.line("PEN", 7))
    return {
        f"presentment_{digits}": m.draft(
            *lines, presentment=m.shown(digits), tip=m.of(150), discounts=(Discount("TENTH", percent=Decimal(10)),)
        )
        for digits in (0, 2, 3)
    }


_GROUPS = (_discounted, _taxed, _shipped, _charged, _gift_cards, _odd_lines, _origins, _paid, _presented)


def orders(currency: str, *, taxes_included: bool) -> dict[str, Draft]:
    """All kinds by name."""
    maker = _Maker(currency, taxes_included=taxes_included)
    return {name: draft for group in _GROUPS for name, draft in group(maker).items()}


def _kind(name: str) -> Kind:
    return lambda currency, taxes_included: orders(currency, taxes_included=taxes_included)[name]


KINDS: dict[str, Kind] = {name: _kind(name) for name in orders("USD", taxes_included=False)}
