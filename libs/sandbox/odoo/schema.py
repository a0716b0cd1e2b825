"""Which fields the served models have on Odoo 18 and on Odoo 19.

`fields.json` holds what `fields_get` of the real servers said about each served field; `only` marks a field of
one version, `18` what that version says differently, `app` a field that is there when that app is installed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

Version = Literal["18", "19"]
LABELS = {
    "res.company": "Companies",
    "res.partner": "Contact",
    "res.users": "User",
    "res.country": "Country",
    "res.country.state": "Country state",
    "res.currency": "Currency",
    "res.partner.category": "Partner Tags",
    "res.lang": "Languages",
    "product.pricelist": "Pricelist",
    "product.pricelist.item": "Pricelist Rule",
    "product.attribute": "Product Attribute",
    "product.attribute.value": "Attribute Value",
    "product.template.attribute.line": "Product Template Attribute Line",
    "product.template.attribute.value": "Product Template Attribute Value",
    "product.tag": "Product Tag",
    "product.template": "Product",
    "product.category": "Product Category",
    "product.product": "Product Variant",
    "uom.uom": "Product Unit of Measure",
    "uom.category": "Product UoM Categories",
    "account.tax": "Tax",
    "account.tax.group": "Tax Group",
    "account.account": "Account",
    "account.journal": "Journal",
    "account.payment.term": "Payment Terms",
    "account.payment.term.line": "Payment Terms Line",
    "account.move": "Journal Entry",
    "account.move.line": "Journal Item",
    "account.partial.reconcile": "Partial Reconcile",
    "account.payment": "Payments",
    "sale.order": "Sales Order",
    "sale.order.line": "Sales Order Line",
    "crm.team": "Sales Team",
    "crm.tag": "CRM Tag",
    "stock.warehouse": "Warehouse",
    "stock.location": "Inventory Locations",
    "stock.picking.type": "Picking Type",
    "stock.picking": "Transfer",
    "stock.move": "Stock Move",
    "stock.quant": "Quants",
    "mrp.bom": "Bill of Material",
    "mrp.bom.line": "Bill of Material Line",
    "procurement.group": "Procurement Group",
    "delivery.carrier": "Shipping Methods",
    "ir.model.data": "Model Data",
    "ir.module.module": "Module",
}
_DEFAULTS = {
    "required": False,
    "readonly": False,
    "store": True,
    "searchable": True,
    "sortable": True,
    "company_dependent": False,
}
X2MANY = ("one2many", "many2many")


@dataclass(frozen=True, slots=True)
class Field:
    """`attributes` is what `fields_get` tells; the rest of it is taken out for quick use."""

    name: str
    type: str
    label: str
    required: bool
    relation: str
    inverse: str
    digits: int | None
    selection: tuple[tuple[str, str], ...]
    attributes: dict[str, Any]

    @property
    def empty(self) -> Any:
        """What an unset field reads as."""
        return {"integer": 0, "float": 0.0, "monetary": 0.0, "one2many": (), "many2many": ()}.get(self.type, False)


Fields = dict[str, Field]


@cache
def load_schema(version: Version, apps: frozenset[str] = frozenset()) -> dict[str, Fields]:
    """Every served model with its fields, as this version has them with these further apps."""
    text = resources.files("libs.sandbox.odoo").joinpath("fields.json").read_text("utf-8")
    schema: dict[str, Fields] = {}
    for model, described in json.loads(text).items():
        fields = {
            name: _field(name, {**raw, **raw.get("18", {})} if version == "18" else raw)
            for name, raw in described.items()
            if raw.get("only", version) == version and ("app" not in raw or raw["app"] in apps)
        }
        if fields:
            schema[model] = fields
    return schema


def _field(name: str, raw: dict[str, Any]) -> Field:
    attributes = {**_DEFAULTS, **{key: value for key, value in raw.items() if key not in ("only", "18", "app")}}
    digits = attributes.get("digits")
    return Field(
        name=name,
        type=attributes["type"],
        label=attributes["string"],
        required=attributes["required"],
        relation=attributes.get("relation", ""),
        inverse=attributes.get("relation_field", ""),
        digits=digits[1] if isinstance(digits, list) else None,
        selection=tuple((value, label) for value, label in attributes.get("selection") or ()),
        attributes=attributes,
    )
