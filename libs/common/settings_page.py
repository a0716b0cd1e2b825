"""The settings as people read them: the README's table and `.env.example`, rendered from the classes.

`python -m libs.common.settings_page > .env.example`, or with `--table` for the README's table.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterator, Mapping

from pydantic_core import PydanticUndefined

from libs.common.settings import PREFIX, SETTINGS_CLASSES, variable


def rows() -> Iterator[tuple[str, str, str | None, str]]:
    """Each variable once: name, who reads it, default (None: required), meaning."""
    for settings in SETTINGS_CLASSES:
        own = inspect.get_annotations(settings)
        for name, field in settings.model_fields.items():
            if name in own:
                default = None if field.default is PydanticUndefined else f"{field.default}"
                yield variable(settings, name), settings.title, default, field.description or ""


def render_table() -> str:
    """The README's table of variables, in Markdown."""
    lines = ["| variable | read by | default | meaning |", "|---|---|---|---|"]
    for name, reader, default, meaning in rows():
        shown = "required" if default is None else f"`{default}`"
        lines.append(f"| `{name}` | {reader} | {shown} | {meaning.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


def render_example() -> str:
    """`.env.example`: each variable with its meaning and default; the required ones are left to fill in."""
    lines = ["# Copy to .env and fill in what has no default. The environment goes before this file."]
    reader_before = None
    for name, reader, default, meaning in rows():
        if reader != reader_before:
            lines += ["", f"# --- {reader} ---"]
            reader_before = reader
        lines.append(f"# {meaning[0].upper()}{meaning[1:]}.")
        lines.append(f"{name}=" if default is None else f"# {name}={default}")
    return "\n".join(lines) + "\n"


def unknown_variables(environ: Mapping[str, str] | None = None) -> list[str]:
    """`TANDEM_…` variables that no service reads: most likely misspelt. `TANDEM_TEST_…` belongs to the tests."""
    known = {name for name, *_ in rows()}
    given = os.environ if environ is None else environ
    return sorted(
        name
        for name in given
        if name.startswith(PREFIX) and name not in known and not name.startswith(f"{PREFIX}TEST_")
    )


if __name__ == "__main__":
    sys.stdout.write(render_table() if "--table" in sys.argv else render_example())
