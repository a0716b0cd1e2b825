"""Files that `productSet` names: a product's media, and which variant shows which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from libs.sandbox.shopify.selling import picture
from libs.sandbox.shopify.store import Document


class Refused(Exception):
    """A user error: the field, and why."""

    def __init__(self, field: list[str], message: str) -> None:
        super().__init__(message)
        self.field = field


def show_files(
    product: Document, files: Sequence[Mapping[str, Any]], variants: Sequence[Mapping[str, Any]], new_id: Any
) -> list[Document]:
    """The media that the product has then: these and no others. A variant's file must be among them."""
    by_id = {one["id"]: one for one in product["media"]}
    found: dict[str, Document] = {}
    for one in files:
        if one.get("id") and one["id"] not in by_id:
            raise Refused(["input", "files"], "File does not exist")
        named = by_id[one["id"]] if one.get("id") else picture(one["originalSource"], new_id)
        found[one.get("id") or one["originalSource"]] = named
    for document, given in zip(product["variants"], variants, strict=False):
        file = given.get("file")
        if file is None:
            continue
        medium = found.get(file.get("id") or file.get("originalSource"))
        if medium is None:
            raise Refused(["input", "variants", "file"], "Variant file must be included in the product's files")
        document["image"] = {"id": medium["id"], "url": medium["preview"]["image"]["url"]}
    kept = {one["id"] for one in found.values()}
    for document in product["variants"]:
        if document["image"] and document["image"]["id"] in by_id.keys() - kept:
            document["image"] = None
    return list(found.values())
