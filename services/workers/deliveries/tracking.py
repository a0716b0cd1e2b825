"""How a delivery's parcel can be followed, and what Shopify is to be told when that changed in Odoo. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from libs.common.domain.digests import digest
from libs.common.domain.fulfillments import Fulfillment, Tracking
from libs.common.domain.rules import FulfillmentRules
from libs.common.domain.sales import Picking
from libs.common.domain.shipping import Units
from services.workers.deliveries.model import Retrack


def tracking_of(picking: Picking, rules: FulfillmentRules) -> Tracking:
    """How this parcel can be followed, with Shopify's name of the carrier. A carrier alone is no tracking."""
    if not picking.tracking_number:
        return Tracking()
    company = rules.carriers.get(picking.carrier, picking.carrier)
    return Tracking(picking.tracking_number, company, picking.tracking_url)


def delivery_digest(units: Units, tracking: Tracking) -> str:
    """Changes with what was delivered and how it can be followed."""
    return digest({"units": units, "tracking": [tracking.company, tracking.number, tracking.url]})


def changed_tracking(
    found: Iterable[Fulfillment], units: Units, tracking: Tracking, synced: str | None
) -> tuple[Retrack, ...]:
    """The delivery's fulfillments whose tracking is to become another one, or none.

    `synced` is the digest of what was told last. What somebody changed in Shopify since stays: a number is taken off
    only where it is the one that was told, and where there are several, only that one.
    """
    if synced == delivery_digest(units, tracking):
        return ()
    changed = []
    for fulfillment in found:
        wanted = _wanted(fulfillment, units, tracking, synced)
        if fulfillment.counts and wanted is not None:
            changed.append(Retrack(fulfillment.id, wanted))
    return tuple(changed)


def _wanted(
    fulfillment: Fulfillment, units: Units, tracking: Tracking, synced: str | None
) -> tuple[Tracking, ...] | None:
    """All that the fulfillment is to have; None to leave what it has."""
    told = next((one for one in fulfillment.tracking if _was_told(one, units, synced)), None)
    if told is not None:
        if told == tracking:
            return None
        each = (tracking if one is told else one for one in fulfillment.tracking)
        return tuple(one for one in each if one != Tracking())
    if tracking == Tracking() or any(_follows(one, tracking) for one in fulfillment.tracking):
        return None
    return (tracking,)


def _was_told(present: Tracking, units: Units, synced: str | None) -> bool:
    """Whether this is what Odoo said last. Shopify may have completed a company or a link that it did not say."""
    parts = product({present.company, ""}, {present.url, ""})
    return any(delivery_digest(units, Tracking(present.number, company, url)) == synced for company, url in parts)


def _follows(present: Tracking, wanted: Tracking) -> bool:
    """Whether it is the wanted tracking; Shopify completes what was left open (a link for a carrier it knows)."""
    return (
        present.number == wanted.number and wanted.company in {"", present.company} and wanted.url in {"", present.url}
    )
