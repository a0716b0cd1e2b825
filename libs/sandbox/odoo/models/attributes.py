"""What makes variants of a template: attributes, their values, and the values that a template has of them.

    product.attribute ── product.attribute.value
          │                      │
    product.template.attribute.line ── product.template.attribute.value ("ptav") ── product.product

Attributes that are `always` make every combination at once; with one that is `dynamic` a combination becomes a variant
when somebody makes it. A value that is taken from a line takes its variants along.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import OdooError, validation_error
from libs.sandbox.odoo.model import Model
from libs.sandbox.odoo.schema import Fields
from libs.sandbox.odoo.writing import create, unlink

LINE, PTAV, PRODUCT, TEMPLATE = (
    "product.template.attribute.line",
    "product.template.attribute.value",
    "product.product",
    "product.template",
)
MOST_COMBINATIONS = 1000


class Attribute(Model):
    order = "sequence, id"
    defaults: ClassVar[Mapping[str, Any]] = {
        "active": True,
        "create_variant": "always",
        "display_type": "radio",
        "sequence": 20,
    }


class AttributeValue(Model):
    order = "attribute_id, sequence, id"
    defaults: ClassVar[Mapping[str, Any]] = {"active": True}
    cascade_from = ("attribute_id",)

    def display_name(self, env: Env, row: Row) -> str:
        attribute = env.row("product.attribute", row.get("attribute_id")) or {}
        return f"{attribute.get('name', '')}: {row.get('name', '')}"

    def after_write(self, env: Env, row: Row, names: set[str], *, created: bool) -> None:  # noqa: ARG002 - as all do
        same = env.db.referring(self.name, "attribute_id", row["attribute_id"]) or ()
        if any(one != row["id"] and env.db.tables[self.name][one]["name"] == row["name"] for one in same):
            text = "You cannot create two values with the same name for the same attribute."
            raise validation_error(text)


class AttributeLine(Model):
    order = "sequence, attribute_id, id"
    defaults: ClassVar[Mapping[str, Any]] = {"active": True, "sequence": 10}
    cascade_from = ("product_tmpl_id",)

    def display_name(self, env: Env, row: Row) -> str:
        return env.display_name("product.attribute", row["attribute_id"])

    def after_write(self, env: Env, row: Row, names: set[str], *, created: bool) -> None:
        if "value_ids" in names:
            values = env.value(LINE, row, "value_ids")
            if not values:
                name = env.display_name("product.attribute", row["attribute_id"])
                template = env.display_name(TEMPLATE, row["product_tmpl_id"])
                raise validation_error(f"The attribute {name} must have at least one value for the product {template}.")
            self._match(env, row, values)
            if not created:
                make_variants(env, row["product_tmpl_id"])

    def _match(self, env: Env, row: Row, values: Sequence[int]) -> None:
        """One ptav for each value: missing ones are made, those without a value go, and their variants."""
        known = {env.db.tables[PTAV][one]["product_attribute_value_id"]: one for one in ptavs_of(env, row)}
        for value in values:
            if value not in known:
                create(env, PTAV, [{"attribute_line_id": row["id"], "product_attribute_value_id": value}], nested=True)
        for value, ptav in known.items():
            if value not in values:
                for variant in _with_value(env, row["product_tmpl_id"], ptav):
                    _remove(env, PRODUCT, variant, {"active": False})
                _remove(env, PTAV, ptav, {"ptav_active": False})


class TemplateValue(Model):
    order = "attribute_line_id, product_attribute_value_id, id"
    defaults: ClassVar[Mapping[str, Any]] = {"ptav_active": True}
    cascade_from = ("attribute_line_id",)

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        super().__init__(name, schema, version)
        self.computed["name"] = _value_name

    def display_name(self, env: Env, row: Row) -> str:
        return env.display_name("product.attribute.value", row["product_attribute_value_id"])

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        line = env.row(LINE, values.get("attribute_line_id"))
        if line is not None:
            values["product_tmpl_id"], values["attribute_id"] = line["product_tmpl_id"], line["attribute_id"]


class ProductTag(Model):
    order = "sequence, id"
    defaults: ClassVar[Mapping[str, Any]] = {"sequence": 10}

    def after_write(self, env: Env, row: Row, names: set[str], *, created: bool) -> None:  # noqa: ARG002 - as all do
        same = [one for one in env.db.tables[self.name].values() if one["name"] == row["name"] and one is not row]
        if same and env.version == "18" and env.context.get("sandbox_import"):
            text = "The value for the field 'name' already exists (this is probably 'Name' in the current model)."
            raise validation_error(text)
        if same:
            raise validation_error("Tag name already exists!")


def ptavs_of(env: Env, line: Row) -> list[int]:
    found = env.db.referring(PTAV, "attribute_line_id", line["id"]) or ()
    return [one for one in found if env.db.tables[PTAV][one]["ptav_active"]]


def lines_of(env: Env, template_id: int) -> list[Row]:
    found = env.db.referring(LINE, "product_tmpl_id", template_id) or ()
    return [env.db.tables[LINE][one] for one in found]


def combination_of(env: Env, product: Row) -> tuple[int, ...]:
    """The ptavs of a variant, as `combination_indices` lists them."""
    return tuple(sorted(env.value(PRODUCT, product, "product_template_attribute_value_ids")))


def combination_name(env: Env, product: Row) -> str:
    """`S, Red`; what has but one value on its template is not told."""
    names = []
    for one in combination_of(env, product):
        ptav = env.db.tables[PTAV][one]
        if len(ptavs_of(env, env.db.tables[LINE][ptav["attribute_line_id"]])) > 1:
            names.append(_value_name(env, ptav))
    return ", ".join(names)


def price_extra(env: Env, product: Row) -> float:
    return float(sum(env.db.tables[PTAV][one].get("price_extra") or 0.0 for one in combination_of(env, product)))


def make_variants(env: Env, template_id: int) -> None:
    """Those that a template has by itself: one without attributes, every combination of those that are `always`."""
    lines = lines_of(env, template_id)
    modes = {env.db.tables["product.attribute"][line["attribute_id"]]["create_variant"] for line in lines}
    if "dynamic" in modes:
        return
    wanted = [
        ptavs_of(env, line)
        for line in lines
        if env.db.tables["product.attribute"][line["attribute_id"]]["create_variant"] == "always"
    ]
    combinations = {tuple(sorted(one)) for one in itertools.product(*wanted)}
    if len(combinations) > MOST_COMBINATIONS:
        text = "The number of variants to generate is above allowed limit. You should either not generate variants for "
        raise validation_error(text + "each combination or generate them on demand from the sales order.")
    there = env.db.referring(PRODUCT, "product_tmpl_id", template_id) or ()
    known = {combination_of(env, env.db.tables[PRODUCT][one]): one for one in there}
    for combination in sorted(combinations):
        if combination in known:
            env.db.set(PRODUCT, known[combination], "active", True)
        else:
            values: dict[str, Any] = {"product_tmpl_id": template_id}
            values["product_template_attribute_value_ids"] = [(6, 0, list(combination))]
            create(env, PRODUCT, [values], nested=True)
    for combination, one in known.items():
        if combination not in combinations:
            _remove(env, PRODUCT, one, {"active": False})


def check_combination(env: Env, product: Row) -> None:
    """Keeps `combination_indices`; among variants in use they are unique, by an index of the database."""
    indices = ",".join(map(str, combination_of(env, product)))
    env.db.set(PRODUCT, product["id"], "combination_indices", indices)
    if not product.get("active"):
        return
    field, value = ("combination_indices", indices) if indices else ("product_tmpl_id", product["product_tmpl_id"])
    for one in env.db.referring(PRODUCT, field, value) or ():
        other = env.db.tables[PRODUCT][one]
        same = other["product_tmpl_id"] == product["product_tmpl_id"]
        if (
            same
            and other is not product
            and other.get("active")
            and (other.get("combination_indices") or "") == indices
        ):
            key = f"({product['product_tmpl_id']}, {indices})"
            text = 'duplicate key value violates unique constraint "product_product_combination_unique"\n'
            detail = f"DETAIL:  Key (product_tmpl_id, combination_indices)={key} already exists.\n"
            raise OdooError("psycopg2.errors.UniqueViolation", text + detail)


def _value_name(env: Env, ptav: Row) -> str:
    value = env.row("product.attribute.value", ptav["product_attribute_value_id"]) or {}
    return str(value.get("name", ""))


def _with_value(env: Env, template_id: int, ptav: int) -> list[int]:
    found = env.db.referring(PRODUCT, "product_tmpl_id", template_id) or ()
    return [one for one in found if ptav in combination_of(env, env.db.tables[PRODUCT][one])]


def _remove(env: Env, model: str, row_id: int, aside: Mapping[str, Any]) -> None:
    """Deleted, or put aside where something refers to it."""
    savepoint = env.db.savepoint()
    try:
        unlink(env.as_superuser(), model, [row_id], nested=True)
    except OdooError:
        env.db.rollback(savepoint)
        for name, value in aside.items():
            env.db.set(model, row_id, name, value)
