"""Reads both sides of a batch of Odoo's products: one or two questions to Odoo, two to Shopify.

New ones are looked for there by their links and their codes, 40 in a search; two more questions to Odoo where somebody
else has what the codes of a new one find.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from libs.common.domain.linking import Coded
from libs.common.domain.matching import normalise_code
from libs.common.domain.pricelists import Pricelist
from libs.common.domain.products import Product, Template
from libs.common.domain.rules_products import Lead
from libs.common.ledger.model import Record
from libs.common.odoo.pricelists import read_pricelists
from libs.common.odoo.templates import read_templates
from services.workers.context import StoreContext
from services.workers.products.to_shopify.claims import PREFIX, TARGET, VARIANT, VARIANT_MODEL, read_claims
from services.workers.products.to_shopify.model import Claim, Situation


def gather(batch: Sequence[Record], store: StoreContext) -> list[Situation]:
    """One answer for each record of the batch, in its order."""
    ids = {record.id: int(record.source_id.removeprefix(PREFIX)) for record in batch}
    if store.rules.products.lead is not Lead.ODOO:
        return [Situation(record.id, ids[record.id], None) for record in batch]
    images = store.rules.products.images
    templates = read_templates(store.odoo, store.odoo_fields, list(ids.values()), images=images)
    links = _links(store, templates.values())
    prices, now = _prices(store, templates.values()), store.ledger.clock.now()
    targets = {r.id: str(r.target.id) for r in batch if r.target and r.target.model == TARGET}
    fresh = [templates[ids[r.id]] for r in batch if ids[r.id] in templates and r.id not in targets]
    near = _near(store, fresh, links)
    claims = read_claims(store, fresh, near)
    owners = {one.product_id for found in near.values() for one in found}
    products = store.shopify.products(sorted({*targets.values(), *owners})) if targets or owners else {}
    shop, company = (store.shopify.currency(), store.reference.currency()) if templates else ("", "")
    return [
        Situation(
            record_id=record.id,
            template_id=ids[record.id],
            template=templates.get(ids[record.id]),
            prices=prices,
            now=now,
            target_id=targets.get(record.id),
            product=_product(targets.get(record.id), near.get(ids[record.id], ()), products),
            links=links,
            near=near.get(ids[record.id], ()),
            synced_digest=record.synced.digest if record.synced else None,
            claim=claims.get(ids[record.id], Claim()),
            shop_currency=shop,
            company_currency=company,
        )
        for record in batch
    ]


def _product(target: str | None, near: Sequence[Coded], products: Mapping[str, Product]) -> Product | None:
    owners = {one.product_id for one in near}
    wanted = target or (next(iter(owners)) if len(owners) == 1 else None)
    return products.get(wanted) if wanted else None


def _links(store: StoreContext, templates: Iterable[Template]) -> dict[int, str]:
    ids = [one.id for template in templates for one in template.variants]
    found = store.linked_to(VARIANT_MODEL, ids) if ids else {}
    return {there: record.source_id for there, record in found.items() if record.entity == VARIANT}


def _prices(store: StoreContext, templates: Collection[Template]) -> dict[int, Pricelist]:
    chosen = store.rules.products.pricelist_id
    if not chosen or not templates:
        return {}
    categories = {one.categories[-1] for one in templates if one.categories}
    return read_pricelists(store.odoo, chosen, [one.id for one in templates], categories)


def _near(store: StoreContext, templates: Sequence[Template], links: Mapping[int, str]) -> dict[int, tuple[Coded, ...]]:
    """By template: the variants in Shopify that its links name, else those that have its codes."""
    variants = [one for template in templates for one in template.variants]
    linked = {one.id: links[one.id] for one in variants if one.id in links}
    known = store.shopify.variants(sorted(set(linked.values()))) if linked else {}
    loose = [one for one in variants if linked.get(one.id) not in known and one.active]
    skus = {normalise_code(one.default_code) for one in loose} - {""}
    barcodes = {normalise_code(one.barcode) for one in loose} - {""}
    coded = store.shopify.find_variants(sorted(skus), sorted(barcodes)) if skus or barcodes else []
    by_sku, by_barcode = _by(coded, "sku"), _by(coded, "barcode")
    found: dict[int, tuple[Coded, ...]] = {}
    for template in templates:
        some: dict[str, Coded] = {}
        for one in template.variants:
            if linked.get(one.id) in known:
                some[linked[one.id]] = known[linked[one.id]]
            else:
                same = by_barcode.get(normalise_code(one.barcode)) or by_sku.get(normalise_code(one.default_code))
                some |= {c.id: c for c in same or ()}
        found[template.id] = tuple(some.values())
    return found


def _by(variants: Iterable[Coded], name: str) -> dict[str, list[Coded]]:
    """By their SKU or barcode; those that have none are nobody's."""
    found: dict[str, list[Coded]] = {}
    for one in variants:
        if code := normalise_code(getattr(one, name)):
            found.setdefault(code, []).append(one)
    return found
