"""Personal data in the ledger: found for who asks for it, and erased for who asks for that.

What stays of an erased record is what keeps the two sides from doing things twice: ids, states, digests, the target of
an order; and of its history when something happened and which calls were made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from libs.common.errors import Transient
from libs.common.ledger.base import Records
from libs.common.ledger.documents import Document, from_document
from libs.common.ledger.engine import reaching_ledger
from libs.common.ledger.model import Record, State

ERASED = "erased"
PRIVACY = "privacy"
#: What a history's event may keep: nothing of it is about a person. A digest is: of a phone number it is soon guessed.
TECHNICAL = frozenset(
    {"call", "ms", "records", "error", "why", "version", "delivery", "worker", "after", "code", "rule"}
    | {"due_at", "waits_for"}
)
#: Links that are personal data themselves: who in the shop is who in Odoo.
PERSONAL_LINKS = frozenset({"customer", "company"})
TEXTS = ("name", "held", "history", "told", "target", "frozen")
#: Under these names a request keeps of whom it is until it is carried out.
REQUESTED = ("email", "phone", "names")
GONE = "(erased)"
ROUNDS = 5
PAGE = 500
#: A phone number has at least so many digits, and anything of this between them.
PHONE_DIGITS = 7
_PHONE = re.compile(r"\+?[\d\s().\-/]+")
_BETWEEN = r"[\s().\-/]*"


class Privacy(Records):
    """Streams through a store's records: memory stays flat however many there are."""

    def tell(self, record_id: str, told: Mapping[str, str], *, forget: Sequence[str] = ()) -> None:
        """See `Ledger.tell`."""
        update: Document = {}
        if told:
            update["$set"] = {f"told.{key}": value for key, value in told.items()}
        if forget:
            update["$unset"] = {f"told.{key}": "" for key in forget}
        with reaching_ledger():
            self._records.update_one({"_id": record_id}, update)

    def merged_into(self, store: str, customer: str) -> list[str]:
        """See `Ledger.merged_into`: also those that went into one of them before."""
        found: dict[str, str] = {}
        left = [customer]
        with reaching_ledger():
            while left:
                conditions: Document = {"store": store, "entity": "customer", "told.merged_into": {"$in": left}}
                new = {one["_id"]: one["source_id"] for one in self._read(conditions, ("source_id",))}
                left = [number for key, number in new.items() if key not in found and number != customer]
                found |= new
        return sorted(found)

    def forget_requests(self, store: str, customer: str, *, but: str) -> None:
        """See `Ledger.forget_requests`."""
        conditions: Document = {"store": store, "entity": PRIVACY, "_id": {"$ne": but}}
        conditions |= {"told.customer": customer} if customer else {}
        with reaching_ledger():
            self._records.update_many(conditions, {"$unset": {f"told.{name}": "" for name in REQUESTED}})

    def erase(self, store: str, ids: Sequence[str], words: Sequence[str]) -> int:
        """See `Ledger.erase`."""
        pattern = _pattern(words)
        with reaching_ledger():
            done = sum(self._change(one, _erased) for one in ids)
            if pattern is not None:
                own = set(ids)
                for document in self._of(store):
                    if document["_id"] not in own and _without(document, pattern) != _texts(document):
                        done += self._change(document["_id"], lambda found: _without(found, pattern))
        return done

    def erase_store(self, store: str) -> int:
        """See `Ledger.erase_store`."""
        with reaching_ledger():
            ids = [document["_id"] for document in self._of(store, ("_id",))]
            return sum(self._change(one, _bare) for one in ids)

    def mentions(self, store: str, ids: Sequence[str], words: Sequence[str]) -> Iterator[Record]:
        """See `Ledger.mentions`."""
        pattern, own = _pattern(words), set(ids)
        with reaching_ledger():
            for document in self._of(store, ()):
                found = document["_id"] in own
                if found or (pattern is not None and _without(document, pattern) != _texts(document)):
                    yield from_document(document)

    def _of(self, store: str, fields: Sequence[str] = (*TEXTS, "entity")) -> Iterator[Document]:
        """Every record of the store but requests like this one, page by page, in the order of their ids."""
        after = ""
        while True:
            page = list(
                self._records.find(
                    {"_id": {"$gt": after, "$regex": f"^{re.escape(store)}/"}, "entity": {"$ne": PRIVACY}},
                    projection=list(fields) or None,
                    sort=[("_id", 1)],
                    limit=PAGE,
                )
            )
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1]["_id"]

    def _change(self, record_id: str, change: Callable[[Document], Document]) -> int:
        """Compare-and-set; 1, or 0 when there is no such record. Raises Transient while a worker has it."""
        for _ in range(ROUNDS):
            document = self._records.find_one({"_id": record_id})
            if document is None:
                return 0
            if document["state"] == State.RUNNING.value:
                break
            changed = {name: value for name, value in change(document).items() if value is not None}
            gone = {name: "" for name in _texts(document) if name not in changed}
            update: Document = {"$set": changed} | ({"$unset": gone} if gone else {})
            same = {"_id": record_id, "changed_at": document.get("changed_at"), "state": document["state"]}
            if self._records.update_one(same, update).matched_count:
                return 1
        raise Transient(f"{record_id} is at work; its data is erased when it is done", code="record_at_work")


def _texts(document: Document) -> Document:
    return {name: document[name] for name in TEXTS if name in document}


def _bare(document: Document) -> Document:
    """Without anything that people wrote; a customer's link goes as well."""
    kept: Document = {}
    if "history" in document:
        kept["history"] = [_technical(event) for event in document["history"]]
    if "held" in document:
        code = document["held"]["code"]
        kept["held"] = {"code": code, "message": GONE, "hint": "its details were erased on request", "details": {}}
    if "frozen" in document:
        kept["frozen"] = document["frozen"]
    if "target" in document and document.get("entity") not in PERSONAL_LINKS:
        kept["target"] = document["target"]
    if document.get("entity") not in PERSONAL_LINKS and "name" in document:
        kept["name"] = document["name"]
    if ERASED in document.get("told", {}):
        kept["told"] = {ERASED: document["told"][ERASED]}
    if document.get("entity") in PERSONAL_LINKS and "synced" in document:
        kept["synced"] = {**document["synced"], "digest": ""}
    return kept


def _erased(document: Document) -> Document:
    """Bare, and known to be: nothing links it or brings it back."""
    return _bare(document) | {"told": {ERASED: "on request"}}


def _technical(event: Document) -> Document:
    details = {key: value for key, value in event.get("details", {}).items() if key in TECHNICAL}
    return {"at": event["at"], "what": event["what"], **({"details": details} if details else {})}


def _pattern(words: Sequence[str]) -> re.Pattern[str] | None:
    """Whole words only: `ann@example.com` is not in `joann@example.com`. A phone number however it is written."""
    found = [_word(word) for word in words if word]
    return re.compile("|".join(found), re.IGNORECASE) if found else None


def _word(word: str) -> str:
    digits = [one for one in word if one.isdigit()]
    if len(digits) >= PHONE_DIGITS and _PHONE.fullmatch(word):
        country = "" if "+" in word else rf"(?:\d{{1,3}}{_BETWEEN})?"
        return rf"(?<!\d)\+?{country}{_BETWEEN.join(digits)}(?!\d)"
    before, after = (r"[\w.+\-]", r"\w|[.\-]\w") if "@" in word else (r"\w", r"\w")
    return rf"(?<!{before}){re.escape(word)}(?!{after})"


def _without(document: Document, pattern: re.Pattern[str]) -> Document:
    return {name: _replaced(value, pattern) for name, value in _texts(document).items()}


def _replaced(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(GONE, value)
    if isinstance(value, dict):
        return {key: _replaced(one, pattern) for key, one in value.items()}
    if isinstance(value, list):
        return [_replaced(one, pattern) for one in value]
    return value
