"""Prices by a pricelist: what Tandem works out for many variants is what Odoo says of each."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from libs.common.domain.pricelists import Priced, price_by
from libs.common.odoo.pricelists import read_pricelists
from libs.common.odoo.templates import number, read_templates
from tests.contract.odoo.conftest import Lab

ITEM = "product.pricelist.item"
PAST, FUTURE = "2020-01-01 00:00:00", "2090-01-01 00:00:00"


def create(lab: Lab, model: str, **values: Any) -> int:
    (made,) = lab.client.call(model, "create", [[values]], write=True)
    return int(made)


class Shelf:
    """A category within another, a template with two variants in it, and one that is in no category of ours."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.outer = create(lab, "product.category", name=lab.new("outer"))
        self.inner = create(lab, "product.category", name=lab.new("inner"), parent_id=self.outer)
        attribute = create(lab, "product.attribute", name=lab.new("size"), create_variant="always")
        values = [create(lab, "product.attribute.value", name=one, attribute_id=attribute) for one in ("S", "L")]
        line = [(0, 0, {"attribute_id": attribute, "value_ids": [(6, 0, values)]})]
        named = {"name": lab.new("shirt"), "list_price": 33.33, "categ_id": self.inner, "attribute_line_ids": line}
        self.shirt = create(lab, "product.template", **named)
        self.mug = create(lab, "product.template", name=lab.new("mug"), list_price=7.77, standard_price=3.21)
        template = self.templates()[self.shirt]
        large = next(value for value in template.lines[0].values if value.name == "L")
        lab.client.update("product.template.attribute.value", [".id", "price_extra"], [[large.id, Decimal("2.22")]])
        self.small, self.large = (one.id for one in template.variants)
        lab.client.update(
            "product.product", [".id", "standard_price"], [[self.small, Decimal("11.11")], [self.large, Decimal(12)]]
        )

    def templates(self) -> Any:
        return read_templates(self.lab.client, self.lab.fields, [self.shirt, self.mug])

    def pricelist(self, currency: str = "", **rules: Any) -> int:
        ids = self.lab.facts.currency_ids
        name = self.lab.new("pricelist")
        made = create(self.lab, "product.pricelist", name=name, currency_id=ids[currency or self.lab.facts.currency])
        if rules:
            self.rule(made, **rules)
        return made

    def rule(self, pricelist: int, **values: Any) -> int:
        return create(self.lab, ITEM, pricelist_id=pricelist, **values)

    def ours(self, pricelist: int) -> list[Decimal]:
        templates = self.templates().values()
        categories = {one.categories[-1] for one in templates if one.categories}
        found = read_pricelists(self.lab.client, pricelist, [one.id for one in templates], categories)
        return [
            price_by(found, pricelist, Priced(v.id, one.id, v.price, v.cost, one.categories), datetime.now(UTC))
            for one in templates
            for v in one.variants
        ]

    def theirs(self, pricelist: int) -> list[Decimal]:
        """What Odoo says, one question for each."""
        ids = [v.id for one in self.templates().values() for v in one.variants]
        context = {"pricelist": pricelist}
        told = [
            self.lab.client.call("product.product", "get_contextual_price", [[one]], write=False, context=context)
            for one in ids
        ]
        return [number(one).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP) for one in told]


def test_every_kind_of_rule_gives_the_price_that_odoo_gives(lab: Lab) -> None:
    shelf = Shelf(lab)
    formula: dict[str, Any] = {"compute_price": "formula"}
    base = shelf.pricelist(compute_price="percentage", percent_price=12.5)
    shelf.rule(base, applied_on="0_product_variant", product_id=shelf.small, fixed_price=19.99)
    wholesale = {"base": "pricelist", "base_pricelist_id": base}
    cases: list[list[dict[str, Any]]] = [
        [],
        [{"compute_price": "percentage", "percent_price": 33.0}],
        [{**formula, "price_discount": 17.5, "price_round": 0.5, "price_surcharge": -0.01}],
        [{**formula, "price_round": 10.0, "price_min_margin": 1.5, "price_max_margin": 4.25}],
        [{**formula, "price_discount": 90.0, "price_min_margin": -3.0}],
        [{**formula, "base": "standard_price", "price_discount": -35.0, "price_round": 0.05}],
        [{**formula, **wholesale, "price_discount": 10.0, "price_surcharge": 1.0}],
        [{"compute_price": "percentage", "percent_price": 5.0, **wholesale}],
        [
            {"applied_on": "2_product_category", "categ_id": shelf.outer, "fixed_price": 5.0},
            {"compute_price": "percentage", "percent_price": 10.0},
        ],
        [
            {"applied_on": "2_product_category", "categ_id": shelf.inner, "fixed_price": 6.0},
            {"applied_on": "2_product_category", "categ_id": shelf.outer, "fixed_price": 5.0},
        ],
        [
            {"applied_on": "0_product_variant", "product_id": shelf.large, "fixed_price": 8.0},
            {"applied_on": "1_product", "product_tmpl_id": shelf.shirt, "fixed_price": 9.0},
            {"applied_on": "1_product", "product_tmpl_id": shelf.shirt, "fixed_price": 9.5},
            {"applied_on": "1_product", "product_tmpl_id": shelf.shirt, "fixed_price": 1.0, "min_quantity": 5},
        ],
        [
            {"fixed_price": 3.0, "date_end": PAST},
            {"fixed_price": 4.0, "date_start": FUTURE},
            {"fixed_price": 5.0, "date_start": PAST, "date_end": FUTURE},
        ],
    ]
    for rules in cases:
        pricelist = shelf.pricelist()
        for rule in rules:
            shelf.rule(pricelist, **rule)
        ours = shelf.ours(pricelist)
        assert ours == shelf.theirs(pricelist), rules


def test_a_pricelist_in_another_currency_reckons_with_the_rate_of_the_day(lab: Lab) -> None:
    shelf = Shelf(lab)
    if lab.access.sandbox is not None:
        lab.access.sandbox.set_rate("EUR", 0.83)
    base = shelf.pricelist(compute_price="percentage", percent_price=12.5)
    euros = shelf.pricelist("EUR", compute_price="formula", base="pricelist", base_pricelist_id=base, price_round=0.5)
    assert shelf.ours(euros) == shelf.theirs(euros)
    plain = shelf.pricelist("EUR")
    assert shelf.ours(plain) == shelf.theirs(plain)
