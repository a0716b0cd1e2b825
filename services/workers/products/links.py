"""Which variant of Shopify is which of Odoo's: recorded, and moved on from what is gone on either side."""

from __future__ import annotations

from collections.abc import Mapping

from libs.common.errors import Transient
from libs.common.ledger.model import Link, Target
from services.workers.context import StoreContext

LINK_TAKEN = "link_taken"
VARIANT, PRODUCT = "variant", "product.product"


def keep_links(
    store: StoreContext, links: Mapping[str, int], *, linked: Mapping[str, int], left: Mapping[int, str]
) -> None:
    """`links` by variant id are how it is; `linked` are what the ledger had of these variants.

    `left`, by `product.product`: the variant that had it and is not in Shopify any more. Repeatable.
    """
    stale = {variant: there for variant, there in linked.items() if links.get(variant, there) != there}
    for variant, there in links.items():
        if there in left:
            instead_of = stale.get(variant)
            try:
                store.ledger.move_link(store.slug, VARIANT, left[there], variant, instead_of=instead_of)
            except Transient as failure:
                if failure.code != LINK_TAKEN:
                    raise
                # It was given a link of its own meanwhile, which stays.
    if links:
        store.ledger.link(
            store.slug,
            [
                Link(VARIANT, variant, Target(PRODUCT, there), instead_of=stale.get(variant))
                for variant, there in links.items()
            ],
        )
