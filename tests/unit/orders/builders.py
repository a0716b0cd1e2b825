"""Orders and situations for the tests of planning; each test says only what matters to it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from libs.common.domain.facts import CompanyFacts, TaxFact
from libs.common.domain.matching import ProductFact
from libs.common.domain.money import Money
from libs.common.domain.orders import Address, Customer, LineItem, Order, ShippingLine, TaxLine
from libs.common.domain.sales import SaleLine, SaleOrder
from libs.common.odoo.fields import OdooFields
from services.workers.orders.model import Situation

PLACED = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
MUG = ProductFact(11, "Mug", "MUG-1", "400")
FACTS = CompanyFacts(
    currency="USD",
    rounding="round_per_line",
    price_digits=2,
    taxes=(TaxFact(1, "15%", Decimal("0.15"), included=False), TaxFact(2, "20% incl", Decimal("0.2"), included=True)),
    pricelists={"EUR": 5},
    countries={"US": 233, "DE": 57},
    states={("US", "KY"): 25},
)
ODOO_19 = OdooFields(
    version=(19, 0),
    line_taxes="tax_ids",
    line_unit="product_uom_id",
    price_digits=None,
    quantity_digits=2,
    stored_product={"type": "consu", "is_storable": "1"},
    service_product={"type": "service"},
    tax_price_include=True,
    partner_email_normalized=True,
    pricelist_required=False,
    order_tags=True,
    line_tax_data="extra_tax_data",
)
HOME = Address(
    name="Jane Doe", address1="Main St 1", city="Louisville", zip="40003", province="KY", country="US", phone="555"
)
JANE = Customer("77", "Jane Doe", "Jane@Example.com", "555-1")


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def line(title: str = "Mug", quantity: int = 1, price: str = "10.00", **changes: Any) -> LineItem:
    values: dict[str, Any] = {"id": "1", "sku": "MUG-1", "variant_id": "9", **changes}
    return LineItem(title=title, quantity=quantity, unit_price=usd(price), **values)


def tax(rate: str, price: str, title: str = "Sales tax") -> TaxLine:
    return TaxLine(title, Decimal(rate), usd(price))


def shipping(price: str = "4.90", **changes: Any) -> ShippingLine:
    return ShippingLine(**{"id": "1", "title": "DHL", "price": usd(price), **changes})


def order(*lines: LineItem, **changes: Any) -> Order:
    """Total and tax are what the parts come to, unless given."""
    lines = lines or (line(),)
    shipments: tuple[ShippingLine, ...] = changes.get("shipping_lines", ())
    taxes = [t.price for part in lines for t in part.taxes] + [t.price for part in shipments for t in part.taxes]
    currency = changes.get("currency", "USD")
    total_tax = Money.sum(taxes, currency)
    parts = [part.total for part in lines] + [part.total for part in shipments if not part.removed]
    total = Money.sum(parts, currency)
    if not changes.get("taxes_included"):
        total += total_tax
    values: dict[str, Any] = {
        "id": "1001",
        "name": "#1001",
        "created_at": PLACED,
        "processed_at": PLACED,
        "updated_at": PLACED,
        "currency": "USD",
        "total": total,
        "total_tax": total_tax,
        "taxes_included": False,
        "customer": JANE,
        "shipping_address": HOME,
        "billing_address": HOME,
    }
    return Order(lines=lines, **(values | changes))


def situation(placed: Order | None = None, **changes: Any) -> Situation:
    values: dict[str, Any] = {
        "record_id": "acme/order/1001",
        "order": placed or order(),
        "module": "tandem_acme",
        "facts": FACTS,
        "products": (MUG,),
    }
    return Situation(**(values | changes))


def sale_line(product_id: int, quantity: int, price: str, **changes: Any) -> SaleLine:
    """A line as Odoo has it, without tax unless given."""
    values: dict[str, Any] = {
        "id": 100 + product_id,
        "name": "Mug",
        "product_id": product_id,
        "quantity": Decimal(quantity),
        "price_unit": Decimal(price),
        "discount": Decimal(0),
        "tax_ids": (),
        "subtotal": Decimal(price) * quantity,
        "tax": Decimal(0),
        "delivered": Decimal(0),
        "invoiced": Decimal(0),
    }
    return SaleLine(**(values | changes))


def sale_order(*lines: SaleLine, **changes: Any) -> SaleOrder:
    """An order as Odoo has it; total and tax are those of its lines, unless given."""
    tax = sum((one.tax for one in lines), Decimal(0))
    values: dict[str, Any] = {
        "id": 5,
        "name": "S00005",
        "state": "sale",
        "currency": "USD",
        "total": sum((one.subtotal for one in lines), tax),
        "tax": tax,
        "date_order": PLACED,
        "partner_id": 7,
        "partner_invoice_id": 7,
        "partner_shipping_id": 7,
        "lines": lines,
    }
    return SaleOrder(**(values | changes))
