"""A folder of webhook-shaped order files (`orders/create` bodies), so that people can rehearse with their own orders.

Numbers are read as `Decimal`: no amount ever passes through a float.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.drafts import Product
from libs.sandbox.shopify.rest_in import order_from_rest
from libs.sandbox.shopify.rest_in_lines import products_of
from libs.sandbox.shopify.rest_read import BodyFault


class OrderFileError(ValueError):
    """A file that is no order: which file, where in it, and what is wrong."""

    def __init__(self, path: Path | str, fault: str) -> None:
        self.path = Path(path)
        self.fault = fault
        super().__init__(f"{path}: {fault}")


@dataclass(frozen=True, slots=True)
class OrderFile:
    """One order read from a file: its document, the products it names, and the bytes a webhook carries."""

    path: Path
    order: Document
    products: tuple[Product, ...]
    body: bytes | None
    """None when the file had `{"order": …}` around the body: then the webhook is written anew."""


def read_folder(folder: Path) -> list[OrderFile]:
    """Every `*.json` in the folder, by name. Raises `OrderFileError` for the first that is no order."""
    if not folder.is_dir():
        raise OrderFileError(folder, "is not a folder")
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise OrderFileError(folder, "holds no *.json file")
    return [read_file(path) for path in paths]


def read_file(path: Path) -> OrderFile:
    raw = path.read_bytes()
    try:
        content = json.loads(raw, parse_float=Decimal)
    except ValueError as problem:
        raise OrderFileError(path, f"is not JSON: {problem}") from problem
    wrapped = isinstance(content, dict) and isinstance(content.get("order"), dict) and "line_items" not in content
    body = content["order"] if wrapped else content
    try:
        order = order_from_rest(body)
        return OrderFile(path, order, products_of(body), None if wrapped else raw)
    except BodyFault as problem:
        raise OrderFileError(path, str(problem)) from problem
