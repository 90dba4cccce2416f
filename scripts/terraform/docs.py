"""Tables of variables and outputs: python docs.py [--check] README FOLDER…

Between `<!-- begin: FOLDER -->` and `<!-- end: FOLDER -->` of the page stands what the folder's files say. `--check` only compares.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import configuration
from configuration import unquoted


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def source_of(path: Path, kind: str, name: str, member: str) -> str | None:
    """An expression of a variable as it is written; the parser's form of it is less readable."""
    for file in sorted(path.glob("*.tf")):
        block = re.search(rf'^{kind} "{name}" {{\n(.*?)^}}', file.read_text(), re.S | re.M)
        if block:
            found = re.search(rf"^  {member} *= (.*?)(?=^  \w|\Z)", block[1], re.S | re.M)
            return found[1].strip() if found else None
    return None


def tables(path: Path) -> str:
    """Both tables of one folder."""
    folder = configuration.load(path)
    lines = ["| variable | meaning | type | default |", "|---|---|---|---|"]
    for name, body in folder.variable.items():
        default = source_of(path, "variable", name, "default")
        kind = source_of(path, "variable", name, "type") or ""
        shown = "*must be given*" if default is None else f"`{_cell(default)}`"
        lines.append(f"| `{name}` | {_cell(unquoted(body['description']))} | `{_cell(kind)}` | {shown} |")
    lines += ["", "| output | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {_cell(unquoted(body['description']))} |" for name, body in folder.output.items()]
    return "\n".join(lines)


def filled(page: str, folders: list[Path], root: Path) -> str:
    """The page with its tables made anew."""
    for path in folders:
        label = path.relative_to(root).as_posix()
        pattern = re.compile(rf"(<!-- begin: {re.escape(label)} -->\n).*?(<!-- end: {re.escape(label)} -->)", re.S)
        if len(pattern.findall(page)) != 1:
            raise SystemExit(f"the page needs one place for {label}: <!-- begin: {label} --> and <!-- end: {label} -->")
        page = pattern.sub(lambda match: f"{match[1]}{tables(path)}\n{match[2]}", page)
    return page


def main(args: list[str]) -> int:
    check = "--check" in args
    readme, *folders = [Path(arg) for arg in args if arg != "--check"]
    page = readme.read_text()
    new = filled(page, folders, readme.parent)
    if check:
        if new != page:
            print(f"{readme}: its tables are not those of the files; run scripts/test-terraform --update", file=sys.stderr)
        return int(new != page)
    readme.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
