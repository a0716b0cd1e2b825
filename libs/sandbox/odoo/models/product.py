"""Products: a template, and the variant that is sold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import validation_error
from libs.sandbox.odoo.model import Model
from libs.sandbox.odoo.models.attributes import (
    check_combination,
    combination_name,
    lines_of,
    make_variants,
    price_extra,
)
from libs.sandbox.odoo.models.pricelists import contextual_price
from libs.sandbox.odoo.models.quantities import NAMES, quantity
from libs.sandbox.odoo.schema import Fields
from libs.sandbox.odoo.writing import write

# Kept by the variant; a template with a single variant shows and takes them as its own.
OF_VARIANT = ("default_code", "barcode", "standard_price", "weight", "volume")
UNIT = 1


class Template(Model):
    order = "name"
    defaults: ClassVar[Mapping[str, Any]] = {
        "type": "consu",
        "sale_ok": True,
        "purchase_ok": True,
        "active": True,
        "list_price": 1.0,
        "uom_id": UNIT,
        "uom_po_id": UNIT,
        "invoice_policy": "order",
        "tracking": "none",
        "service_type": "manual",
        "service_tracking": "no",
    }

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        super().__init__(name, schema, version)
        for field in OF_VARIANT:
            self.computed[field] = _from_variant(field)
        self.computed |= {
            "image_128": lambda env, row: self.value(env, row, "image_1920"),
            "product_variant_id": lambda env, row: next(iter(variants(env, row)), {"id": False})["id"],
            "product_variant_count": lambda env, row: len(variants(env, row)),
            "currency_id": _currency,
            "weight_uom_name": _weight_unit,
        }

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        company = env.row("res.company", env.company_id)
        tax = company.get("account_sale_tax_id") if company else None
        values.setdefault("taxes_id", (tax,) if tax else ())
        if env.version == "18":
            values.setdefault("categ_id", 1)

    def after_write(self, env: Env, row: Row, names: set[str], *, created: bool) -> None:
        if created and not env.context.get("of_variant"):
            make_variants(env, row["id"])
        elif "active" in names and not created:
            if row["active"] and lines_of(env, row["id"]):
                make_variants(env, row["id"])
                return
            for variant in variants(env, row, archived=True):
                env.db.set("product.product", variant["id"], "active", row["active"])

    def inverse(self, env: Env, row: Row, values: dict[str, Any]) -> None:
        given = {name: value for name, value in values.items() if name in OF_VARIANT}
        found = variants(env, row, archived=True)
        if given and len(found) == 1:
            write(env, "product.product", [found[0]["id"]], given, nested=True)

    def display_name(self, env: Env, row: Row) -> str:
        code = _from_variant("default_code")(env, row)
        return f"[{code}] {row.get('name')}" if code else str(row.get("name"))


class Product(Model):
    order = "default_code, name, id"
    inherits = ("product.template", "product_tmpl_id")
    own_fields = ("product_tmpl_id", "active", "combination_indices", *OF_VARIANT)
    defaults: ClassVar[Mapping[str, Any]] = {"active": True}
    cascade_from = ("product_tmpl_id",)

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        super().__init__(name, schema, version)
        self.computed |= {
            "lst_price": lambda env, row: self.value(env, row, "list_price") + price_extra(env, row),
            "price_extra": price_extra,
            "image_variant_128": lambda env, row: self.value(env, row, "image_variant_1920"),
            "code": lambda _, row: row.get("default_code") or False,
            "partner_ref": self.display_name,
        }
        self.computed |= {name: _quantity(name) for name in NAMES}
        self.methods["get_contextual_price"] = contextual_price

    def display_name(self, env: Env, row: Row) -> str:
        name = self.value(env, row, "name")
        values = combination_name(env, row)
        full = f"{name} ({values})" if values else str(name)
        return f"[{row['default_code']}] {full}" if row.get("default_code") else full

    def name_search_fields(self) -> tuple[str, ...]:
        return ("default_code", "name", "barcode")

    def inverse(self, env: Env, row: Row, values: dict[str, Any]) -> None:
        if "lst_price" in values:
            price = float(values["lst_price"]) - price_extra(env, row)  # and so that of all its variants
            write(env, "product.template", [row["product_tmpl_id"]], {"list_price": price}, nested=True)

    def after_write(self, env: Env, row: Row, names: set[str], *, created: bool) -> None:
        if created or names & {"active", "product_template_attribute_value_ids"}:
            check_combination(env, row)
        if names & {"barcode", "active"} and row.get("barcode") and row.get("active"):
            self._check_barcode(env, row)
        if "active" in names and not created:
            template = env.db.tables["product.template"][row["product_tmpl_id"]]
            env.db.set("product.template", template["id"], "active", bool(variants(env, template)))

    def _check_barcode(self, env: Env, row: Row) -> None:
        """Among products in use: an archived one keeps its barcode and disturbs nobody."""
        table = env.db.tables["product.product"]
        found = env.db.referring("product.product", "barcode", row["barcode"]) or ()
        same = [one for one in found if one != row["id"] and table[one].get("active")]
        if same:
            names = [env.display_name("product.product", one) for one in (*same, row["id"])]
            shown = " and ".join(names) if len(names) == 2 else f"{', '.join(names[:-1])}, and {names[-1]}"
            raise validation_error(
                f'Barcode(s) already assigned:\n\n- Barcode "{row["barcode"]}" already assigned to product(s): {shown}'
                "\n\nNote: products that you don't have access to will not be shown above."
            )


def _quantity(name: str) -> Any:
    return lambda env, row: quantity(env, row, name)


def variants(env: Env, template: Row, *, archived: bool = False) -> list[Row]:
    table = env.db.tables["product.product"]
    found = [table[one] for one in env.db.referring("product.product", "product_tmpl_id", template["id"]) or ()]
    return [one for one in found if archived or one.get("active")]


def _from_variant(field: str) -> Any:
    def compute(env: Env, row: Row) -> Any:
        ids = env.db.referring("product.product", "product_tmpl_id", row["id"]) or ()
        found = [env.db.tables["product.product"][one] for one in ids[:2]]
        return env.value("product.product", found[0], field) if len(found) == 1 else env.fields(TEMPLATE)[field].empty

    return compute


TEMPLATE = "product.template"


def _currency(env: Env, row: Row) -> Any:
    company = env.row("res.company", row.get("company_id") or env.company_id)
    return company["currency_id"] if company else False


def _weight_unit(env: Env, _: Row) -> str:
    """For the whole database: `product.weight_in_lbs` among Odoo's system parameters."""
    company = env.row("res.company", env.company_id)
    return "lb" if company and company.get("sandbox_weight_in_lbs") else "kg"


class ProductCategory(Model):
    order = "complete_name"

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        super().__init__(name, schema, version)
        self.computed["complete_name"] = self.display_name
        self.computed["parent_path"] = _parent_path


def _parent_path(env: Env, row: Row) -> str:
    """`1/4/7/`: its own id after those above it."""
    above = env.row("product.category", row.get("parent_id"))
    return f"{_parent_path(env, above) if above else ''}{row['id']}/"


class Uom(Model):
    order = "id"
    defaults: ClassVar[Mapping[str, Any]] = {"active": True}
