"""What both sides of a pair had when they last agreed, part by part: kept on the record as its digest. Pure.

So it is known of each part who changed it: two changes of different parts both go over, what Tandem wrote itself comes
back and is none, and what one side has dropped since is not brought back from the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from libs.common.domain.digests import digest

#: Of a digest of one part: two states of one contact are compared, not any two of the world.
LENGTH = 12
MARK = "2"


def short(value: Any) -> str:
    return digest(value)[:LENGTH]


@dataclass(frozen=True, slots=True)
class Agreed:
    """Names of parts (`email`, `address:3f…`) and their digests, as each side had them."""

    shop: Mapping[str, str]
    odoo: Mapping[str, str]

    @property
    def text(self) -> str:
        return "|".join((MARK, *(_written(side) for side in (self.shop, self.odoo))))

    def taking(self, *, shop: Mapping[str, str] | None = None, odoo: Mapping[str, str] | None = None) -> Agreed:
        return replace(self, **{name: side for name, side in (("shop", shop), ("odoo", odoo)) if side is not None})


def read_agreed(text: str | None) -> Agreed | None:
    """None for a pair that has never agreed, or whose digest an earlier Tandem wrote (`older.py`)."""
    mark, _, rest = (text or "").partition("|")
    if mark != MARK:
        return None
    shop, _, odoo = rest.partition("|")
    return Agreed(_parts(shop), _parts(odoo))


def changed(now: Mapping[str, str], then: Mapping[str, str]) -> frozenset[str]:
    """The parts that are not as they were, new and dropped ones among them."""
    return frozenset(name for name in {*now, *then} if now.get(name) != then.get(name))


def after_writing(before: Mapping[str, str], read: Mapping[str, str], written: Iterable[str]) -> dict[str, str]:
    """What a side is agreed to have: the parts that were written as they read now, the others as they were before.

    So what somebody changed meanwhile is a change still. A name that ends in `:` stands for all that begin so.
    """
    ours = set(written)

    def is_ours(name: str) -> bool:
        return name in ours or (name.partition(":")[0] + ":") in ours

    kept = {name: value for name, value in before.items() if not is_ours(name)}
    return kept | {name: value for name, value in read.items() if is_ours(name)}


def _written(side: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in sorted(side.items()))


def _parts(text: str) -> dict[str, str]:
    pairs = (one.partition("=") for one in text.split(",") if one)
    return {name: value for name, _, value in pairs}
