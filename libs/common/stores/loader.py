"""A store from its YAML file. Every fault of the file is listed at once: what, at which key, what to do.

Any value may be, or hold, `${NAME}`: it is taken from the environment, so that secrets need not stand in the file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from libs.common.errors import ConfigurationError
from libs.common.stores.model import Store

_REFERENCE = re.compile(r"\$\{([^}]*)\}")

_WORDS = {
    "missing": "is missing: add it",
    "string_type": "must be text: put it in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must not be empty",
    "model_type": "must be a section with keys of its own",
    "model_attributes_type": "must be a section with keys of its own",
    "dict_type": "must be a section with keys of its own",
    "tuple_type": "must be a list",
    "url_parsing": "is no address: write it as https://host",
    "url_scheme": "must begin with http:// or https://",
    "enum": "must be one of {expected}",
}
"""Pydantic's kinds of fault in words for the owner of a shop."""

_PATTERNS = {
    "shopify.shop": "must be the shop's own domain, as in acme.myshopify.com (not the address customers see)",
    "slug": "must be lower-case letters, digits and hyphens, beginning with a letter, 40 at most",
}


def load_store(path: Path | str, environment: Mapping[str, str] | None = None) -> Store:
    """Read and check `path`. Raises `ConfigurationError` with one sentence per fault; it never repeats a value."""
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError([f"{file}: cannot be read: {reason}."]) from error
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError([f"{file}: is not YAML: {_yaml_fault(error)}."]) from None
    if not isinstance(content, dict):
        raise ConfigurationError([f"{file}: must have the sections slug, shopify, odoo and, if wanted, rules."])
    problems: list[str] = []
    filled = _fill(content, os.environ if environment is None else environment, "", problems)
    unset = {problem.partition(":")[0] for problem in problems}
    try:
        store = Store.model_validate(filled)
    except ValidationError as error:
        faults = [_sentence(fault) for fault in error.errors()]
        problems += [fault for fault in faults if fault.partition(":")[0] not in unset]
        store = None
    if problems or store is None:
        raise ConfigurationError([f"{file}: {problem}" for problem in problems])
    return store


def _fill(value: Any, environment: Mapping[str, str], where: str, problems: list[str]) -> Any:
    """`${NAME}` replaced everywhere; a name that is not set is a problem of the key it stands at."""
    if isinstance(value, dict):
        return {key: _fill(item, environment, _under(where, key), problems) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill(item, environment, _under(where, index), problems) for index, item in enumerate(value)]
    if not isinstance(value, str):
        return value

    def replaced(match: re.Match[str]) -> str:
        name = match[1].strip()
        if not environment.get(name):
            problems.append(f"{where}: refers to the environment variable {name}, which is not set: set it.")
        return environment.get(name, "")

    return _REFERENCE.sub(replaced, value)


def _under(where: str, key: object) -> str:
    return f"{where}.{key}" if where else str(key)


def _sentence(fault: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in fault["loc"]) or "file"
    kind = fault["type"]
    if kind == "extra_forbidden":
        return f"{where}: is not a key that Tandem knows: {_did_you_mean(fault['loc'])}"
    if kind == "string_pattern_mismatch" and where in _PATTERNS:
        return f"{where}: {_PATTERNS[where]}."
    words = _WORDS.get(kind)
    if words is None:
        return f"{where}: {str(fault['msg']).removeprefix('Value error, ')}."
    return f"{where}: {words.format(**fault.get('ctx', {}))}."


def _did_you_mean(location: tuple[int | str, ...]) -> str:
    """The known key of that section that looks most like it."""
    section: Any = Store
    for part in location[:-1]:
        section = _fields(section).get(str(part))
    close = get_close_matches(str(location[-1]), _fields(section), n=1)
    return f"did you mean {close[0]}?" if close else "remove it."


def _fields(section: Any) -> dict[str, Any]:
    """The keys of a section and what they hold; none for what is not a section."""
    if isinstance(section, type) and issubclass(section, BaseModel):
        return {name: field.annotation for name, field in section.model_fields.items()}
    return {}


def _yaml_fault(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}, {error.problem or 'not understood'}"
    return "not understood"
