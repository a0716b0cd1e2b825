"""Who else has the product in Shopify that a new template's codes find: it is given to nobody twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from libs.common.domain.linking import Coded
from libs.common.domain.matching import normalise_code
from libs.common.domain.products import Template
from libs.common.odoo.templates import ALL
from services.workers.context import StoreContext
from services.workers.products.to_shopify.model import Claim

PREFIX = "odoo-"
TARGET = "Product"
VARIANT, VARIANT_MODEL, TEMPLATE_MODEL = "variant", "product.product", "product.template"


def read_claims(
    store: StoreContext, fresh: Sequence[Template], near: Mapping[int, Sequence[Coded]]
) -> dict[int, Claim]:
    """By template, of those that are not in Shopify yet. Asks Odoo only where the ledger knows of somebody else."""
    variants = [one for template in fresh for one in near[template.id]]
    links = store.links(VARIANT, [one.id for one in variants])
    records = store.linked_to(TARGET, sorted({int(one.product_id) for one in variants})) if variants else {}
    owners = {str(there): one.source_id for there, one in records.items() if one.source_id.startswith(PREFIX)}
    own = {one.id for template in fresh for one in template.variants}
    names = _names(store, VARIANT_MODEL, {there for there in links.values() if there not in own})
    templates = _names(store, TEMPLATE_MODEL, {_number(one) for one in owners.values()})
    earlier: dict[str, str] = {}
    found: dict[int, Claim] = {}
    for template in fresh:
        claim = _claim(template, near[template.id], links, names, owners, templates)
        found[template.id] = claim if claim.by or near[template.id] else Claim(by=_earlier(template, earlier))
        if not near[template.id]:
            earlier |= dict.fromkeys(_codes(template), _told(template.name, template.id))
    return found


def _claim(  # noqa: PLR0917 - what was found, and what is known of it
    template: Template,
    near: Sequence[Coded],
    links: Mapping[str, int],
    names: Mapping[int, str],
    owners: Mapping[str, str],
    templates: Mapping[int, str],
) -> Claim:
    mine = {one.id for one in template.variants}
    others = {one.id: links[one.id] for one in near if one.id in links and links[one.id] not in mine}
    by = [f"{names[there]!r} (product.product {there})" for there in others.values() if there in names]
    holders = {owners[one.product_id] for one in near if one.product_id in owners}
    by += [_told(templates[_number(one)], _number(one)) for one in holders if _number(one) in templates]
    stale = {variant: there for variant, there in others.items() if there not in names}
    return Claim(f"{by[0]} has it already" if by else "", stale, next(iter(holders), ""))


def _earlier(template: Template, earlier: Mapping[str, str]) -> str:
    """Of two new ones with a code in common the second waits for a person, as it would if it came later."""
    code = next((one for one in _codes(template) if one in earlier), "")
    return f"{earlier[code]} has {code} as well" if code else ""


def _codes(template: Template) -> list[str]:
    codes = [
        normalise_code(code) for one in template.variants if one.active for code in (one.barcode, one.default_code)
    ]
    return [code for code in codes if code]


def _names(store: StoreContext, model: str, ids: set[int]) -> dict[int, str]:
    """Of those of these that Odoo still has."""
    rows = store.odoo.search_read(model, [("id", "in", sorted(ids))], ["name"], context=ALL) if ids else []
    return {row["id"]: str(row["name"]) for row in rows}


def _told(name: str, template: int) -> str:
    return f"{name!r} (product.template {template})"


def _number(source_id: str) -> int:
    return int(source_id.removeprefix(PREFIX))
