"""The commands of terraform/README.md's Deploy section, as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

BLOCK = re.compile(r"^(?:<!-- command: (?P<name>[a-z]+) -->\n)?```console\n(?P<text>.*?)^```$", re.S | re.M)


def commands(readme: Path) -> dict[str, str]:
    """By name, as a script; every block of the section must have a name."""
    section = re.search(r"^## Deploy\n(.*?)^## ", readme.read_text(), re.S | re.M)
    assert section, "the page has no section Deploy"
    found = {}
    for block in BLOCK.finditer(section[1]):
        assert block["name"], f"this block has no name, so no test runs it:\n{block['text']}"
        lines = block["text"].splitlines()
        assert all(line.startswith("$ ") for line in lines), block["text"]
        found[block["name"]] = "\n".join(line[2:] for line in lines)
    return found
