"""One Odoo company, as a worker talks to it. Field names that differ between versions are in `fields.py`."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from libs.common.errors import CredentialsRefused, Failure, Outage, Transient
from libs.common.odoo.cells import Cell, matrix
from libs.common.odoo.errors import ACCESS_DENIED, MISSING_RECORD, SERIALIZATION, credentials_refused
from libs.common.odoo.loading import LoadResult, count_records, understand
from libs.common.odoo.transport import CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS, CallInfo, JsonRpc, OnCall
from libs.common.odoo.webread import read_as_web

#: A lost race is tried this often in all (F27), none begun after `RACE_SECONDS`; pauses grow and are drawn at random.
RACE_TRIES = 5
RACE_SECONDS = 20.0
RACE_PAUSE_SECONDS = 0.4
WEB_READ_SINCE = (17, 0)

Domain = Sequence[Any]
Values = dict[str, Any]
T = TypeVar("T")


class OdooClient:
    """Calls models of one company over JSON-RPC. Threads may share one; `close` it when done.

    Every call acts for `company_id`, in UTC and in English, so that answers mean the same everywhere.
    Raises failures of the side `odoo` (libs.common.errors) and nothing else, save ValueError and TypeError
    for a call that was put wrongly.
    """

    def __init__(
        self,
        base_url: str,
        database: str,
        login: str,
        key: str,
        company_id: int,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
        on_call: OnCall | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.database = database
        self.login = login
        self.company_id = company_id
        self._key = key
        self._sleep = sleep
        self._lock = threading.Lock()
        self._uid: int | None = None
        self._version: tuple[int, int] | None = None
        self._rpc = JsonRpc(
            base_url,
            connect_seconds=connect_seconds,
            read_seconds=read_seconds,
            total_seconds=total_seconds,
            on_call=on_call,
        )

    @property
    def base_url(self) -> str:
        return self._rpc.base_url

    @property
    def context(self) -> Values:
        """What goes with every call; the first allowed company is the acting one."""
        return {"allowed_company_ids": [self.company_id], "lang": "en_US", "tz": "UTC"}

    def close(self) -> None:
        self._rpc.close()

    def version(self) -> tuple[int, int]:
        """`(19, 0)`; needs no login. Asked once. Odoo Online's `saas~18.2` is `(18, 2)`."""
        if self._version is None:
            answer = self._rpc.call("common", "version", [], CallInfo("common.version", write=False))
            self._version = _version_of(answer)
        return self._version

    def authenticate(self) -> int:
        """The user id; asked once. Raises CredentialsRefused for a wrong login or key."""
        with self._lock:
            if self._uid is None:
                args = [self.database, self.login, self._key, {}]
                info = CallInfo("common.authenticate", write=False)
                uid = self._rpc.call("common", "authenticate", args, info)
                if not isinstance(uid, int) or isinstance(uid, bool):
                    raise credentials_refused(info.name, {"call": info.name, "login": self.login})
                self._uid = uid
            return self._uid

    def call(
        self,
        model: str,
        method: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        write: bool,
        context: Mapping[str, Any] | None = None,
        records: int = 1,
    ) -> Any:
        """One method of one model; each call is one transaction in Odoo. None when it returns nothing.

        `write` says whether it may change something; `context` is added to the client's own. A lost race
        was rolled back, so it is repeated in place a few times before it is raised as Transient.
        """
        sent = {**(kwargs or {}), "context": {**self.context, **(context or {})}}
        info = CallInfo(f"{model}.{method}", write, records)
        return self._repeated(lambda: self._execute([model, method, list(args), sent], info))

    def search_read(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
        *,
        order: str = "id",
        limit: int | None = None,
        offset: int = 0,
        context: Mapping[str, Any] | None = None,
    ) -> list[Values]:
        """Records that match, oldest first unless told; `id` is always among their values."""
        kwargs = {"fields": list(fields), "order": order, "limit": limit, "offset": offset}
        found: list[Values] = self.call(model, "search_read", [list(domain)], kwargs, write=False, context=context)
        return found

    def fields_get(self, model: str, attributes: Sequence[str] = ("type", "required", "relation")) -> dict[str, Values]:
        """Every field of a model this user may see, with these attributes."""
        found: dict[str, Values] = self.call(model, "fields_get", [], {"attributes": list(attributes)}, write=False)
        return found

    def web_read(
        self,
        model: str,
        ids: Sequence[int],
        specification: Mapping[str, Values],
        *,
        context: Mapping[str, Any] | None = None,
    ) -> list[Values]:
        """Records with records inside, as `{"name": {}, "order_line": {"fields": {"price_unit": {}}}}` asks.

        One call from Odoo 17 on; before that one for the records and one more for each relation asked into.
        A many2one is its id, or a dict where its fields were asked for. Records that are gone are left out.
        """
        if not ids:
            return []
        if self.version() < WEB_READ_SINCE:
            return read_as_web(self, model, ids, specification, context)
        found: list[Values] = self.call(
            model,
            "web_read",
            [list(ids)],
            {"specification": dict(specification)},
            write=False,
            context=context,
            records=len(ids),
        )
        return found

    def load(
        self,
        model: str,
        fields: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        *,
        context: Mapping[str, Any] | None = None,
    ) -> LoadResult:
        """Create what is not there yet, exactly once: column `id` holds external ids. All or nothing.

        A record that is there already is left as it is. Further lines of a record follow it in rows whose
        `id` is empty. Raises RowRefused when Odoo blames a record, Transient when a race was lost for good,
        Ambiguous when no answer came: then the same call again finds or makes the records.
        """
        if "id" not in fields:
            raise ValueError("load needs the external ids in a column `id`")
        return self._load(model, fields, rows, {"mode": "update", "noupdate": True, **(context or {})})

    def update(
        self,
        model: str,
        fields: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        *,
        context: Mapping[str, Any] | None = None,
    ) -> LoadResult:
        """Write different values to many records in one call: column `.id` holds database ids. All or nothing."""
        if ".id" not in fields:
            raise ValueError("update needs the database ids in a column `.id`")
        return self._load(model, fields, rows, context or {})

    def _load(
        self, model: str, fields: Sequence[str], rows: Sequence[Sequence[Cell]], context: Mapping[str, Any]
    ) -> LoadResult:
        if not rows:
            return LoadResult(())
        name = f"{model}.load"
        records = count_records(fields, rows)
        args = [model, "load", [list(fields), matrix(fields, rows)], {"context": {**self.context, **context}}]
        info = CallInfo(name, True, records)
        return self._repeated(lambda: understand(self._execute(args, info), name, records))

    def _repeated(self, attempt: Callable[[], T]) -> T:
        """Odoo itself may have tried for 15 s before it answers, so the tries end by the clock as well."""
        until = time.monotonic() + RACE_SECONDS
        for tries in range(1, RACE_TRIES):
            try:
                return attempt()
            except Transient as error:
                if error.code != SERIALIZATION or time.monotonic() > until:
                    raise
            self._sleep(random.uniform(0.1, 1.0) * RACE_PAUSE_SECONDS * tries)  # noqa: S311 - jitter, no secret
        return attempt()

    def _execute(self, args: list[Any], info: CallInfo) -> Any:
        uid = self.authenticate()
        try:
            return self._rpc.call("object", "execute_kw", [self.database, uid, self._key, *args], info)
        except Failure as error:
            if not _uid_is_stale(error, uid):
                raise
        # The user may have been made anew in a restored database; a refused key is refused again here.
        self._forget(uid)
        return self._rpc.call("object", "execute_kw", [self.database, self.authenticate(), self._key, *args], info)

    def _forget(self, uid: int) -> None:
        with self._lock:
            if self._uid == uid:
                self._uid = None


def _uid_is_stale(error: Failure, uid: int) -> bool:
    if isinstance(error, CredentialsRefused):
        return error.code == ACCESS_DENIED
    return error.code == MISSING_RECORD and f"res.users({uid},)" in error.message


def _version_of(answer: Any) -> tuple[int, int]:
    info = answer.get("server_version_info") if isinstance(answer, dict) else None
    try:
        major, minor = list(info or [])[:2]
        return int(str(major).rpartition("~")[2]), int(minor)
    except ValueError:
        text = "what answers there does not tell an Odoo version"
        raise Outage(f"common.version: {text}", "odoo", "not_odoo", "check the address of Odoo") from None
