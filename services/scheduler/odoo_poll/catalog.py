"""Products, variants and prices of Odoo's that changed, for a store whose products follow Odoo."""

from __future__ import annotations

from collections.abc import Callable

from libs.common.domain.digests import digest
from libs.common.domain.rules import StoreRules
from libs.common.domain.rules_products import Lead
from libs.common.ledger.model import Hint
from services.scheduler.odoo_poll.offered import ENTITY, PREFIX, audit_hints
from services.scheduler.odoo_poll.pages import Row
from services.scheduler.odoo_poll.polled import Looking, Polled
from services.scheduler.odoo_poll.prices import PRICELISTS, PRICES

#: Archived ones count: they become drafts.
ALL = (("active", "in", [True, False]),)


def _odoo_leads(rules: StoreRules) -> bool:
    return rules.products.lead is Lead.ODOO


def _template(name: str) -> Callable[[Looking, list[Row]], list[Hint]]:
    """Hints of the templates that rows are, or hang on by a field; without a version: the worker reads anew anyway."""

    def hints(look: Looking, rows: list[Row]) -> list[Hint]:
        found: dict[int, Hint] = {}
        for row in rows:
            template = row["id"] if name == "id" else row[name][0] if row[name] else None
            if template:
                found[template] = Hint(
                    look.store.slug,
                    ENTITY,
                    f"{PREFIX}{template}",
                    "odoo",
                    why="changed in Odoo",
                    # The same state found again (by another scheduler, or after a restart) is a duplicate.
                    delivery_id=f"poll:{digest(row)}",
                )
        return list(found.values())

    return hints


TEMPLATES = Polled(
    entity=ENTITY,
    model="product.template",
    domain=ALL,
    needs=("name",),
    watched=("active", "sale_ok", "list_price", "categ_id", "product_tag_ids", "attribute_line_ids", "type"),
    wanted=_odoo_leads,
    shared=True,
    key="product",
    hints=_template("id"),
    also=audit_hints,
)
VARIANTS = Polled(
    entity=ENTITY,
    model="product.product",
    domain=ALL,
    needs=("product_tmpl_id",),
    watched=("product_tmpl_id", "active", "default_code", "barcode", "weight", "standard_price"),
    wanted=_odoo_leads,
    shared=True,
    key="product-variant",
    hints=_template("product_tmpl_id"),
)
VALUES = Polled(
    entity=ENTITY,
    model="product.template.attribute.value",
    domain=(),
    needs=("product_tmpl_id",),
    watched=("product_tmpl_id", "price_extra"),
    wanted=_odoo_leads,
    owned=False,
    key="product-value",
    hints=_template("product_tmpl_id"),
)
CATALOG = (TEMPLATES, VARIANTS, VALUES, PRICES, PRICELISTS)
