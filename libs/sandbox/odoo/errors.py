"""The errors of an Odoo server, by the class names that it reports in `error.data.name`.

Each carries its message and arguments; which wording belongs to which version is decided here and nowhere else.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

BARE = "The operation cannot be completed: "


class OdooError(Exception):
    """What goes out as `{"name", "message", "arguments", "context", "debug"}`."""

    def __init__(self, name: str, message: str, arguments: list[Any] | None = None) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.arguments = [message] if arguments is None else arguments

    @classmethod
    def of(cls, problem: Exception) -> OdooError:
        """Anything that went wrong while a call was worked on, as the server names it."""
        error = cls(f"{type(problem).__module__}.{type(problem).__qualname__}", str(problem))
        error.__cause__ = problem
        return error

    def loading(self, version: str) -> dict[str, Any]:
        """The part of a message of `load` that this error makes: always `message`, sometimes `field`."""
        if not self.name.startswith("odoo.exceptions"):
            kind = f"<class '{self.name.removeprefix('builtins.')}'>"
            message = f"Unknown error during import: {kind}: {self.message}"
            return {"type": "error", "message": message, "moreinfo": "Resolve other errors first"}
        del version  # only some errors are worded differently by version
        return {"type": "error", "message": self.message}

    def as_data(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "message": self.message,
            "arguments": self.arguments,
            "context": {},
            "debug": "".join(traceback.format_exception(self.__cause__ or self)),
        }


class ConstraintBroken(OdooError):
    """A check of the database, in its own words: a partner without a name, a tag that is there already."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__("odoo.exceptions.ValidationError", BARE + sentence)
        self.sentence, self.field = sentence, field

    def loading(self, version: str) -> dict[str, Any]:
        """18 quotes the sentence; later versions name the field when the check is about one alone."""
        if version == "18":
            return {"type": "error", "message": f"'{self.sentence}'"}
        return {"type": "error", "message": self.sentence, **({"field": self.field} if self.field else {})}


class RequiredMissing(OdooError):
    """A mandatory field is not set; `linked` is the table when it is a line's field and not the record's own."""

    def __init__(
        self, version: str, model: str, description: str, field: str, label: str, *, linked: str = "", root: str = ""
    ) -> None:
        self.field, self.label, self.linked, self.root = field, label, linked, root
        self.model, self.description = model, description
        super().__init__("odoo.exceptions.ValidationError", self._direct(version))

    def _direct(self, version: str) -> str:
        if version == "18":
            return (
                "The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n- Delete: another "
                "model requires the record being deleted. If possible, archive it instead.\n\n"
                f"Model: {self.description} ({self.model})\nField: {self.label} ({self.field})\n"
            )
        return BARE + self._sentence(self.label, f"'{self.description}' ({self.model})")

    def _sentence(self, label: str, model: str) -> str:
        return (
            f"Missing required value for the field '{label}' ({self.field}).\nModel: {model}\n- create/update: a "
            "mandatory field is not set\n- delete: another model requires the record being deleted, you can archive "
            "it instead\n"
        )

    def loading(self, version: str) -> dict[str, Any]:
        if self.linked and version == "18":
            message = f"Missing required value for the field '{self.field}' on a linked model [{self.linked}]"
            return {"type": "error", "message": message}
        if self.linked:
            # As the real server: the label is looked up on the model that is loaded, which may know another one.
            return {"type": "error", "message": self._sentence(self.root or self.label, "Unknown")}
        if version == "18":
            message = f"Missing required value for the field '{self.label}' ({self.field})"
        else:
            message = self._sentence(self.label, f"'{self.description}' ({self.model})")
        return {"type": "error", "message": message, "field": self.field}


def user_error(message: str) -> OdooError:
    return OdooError("odoo.exceptions.UserError", message)


def validation_error(message: str) -> OdooError:
    return OdooError("odoo.exceptions.ValidationError", message)


def access_denied() -> OdooError:
    return OdooError("odoo.exceptions.AccessDenied", "Access Denied")


def access_error(message: str) -> OdooError:
    return OdooError("odoo.exceptions.AccessError", message)


def missing(model: str, ids: list[int], uid: int) -> OdooError:
    shown = "(" + ", ".join(str(i) for i in ids) + ("," if len(ids) == 1 else "") + ")"
    message = f"Record does not exist or has been deleted.\n(Record: {model}{shown}, User: {uid})"
    return OdooError("odoo.exceptions.MissingError", message)


def redirect_warning(message: str, action: int, button: str) -> OdooError:
    return OdooError(
        "odoo.exceptions.RedirectWarning", f"{message}\n{action}\n{button}\nNone", [message, action, button, None]
    )


def value_error(message: str) -> OdooError:
    return OdooError("builtins.ValueError", message)


def key_error(message: str) -> OdooError:
    return OdooError("builtins.KeyError", message)


def type_error(message: str) -> OdooError:
    return OdooError("builtins.TypeError", message)


def attribute_error(message: str) -> OdooError:
    return OdooError("builtins.AttributeError", message)


def no_database(name: str) -> OdooError:
    text = f'connection to server at "127.0.0.1", port 5432 failed: FATAL:  database "{name}" does not exist\n'
    return OdooError("psycopg2.OperationalError", text)


def serialization_failure() -> OdooError:
    return OdooError("psycopg2.errors.SerializationFailure", "could not serialize access due to concurrent update\n")


def foreign_key(version: str, model: str, description: str, field: str, label: str) -> OdooError:
    """A reference to a record that is not there, or a record that others still refer to: both say the same."""
    table = model.replace(".", "_")
    if version == "18":
        return validation_error(
            "The operation cannot be completed: another model requires the record being deleted. If possible, archive "
            f"it instead.\n\nModel: {description} ({model})\nConstraint: {table}_{field}_fkey\n"
        )
    return validation_error(
        f"{BARE}Another model is using the record you are trying to delete.\n\nThe troublemaker is: '{description}' "
        f"({model})\nThanks to the following constraint: '{label}' ({field})\nHow about archiving the record instead?"
    )


# What a fault (`libs.sandbox.faults.Error`) may ask for by name.
BY_NAME: dict[str, Callable[[], OdooError]] = {
    "serialization": serialization_failure,
    "AccessDenied": access_denied,
    "AccessError": lambda: access_error("You are not allowed to do this (a fault of the sandbox)."),
    "MissingError": lambda: missing("res.partner", [0], 2),
    "UserError": lambda: user_error("Refused (a fault of the sandbox)."),
    "ValidationError": lambda: validation_error("Not valid (a fault of the sandbox)."),
    "no_database": lambda: no_database("gone"),
}


def asked_for(name: str, message: str) -> OdooError:
    """The error that a fault names; any dotted name is taken as it is."""
    if name in BY_NAME:
        error = BY_NAME[name]()
        return OdooError(error.name, message, [message]) if message else error
    return OdooError(name, message or "a fault of the sandbox")
