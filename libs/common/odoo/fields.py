"""The names that differ between Odoo versions, found out once by `fields_get`. No other file tells versions apart.

| what                    | 16, 17             | 18                    | 19                    |
|-------------------------|--------------------|-----------------------|-----------------------|
| taxes of an order line  | `tax_id`           | `tax_id`              | `tax_ids`             |
| unit of an order line   | `product_uom`      | `product_uom`         | `product_uom_id`      |
| unit price is stored    | rounded            | rounded               | as given              |
| stored goods            | `type` = `product` | `consu`, `is_storable`| `consu`, `is_storable`|
| units moved             | `quantity_done` (16), `quantity` | `quantity` | `quantity`           |
| a move's name           | required           | required              | not there             |
| taxes of a line apart   | no                 | no                    | `extra_tax_data`      |
| a payment's text        | `ref`              | `memo`                | `memo`                |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from libs.common.errors import Rejected
from libs.common.odoo.client import OdooClient
from libs.common.odoo.errors import INCOMPATIBLE

Fields = Mapping[str, Mapping[str, Any]]
#: Fields of a product that only some apps bring.
PRODUCT_OPTIONAL = {"hs_code", "compare_list_price", "description_ecommerce"}


@dataclass(frozen=True, slots=True)
class OdooFields:
    """What this server calls things."""

    version: tuple[int, int]
    line_taxes: str
    """`tax_id` or `tax_ids` of sale.order.line; both are many2many."""
    line_unit: str
    """`product_uom` or `product_uom_id` of sale.order.line."""
    price_digits: int | None
    """Decimals kept of a line's `price_unit`; None when it is stored unrounded."""
    quantity_digits: int | None
    """Decimals kept of a line's `product_uom_qty`."""
    stored_product: Mapping[str, str]
    """Fields of a product that is kept in stock, as cells of `load`."""
    service_product: Mapping[str, str]
    """Fields of a product that is none: shipping, tips, custom lines."""
    tax_price_include: bool
    """Whether account.tax tells `price_include`."""
    partner_email_normalized: bool
    """Whether res.partner can be searched by `email_normalized` (it needs the app `mail`)."""
    pricelist_required: bool
    """Whether sale.order refuses to be without a pricelist."""
    order_tags: bool
    """Whether sale.order has `tag_ids`."""
    order_pickings: bool = False
    """Whether orders have deliveries (the app `sale_stock`)."""
    picking_return: tuple[str, ...] = ()
    """`return_id` of stock.picking, where this version has it."""
    picking_tracking: bool = False
    """Whether deliveries have a carrier and a tracking number (the app `stock_delivery`)."""
    move_bom_line: bool = False
    """Whether a move names the line of the bill of materials that it is of (the app `mrp`)."""
    move_quantity: str = "quantity"
    """What is moved of a stock.move: `quantity`, `quantity_done` before 17."""
    move_name: bool = False
    """Whether a stock.move needs a name (before 19)."""
    line_tax_data: str = ""
    """`extra_tax_data` of order and invoice lines, where this version has it: see `rounded_apart`."""
    partner_phone_sanitized: bool = False
    """Whether res.partner keeps its phone number in international form (the app `phone_validation`)."""
    partner_customer_rank: bool = False
    """Whether res.partner tells customers from others (the app `account`)."""
    product_optional: frozenset[str] = frozenset()
    """Of `hs_code` (app `stock_delivery`), `compare_list_price`, `description_ecommerce` (app `website_sale`)."""
    category_required: bool = False
    """Whether a product must have a category (before 19)."""
    payment_memo: str = "memo"
    """What an account.payment says of itself: `memo`, `ref` before 18."""


def read_fields(client: OdooClient) -> OdooFields:
    """Ask this server once: the version and six calls, eight where it keeps stock.

    Raises Rejected when sale or account is not installed.
    """
    version = client.version()
    attributes = ("type", "required", "digits", "selection")
    lines = client.fields_get("sale.order.line", attributes)
    orders = client.fields_get("sale.order", attributes)
    products = client.fields_get("product.product", attributes)
    taxes = client.fields_get("account.tax", ("type",))
    partners = client.fields_get("res.partner", ("type",))
    payments = _where_installed(client, "account.payment")
    stocked = "picking_ids" in orders
    pickings = _where_installed(client, "stock.picking") if stocked else {}
    moves = _where_installed(client, "stock.move") if stocked else {}
    return OdooFields(
        version=version,
        line_taxes=_one_of(lines, "sale.order.line", "tax_ids", "tax_id"),
        line_unit=_one_of(lines, "sale.order.line", "product_uom_id", "product_uom"),
        price_digits=_digits(lines, "price_unit"),
        quantity_digits=_digits(lines, "product_uom_qty"),
        stored_product=_stored_product(products),
        service_product={"type": "service"},
        tax_price_include="price_include" in taxes,
        partner_email_normalized="email_normalized" in partners,
        partner_phone_sanitized="phone_sanitized" in partners,
        partner_customer_rank="customer_rank" in partners,
        pricelist_required=bool(orders.get("pricelist_id", {}).get("required")),
        order_tags="tag_ids" in orders,
        order_pickings=stocked,
        picking_return=("return_id",) if "return_id" in pickings else (),
        picking_tracking="carrier_tracking_ref" in pickings,
        move_bom_line="bom_line_id" in moves,
        move_quantity="quantity" if "quantity" in moves or not moves else "quantity_done",
        move_name=bool(moves.get("name", {}).get("required")),
        line_tax_data="extra_tax_data" if "extra_tax_data" in lines else "",
        product_optional=frozenset(PRODUCT_OPTIONAL & products.keys()),
        category_required=bool(products.get("categ_id", {}).get("required")),
        payment_memo="memo" if "memo" in payments or not payments else "ref",
    )


def _where_installed(client: OdooClient, model: str) -> Fields:
    """Nothing where the app is not installed that brings the model."""
    try:
        return client.fields_get(model, ("type", "required"))
    except Rejected as error:
        if error.code != INCOMPATIBLE:
            raise
        return {}


def _one_of(fields: Fields, model: str, *names: str) -> str:
    for name in names:
        if name in fields:
            return name
    message = f"{model} has none of the fields {', '.join(names)}"
    raise Rejected(message, "odoo", INCOMPATIBLE, "Tandem needs Odoo 16 to 19 with its sales app")


def _digits(fields: Fields, name: str) -> int | None:
    """From 19 on the attribute is false for a price: `min_display_digits` has taken its place, for display only."""
    digits = fields.get(name, {}).get("digits")
    return int(digits[1]) if isinstance(digits, (list, tuple)) else None


def _stored_product(products: Fields) -> dict[str, str]:
    """Without the stock app there is nothing to store: plain goods."""
    if "is_storable" in products:
        return {"type": "consu", "is_storable": "1"}
    kind = "detailed_type" if "detailed_type" in products else "type"  # 16 and 17 compute `type` from the other
    values = {value for value, _ in products.get(kind, {}).get("selection") or ()}
    return {kind: "product" if "product" in values else "consu"}
