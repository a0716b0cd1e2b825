"""`python -m services.console`: the same as the command `tandem`."""

from __future__ import annotations

from services.console.cli import app

if __name__ == "__main__":
    app(prog_name="tandem")
