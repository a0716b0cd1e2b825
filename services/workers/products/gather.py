"""Reads both sides of a batch of products: one question to Shopify, at most two to Odoo, two or three to the ledger.

One more to Shopify where variants were taken out, of what is linked to them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from libs.common.domain.linking import Coded
from libs.common.domain.outcomes import Hold
from libs.common.domain.products import Product, Template
from libs.common.domain.rules_products import Lead, ProductRules
from libs.common.errors import Failure, Rejected, Transient
from libs.common.ledger.model import Record
from libs.common.odoo.external_ids import find_external_id
from libs.common.odoo.products import MATCHED_BY, codes_domain, product_fact
from libs.common.odoo.templates import ALL, read_templates
from services.workers.context import StoreContext
from services.workers.products.differences import product_digest
from services.workers.products.exact_prices import read_exact
from services.workers.products.matching import match
from services.workers.products.model import Known, Situation

TEMPLATE = "product.template"
PRODUCT = "product.product"
#: How often an announced product may be missing before a person is asked: a replica may lag behind its webhook.
INVISIBLE_ATTEMPTS = 4
DELETED = "products/delete"
WRITING = frozenset({Lead.SHOPIFY, Lead.LINK})


def gather(batch: Sequence[Record], store: StoreContext) -> list[Situation | Failure]:
    """One answer for each record of the batch, in its order."""
    if store.rules.products.lead not in WRITING:
        return [Situation(record.id, record.source_id, None, store.module) for record in batch]
    products = dict(store.shopify.products([record.source_id for record in batch]))
    news = [record for record in batch if _is_news(record, products, store.rules.products)]
    variants = [v for record in news if (p := products.get(record.source_id)) for v in p.variants]
    links = store.links("variant", [one.id for one in variants])
    near = _near(store, [products[r.source_id] for r in news if r.source_id in products], links)
    shared, claimed = _shared(products.values()), _claimed(news, products)
    targets = {record.id: _target(record, store) for record in news}
    found = {
        record.id: Situation(
            record_id=record.id,
            source_id=record.source_id,
            product=products.get(record.source_id),
            module=store.module,
            links=links,
            near=near,
            target_id=targets.get(record.id) or (record.target.id if record.target else None),
            synced_digest=record.synced.digest if record.synced else None,
            shared=shared,
            claimed=claimed.get(record.id, {}),
        )
        for record in batch
    }
    with_templates = _with_templates(store, {record.id: found[record.id] for record in news}, near)
    answers: list[Situation | Failure] = []
    for record in batch:
        if record.source_id not in products and _may_appear(record):
            answers.append(_invisible(record))
        else:
            answers.append(with_templates.get(record.id, found[record.id]))
    return answers


def _is_news(record: Record, products: Mapping[str, Product], rules: ProductRules) -> bool:
    """Whether planning needs more than the product itself: not for a repeat, which is then a single request."""
    product = products.get(record.source_id)
    if product is None:
        return record.target is not None or record.wanted.why == DELETED
    known = record.synced and (record.target or rules.lead is Lead.LINK)
    return not (known and record.synced and record.synced.digest == product_digest(product, images=rules.images))


def _may_appear(record: Record) -> bool:
    """Announced, never seen, not deleted: Shopify's reading side may be behind."""
    return record.target is None and record.wanted.why != DELETED


def _invisible(record: Record) -> Failure:
    what = f"Shopify announced product {record.name or record.source_id} but does not show it"
    if record.attempts < INVISIBLE_ATTEMPTS:
        return Transient(what, "shopify", code="product_not_visible")
    hint = "the token needs the scope read_products; a deleted product can be left held"
    return Rejected(what, "shopify", code="product_not_visible", hint=hint)


def _target(record: Record, store: StoreContext) -> int | None:
    """The template of a record that was worked on before and has none on record: its worker may have died after it."""
    if record.target is not None:
        return record.target.id if record.target.model == TEMPLATE else None
    if record.claims <= 1 and not record.attempts:
        return None
    found = find_external_id(store.odoo, store.module, f"product_{record.source_id}")
    return found[1] if found and found[0] == TEMPLATE else None


def _near(store: StoreContext, products: Sequence[Product], links: Mapping[str, int]) -> tuple[Known, ...]:
    """Every variant the batch may mean, in one query."""
    variants = [one for product in products for one in product.variants]
    domain = codes_domain(
        ids=set(links.values()),
        skus={one.sku for one in variants} - {""},
        barcodes={one.barcode for one in variants} - {""},
    )
    if not domain:
        return ()
    rows = store.odoo.search_read(PRODUCT, domain, [*MATCHED_BY, "product_tmpl_id"], context=ALL)
    return tuple(Known(product_fact(row), row["product_tmpl_id"][0]) for row in rows)


def _shared(products: Iterable[Product]) -> frozenset[str]:
    counts = Counter(
        code for product in products for code in {c for one in product.variants for c in (one.sku, one.barcode) if c}
    )
    return frozenset(code for code, count in counts.items() if count > 1)


def _claimed(news: Sequence[Record], products: Mapping[str, Product]) -> dict[str, dict[str, str]]:
    """By record: the SKUs of the products that are new like it and go before it, with their titles."""
    found: dict[str, dict[str, str]] = {}
    before: dict[str, str] = {}
    for record in news:
        product = products.get(record.source_id)
        if product is not None:
            found[record.id] = dict(before) if record.target is None else {}
            before |= {one.sku: product.title for one in product.variants if one.sku}
    return found


def _owners(store: StoreContext, taken: Collection[str], present: Iterable[Product]) -> dict[str, Coded]:
    """These variants, with the codes that they have now; those that Shopify has no more are absent."""
    known = {v.id: Coded(v.id, product.id, "", v.sku, v.barcode) for product in present for v in product.variants}
    asked = sorted(set(taken) - known.keys())
    there = store.shopify.variants(asked) if asked else {}
    return {one: known.get(one) or there[one] for one in taken if one in known or one in there}


def _with_templates(
    store: StoreContext, situations: Mapping[str, Situation], near: Sequence[Known]
) -> dict[str, Situation]:
    """With the template of each, and with which variants are taken."""
    chosen = {id_: one.target_id or _matched_template(one) for id_, one in situations.items()}
    wanted = [template for template in chosen.values() if template]
    templates: dict[int, Template] = {}
    if wanted and store.rules.products.lead is Lead.SHOPIFY:
        templates = read_templates(store.odoo, store.odoo_fields, wanted)
    exact = read_exact(store, templates)
    ids = {one.fact.id for one in near} | {v.id for template in templates.values() for v in template.variants}
    linked = store.linked_to(PRODUCT, sorted(ids)) if ids else {}
    taken = {id_: record.source_id for id_, record in linked.items() if record.entity == "variant"}
    owners = _owners(store, taken.values(), [one.product for one in situations.values() if one.product])
    leads = store.rules.products.lead is Lead.SHOPIFY and any(one.product for one in situations.values())
    optional = store.odoo_fields.product_optional if leads else frozenset()
    weight_unit = store.reference.weight_unit() if leads else "KILOGRAMS"
    return {
        id_: Situation(
            record_id=one.record_id,
            source_id=one.source_id,
            product=one.product,
            module=one.module,
            links=one.links,
            taken=taken,
            near=one.near,
            target_id=one.target_id,
            template=templates.get(chosen[id_] or 0),
            synced_digest=one.synced_digest,
            optional=optional,
            exact=exact,
            weight_unit=weight_unit,
            shared=one.shared,
            claimed=one.claimed,
            gone=frozenset(taken.values()) - owners.keys(),
            owners=owners if leads else {},
            shop_currency=store.shopify.currency() if leads else "",
            company_currency=store.reference.currency() if leads else "",
        )
        for id_, one in situations.items()
    }


def _matched_template(situation: Situation) -> int | None:
    """The one template that all the variants that are in Odoo belong to."""
    if situation.product is None:
        return None
    matched = match(situation, situation.product)
    if isinstance(matched, Hold) or len(matched.templates) != 1:
        return None
    return next(iter(matched.templates))
