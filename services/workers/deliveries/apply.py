"""Tells Shopify: one request for each fulfillment and each change of tracking, as Shopify takes no more at once.

A fulfillment whose answer is lost is not made again here: the record is gathered anew, and finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from libs.common.errors import Failure, Outage, RateLimited, Rejected, Transient
from libs.common.shopify.fulfillments import NewFulfillment
from services.workers.context import StoreContext
from services.workers.deliveries.model import Applied, Changes, Creation
from services.workers.scopes import scoped


def apply(plans: Sequence[Changes], store: StoreContext) -> list[Applied | Failure]:
    """One answer for each plan, in its order. Once the shop is down or asks for patience, the rest is not tried."""
    answers: list[Applied | Failure] = []
    stop: Failure | None = None
    for changes in plans:
        if stop is not None and (changes.creations or changes.retrack):
            answers.append(stop)
            continue
        try:
            answers.append(scoped(store.slug, partial(_one, changes, store)))
        except Failure as failure:
            answers.append(_once_more(failure, changes))
            if isinstance(failure, (Outage, RateLimited)):
                stop = failure
    return answers


def _once_more(failure: Failure, changes: Changes) -> Failure:
    """Refused the first time: somebody may have fulfilled the order since it was read, so it is read anew."""
    if not isinstance(failure, Rejected) or changes.failed_before:
        return failure
    return Transient(failure.message, failure.side, failure.code, failure.hint, failure.details)


def _one(changes: Changes, store: StoreContext) -> Applied:
    for one in changes.retrack:
        # Nobody is written to about a number that is gone.
        notify = changes.notify and bool(one.tracking)
        store.shopify.update_tracking(one.fulfillment_id, one.tracking, notify=notify)
    made: dict[str, Creation] = {}
    for creation in changes.creations:
        new = NewFulfillment(creation.units, changes.tracking, changes.notify)
        made[store.shopify.create_fulfillment(new)] = creation
    return Applied(changes, made)
