"""The services behind `/jsonrpc`: who may call which method of which model, and with what."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from libs.sandbox.odoo import reading, writing
from libs.sandbox.odoo.env import Env, Registry
from libs.sandbox.odoo.errors import (
    OdooError,
    access_denied,
    access_error,
    attribute_error,
    key_error,
    missing,
    no_database,
    type_error,
    user_error,
    value_error,
)
from libs.sandbox.odoo.loading import load as load_records
from libs.sandbox.odoo.query import search as search_rows

SERVER_VERSIONS = {"18": "18.0-20250702", "19": "19.0"}
_LEAST_ARGUMENTS = 5


@dataclass(frozen=True)
class Nothing:
    """A method that returns nothing: the response has no `result`."""


NOTHING = Nothing()


class ModelMethods:
    """Methods of a model as a whole; parameters are named and ordered as Odoo's, for callers that use either."""

    def __init__(self, env: Env, model: str) -> None:
        self.env = env
        self.model = model

    def search(self, domain: Any, offset: int = 0, limit: int | None = None, order: str | None = None) -> list[int]:
        return [row["id"] for row in self._found(domain, offset, limit, order)]

    def search_count(self, domain: Any, limit: int | None = None) -> int:
        return len(self._found(domain, 0, limit, "id"))

    def search_read(
        self,
        domain: Any = None,
        fields: Any = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> list[dict[str, Any]]:
        rows = self._found(domain, offset, limit, order)
        return reading.search_read(self.env, self.model, rows, fields)

    def web_search_read(
        self, domain: Any, specification: Any, offset: int = 0, limit: int | None = None, order: str | None = None
    ) -> dict[str, Any]:
        ids = [row["id"] for row in self._found(domain, 0, None, order)]
        page = ids[offset : offset + limit if limit else None]
        return {"length": len(ids), "records": reading.web_read(self.env, self.model, page, specification)}

    def create(self, vals_list: Any) -> Any:
        if isinstance(vals_list, Mapping):
            return writing.create(self.env, self.model, [dict(vals_list)])[0]
        return writing.create(self.env, self.model, vals_list)

    def load(self, fields: Any, data: Any) -> dict[str, Any]:
        return load_records(self.env, self.model, fields, data)

    def fields_get(self, allfields: Any = None, attributes: Any = None) -> dict[str, Any]:
        return reading.fields_get(self.env, self.model, allfields, attributes)

    def name_search(
        self, name: str = "", domain: Any = None, operator: str = "ilike", limit: int | None = 100
    ) -> list[list[Any]]:
        return reading.name_search(self.env, self.model, name, domain, operator=operator, limit=limit)

    def name_create(self, name: str) -> list[Any]:
        created = writing.create(self.env, self.model, [{"name": name}])[0]
        return [created, self.env.display_name(self.model, created)]

    def default_get(self, fields: Any) -> dict[str, Any]:
        defaults = self.env.model(self.model).defaults
        return {name: value for name, value in defaults.items() if name in fields}

    def check_access_rights(self, operation: str, raise_exception: bool = True) -> Any:
        if raise_exception:
            self.env.check(self.model, operation)
            return None
        return self.env.may(self.model, operation)

    def context_get(self) -> dict[str, Any]:
        user = self.env.user
        return {"lang": user.get("lang") or "en_US", "tz": user.get("tz") or False, "uid": self.env.uid}

    def _found(self, domain: Any, offset: int, limit: int | None, order: str | None) -> list[Any]:
        self.env.check(self.model, "read")
        rows = search_rows(self.env, self.model, domain, order=order)
        return rows[offset or 0 : (offset or 0) + limit if limit else None]


class RecordMethods:
    """Methods of records: their ids come first."""

    def __init__(self, env: Env, model: str, ids: Any) -> None:
        self.env = env
        self.model = model
        self.given = ids
        self.ids = [ids] if isinstance(ids, int) else [one for one in ids or () if isinstance(one, int)]

    def read(self, fields: Any = None, load: str | None = "_classic_read") -> list[dict[str, Any]]:
        return reading.read(self.env, self.model, self.given, fields, load)

    def web_read(self, specification: Any) -> list[dict[str, Any]]:
        return reading.web_read(self.env, self.model, self.given, specification)

    def write(self, vals: Any) -> bool:
        return writing.write(self.env, self.model, self.ids, vals)

    def unlink(self) -> bool:
        return writing.unlink(self.env, self.model, self.ids)

    def exists(self) -> list[int]:
        return [one for one in self.ids if one in self.env.db.tables[self.model]]

    def has_access(self, operation: str) -> bool:
        if not self.env.may(self.model, operation):
            return False
        rows = [self.env.row(self.model, one) for one in self.ids]
        return all(row is not None and self.env.visible(self.model, row) for row in rows)

    def check_access(self, operation: str) -> None:
        self.env.check(self.model, operation)
        self.env.check_visible(self.model, self.env.rows(self.model, self.ids), operation)

    def get_external_id(self) -> dict[str, str]:
        """An empty text for a record that has none, or is not there."""
        return {str(one): self.env.external_id(self.model, one) or "" for one in self.ids}

    def action_archive(self) -> Any:
        return self.write({"active": False}) and None

    def action_unarchive(self) -> Any:
        return self.write({"active": True}) and None


_ONLY = {"context_get": "res.users"}
_PRIVATE: Mapping[str, tuple[str, ...]] = {"18": (), "19": ("check_access", "exists")}


class Services:
    """`common` and `object`."""

    def __init__(self, registry: Registry, database: str) -> None:
        self.registry = registry
        self.database = database

    def call(self, service: Any, method: Any, args: Sequence[Any]) -> Any:
        if service == "common":
            return self._common(str(method), args)
        if service == "object":
            return self._object(str(method), args)
        raise key_error(str(service))

    def _common(self, method: str, args: Sequence[Any]) -> Any:
        version = self.registry.version
        if method == "version":
            info = [int(version), 0, 0, "final", 0, ""]
            server = SERVER_VERSIONS[version]
            serie = f"{version}.0"
            return {
                "server_version": server,
                "server_version_info": info,
                "server_serie": serie,
                "protocol_version": 1,
            }
        if method in ("authenticate", "login"):
            self._check_database(args[0])
            return self._login(args[1], args[2])
        raise OdooError("builtins.Exception", f"Method not found: {method}")

    def _login(self, login: Any, key: Any) -> int | bool:
        with self.registry.db.lock:
            for uid in self.registry.db.referring("res.users", "login", login) or ():
                user = self.registry.db.tables["res.users"][uid]
                if user.get("active") and key in self.registry.keys.get(uid, ()):
                    return uid
        return False

    def _check_database(self, name: Any) -> None:
        if name != self.database:
            raise no_database(str(name))

    def _object(self, service_method: str, args: Sequence[Any]) -> Any:
        if service_method not in ("execute_kw", "execute") and self.registry.version == "18":
            raise OdooError("builtins.NameError", f"Method not available {service_method}")
        if len(args) < _LEAST_ARGUMENTS:
            raise value_error(f"not enough values to unpack (expected at least 5, got {len(args)})")
        database, uid, key, model, method, *rest = args
        if service_method == "execute":
            positional, keywords = list(rest), {}
        elif service_method == "execute_kw":
            positional, keywords = list(rest[0]) if rest else [], dict(rest[1] or {}) if len(rest) > 1 else {}
        else:
            raise OdooError("builtins.NameError", f"Method not available {service_method}")
        self._check_database(database)
        with self.registry.db.transaction():
            self._check_user(uid, key)
            return self._execute(uid, str(model), str(method), positional, keywords)

    def _check_user(self, uid: Any, key: Any) -> None:
        user = self.registry.db.tables["res.users"].get(uid) if isinstance(uid, int) else None
        if user is None:
            raise missing("res.users", [uid], uid)
        if not key or not user.get("active") or key not in self.registry.keys.get(uid, ()):
            raise access_denied()

    def _execute(self, uid: int, model: str, method: str, args: list[Any], keywords: dict[str, Any]) -> Any:
        if model not in self.registry.schema:
            raise user_error(f"Object {model} doesn't exist")
        env = Env(self.registry, uid, keywords.pop("context", None))
        private = method.startswith("_") or method in _PRIVATE[self.registry.version]
        if private:
            raise access_error(f"Private methods (such as '{model}.{method}') cannot be called remotely.")
        env.check_companies()
        result = self._dispatch(env, model, method, args, keywords)
        return NOTHING if result is None else result

    def _dispatch(self, env: Env, model: str, method: str, args: list[Any], keywords: dict[str, Any]) -> Any:
        special = env.model(model).methods.get(method)
        if special is not None:
            return special(env, *args, **keywords)
        if method in _public(ModelMethods) and _ONLY.get(method, model) == model:
            return _called(getattr(ModelMethods(env, model), method), args, keywords)
        if method in _public(RecordMethods):
            ids = keywords.pop("ids", []) if not args else args[0]
            return _called(getattr(RecordMethods(env, model, ids), method), args[1:], keywords)
        raise attribute_error(f"The method '{model}.{method}' does not exist")


@cache
def _public(methods: type) -> frozenset[str]:
    return frozenset(name for name in vars(methods) if not name.startswith("_"))


@cache
def _signature(function: Any) -> inspect.Signature:
    return inspect.signature(function)


def _called(method: Callable[..., Any], args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """Calls it, with a TypeError in Python's words when the arguments do not fit."""
    function = method.__func__  # type: ignore[attr-defined]
    try:
        _signature(function).bind(None, *args, **keywords)
    except TypeError as problem:
        name = function.__name__
        text = str(problem)
        if text.startswith("missing a required argument"):
            parameter = text.split("'")[1]
            text = f"missing 1 required positional argument: '{parameter}'"
        raise type_error(f"BaseModel.{name}() {text}") from None
    return method(*args, **keywords)
