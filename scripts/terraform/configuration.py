"""Terraform folders as plain values."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator

import hcl2

BLOCK = "__is_block__"


@dataclass
class Folder:
    """All `.tf` files of one folder."""

    path: Path
    # (type, name) to body
    resource: dict[tuple[str, str], dict] = field(default_factory=dict)
    data: dict[tuple[str, str], dict] = field(default_factory=dict)
    ephemeral: dict[tuple[str, str], dict] = field(default_factory=dict)
    variable: dict[str, dict] = field(default_factory=dict)
    output: dict[str, dict] = field(default_factory=dict)
    module: dict[str, dict] = field(default_factory=dict)
    locals: dict[str, Any] = field(default_factory=dict)
    terraform: list[dict] = field(default_factory=list)


def unquoted(text: Any) -> Any:
    """A name or literal without its quotation marks."""
    if isinstance(text, str) and len(text) >= 2 and text[0] == text[-1] == '"':
        return text[1:-1].replace('\\"', '"').replace("\\n", "\n")
    return text


def members(body: dict) -> Iterator[tuple[str, Any]]:
    """What stands in a block, without the parser's own marks."""
    for name, value in body.items():
        if not name.startswith("__"):
            yield unquoted(name), value


def load(path: Path) -> Folder:
    """Reads a folder; files below it are other folders."""
    folder = Folder(path)
    for file in sorted(path.glob("*.tf")):
        with file.open() as stream:
            content = hcl2.load(stream)
        for kind in ("resource", "data", "ephemeral"):
            for entry in content.get(kind, []):
                for type_, named in members(entry):
                    for name, body in members(named):
                        getattr(folder, kind)[type_, name] = body
        for kind in ("variable", "output", "module"):
            for entry in content.get(kind, []):
                for name, body in members(entry):
                    getattr(folder, kind)[name] = body
        for entry in content.get("locals", []):
            folder.locals.update(members(entry))
        folder.terraform += content.get("terraform", [])
    return folder


def text(value: Any) -> str:
    """A value with everything in it, for searching."""
    return value if isinstance(value, str) else json.dumps(value)
