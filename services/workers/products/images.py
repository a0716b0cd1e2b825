"""Pictures: fetched one after the other and written in calls of a few megabytes, so that memory stays bounded."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence

from libs.common.errors import Failure, RateLimited, Rejected, Transient
from libs.common.odoo.templates import ALL
from services.workers.context import StoreContext
from services.workers.products.model import Changes

TEMPLATE, PRODUCT = "product.template", "product.product"
#: Encoded; Odoo refuses larger requests where its proxy does.
BYTES_OF_A_CALL = 8 * 1024 * 1024

#: (record id, model, database id, base64)
Picture = tuple[str, str, int, str]


def write_images(
    changes: Sequence[Changes],
    templates: Mapping[str, int],
    links: Mapping[str, Mapping[str, int]],
    store: StoreContext,
) -> dict[str, Failure]:
    """What went wrong, by record id: with that product's pictures alone."""
    failed: dict[str, Failure] = {}
    batch: list[Picture] = []
    for picture in _pictures(changes, templates, links, store, failed):
        if batch and sum(len(one[3]) for one in batch) + len(picture[3]) > BYTES_OF_A_CALL:
            _write(batch, store, failed)
            batch = []
        batch.append(picture)
    _write(batch, store, failed)
    return failed


def _pictures(
    changes: Sequence[Changes],
    templates: Mapping[str, int],
    links: Mapping[str, Mapping[str, int]],
    store: StoreContext,
    failed: dict[str, Failure],
) -> Iterator[Picture]:
    for one in changes:
        wanted = [(TEMPLATE, templates[one.record_id], one.image)] if one.image else []
        known = links[one.record_id]
        wanted += [(PRODUCT, known[v], image) for v, image in one.variant_images.items() if v in known]
        for model, there, image in wanted:
            try:
                content = store.shopify.image(image.url)
            except (Rejected, Transient, RateLimited) as failure:
                failed[one.record_id] = failure
                break
            yield one.record_id, model, there, base64.b64encode(content).decode()


def _write(pictures: Sequence[Picture], store: StoreContext, failed: dict[str, Failure]) -> None:
    for model, field in ((TEMPLATE, "image_1920"), (PRODUCT, "image_variant_1920")):
        some = [one for one in pictures if one[1] == model]
        try:
            store.odoo.update(model, [".id", field], [[there, text] for _, _, there, text in some], context=ALL)
        except Rejected:
            for record_id, _, there, text in some:
                try:
                    store.odoo.update(model, [".id", field], [[there, text]], context=ALL)
                except Rejected as refusal:
                    failed[record_id] = refusal
