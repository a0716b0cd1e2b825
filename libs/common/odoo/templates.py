"""Product templates with their attributes and variants, read whole in one call."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from libs.common.domain.digests import digest
from libs.common.domain.products import OdooVariant, Template, TemplateLine, TemplateValue
from libs.common.odoo.cells import parse_datetime
from libs.common.odoo.client import OdooClient
from libs.common.odoo.fields import OdooFields

_NAMED: dict[str, Any] = {"fields": {"name": {}}}
_LINES: dict[str, Any] = {
    "attribute_id": _NAMED,
    "product_template_value_ids": {
        "fields": {"name": {}, "product_attribute_value_id": {}, "price_extra": {}, "ptav_active": {}}
    },
}
_VARIANTS: dict[str, Any] = {
    "default_code": {},
    "barcode": {},
    "standard_price": {},
    "weight": {},
    "active": {},
    "lst_price": {},
    "product_template_attribute_value_ids": {},
}
_SPECIFICATION: dict[str, Any] = {
    "name": {},
    "active": {},
    "list_price": {},
    "write_date": {},
    "sale_ok": {},
    "type": {},
    "weight_uom_name": {},
    "categ_id": {"fields": {"name": {}, "parent_path": {}}},
    "product_tag_ids": _NAMED,
    "attribute_line_ids": {"fields": _LINES},
    "product_variant_ids": {"fields": _VARIANTS},
}
#: Archived templates and variants are there as well.
ALL = {"active_test": False}


def read_templates(
    client: OdooClient, fields: OdooFields, ids: Sequence[int], *, images: bool = False
) -> dict[int, Template]:
    """By id; one that was deleted is absent. With `images` a picture is told by its smallest size."""
    optional = fields.product_optional & {"hs_code", "compare_list_price"}
    description = description_field(fields.product_optional)
    stored = fields.stored_product.keys() - {"type"}
    specification = _SPECIFICATION | {name: {} for name in (*optional, *stored, description)}
    if images:
        variants = {"fields": _VARIANTS | {"image_variant_128": {}}}
        specification |= {"image_128": {}, "product_variant_ids": variants}
    rows = client.web_read("product.template", sorted(set(ids)), specification, context=ALL)
    return {row["id"]: _template(row, optional, description) for row in rows}


def read_picture(client: OdooClient, record_id: int, *, of_variant: bool = False) -> bytes:
    """The picture of a template, or a variant's own, in full; empty without one."""
    model, field = ("product.product", "image_variant_1920") if of_variant else ("product.template", "image_1920")
    rows = client.web_read(model, [record_id], {field: {}}, context=ALL)
    return base64.b64decode(rows[0][field]) if rows and rows[0][field] else b""


def number(value: float, digits: int = 6) -> Decimal:
    """A float as Odoo shows it."""
    return Decimal(repr(round(float(value), digits)))


def weight_unit(name: str | bool) -> str:
    """As Shopify calls it. A database weighs in kilograms, or in pounds where `product.weight_in_lbs` is set."""
    return "POUNDS" if str(name or "").lower() in {"lb", "lbs"} else "KILOGRAMS"


def read_weight_unit(client: OdooClient) -> str | None:
    """In what this database weighs its products; None while it has none that could tell."""
    rows = client.search_read("product.template", [], ["weight_uom_name"], limit=1, context=ALL)
    return weight_unit(rows[0]["weight_uom_name"]) if rows else None


def description_field(optional: frozenset[str]) -> str:
    """Where a product is described to customers, or else to whoever works with it."""
    return "description_ecommerce" if "description_ecommerce" in optional else "description"


def _template(row: dict[str, Any], optional: frozenset[str], description: str) -> Template:
    return Template(
        id=row["id"],
        name=row["name"] or "",
        active=row["active"],
        list_price=number(row["list_price"]),
        category=(row["categ_id"] or {}).get("name") or "",
        tags=frozenset(tag["name"] for tag in row["product_tag_ids"]),
        hs_code=row.get("hs_code") or "",
        compare_at=number(row.get("compare_list_price") or 0.0),
        lines=tuple(_line(line) for line in row["attribute_line_ids"]),
        variants=tuple(_variant(one) for one in sorted(row["product_variant_ids"], key=lambda one: int(one["id"]))),
        write_date=parse_datetime(row["write_date"]),
        sale_ok=row["sale_ok"],
        kind=row["type"],
        stored=bool(row.get("is_storable", row["type"] == "product")),
        description=row[description] or "",
        categories=_categories(row["categ_id"] or {}),
        image=digest(row["image_128"]) if row.get("image_128") else "",
        weight_unit=weight_unit(row["weight_uom_name"]),
        optional=optional,
    )


def _categories(row: dict[str, Any]) -> tuple[int, ...]:
    """From `1/4/7/`: its own id after those of the ones above it."""
    return tuple(int(one) for one in str(row.get("parent_path") or "").split("/") if one)


def _line(row: dict[str, Any]) -> TemplateLine:
    values = tuple(
        TemplateValue(one["id"], one["product_attribute_value_id"], one["name"] or "", number(one["price_extra"]))
        for one in row["product_template_value_ids"]
        if one["ptav_active"]
    )
    attribute = row["attribute_id"]
    return TemplateLine(row["id"], attribute["id"], attribute["name"], values)


def _variant(row: dict[str, Any]) -> OdooVariant:
    return OdooVariant(
        id=row["id"],
        default_code=row["default_code"] or "",
        barcode=row["barcode"] or "",
        cost=number(row["standard_price"]),
        weight=number(row["weight"]),
        active=row["active"],
        values=frozenset(row["product_template_attribute_value_ids"]),
        price=number(row["lst_price"]),
        image=digest(row["image_variant_128"]) if row.get("image_variant_128") else "",
    )
