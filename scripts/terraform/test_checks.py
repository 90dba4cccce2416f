"""The checks find what they are for: each planted error is one finding."""

from __future__ import annotations

from pathlib import Path

import accepted
import check
import configuration
import costs
import docs
import provider
import pytest
from provider import Member, Resource

DECLARATION = '''
import * as cdktn from 'cdktn';
export interface AwsThingConfig extends cdktn.TerraformMetaArguments {
    /**
    * Docs at Terraform Registry: {@link https://x/docs/resources/thing_of_ours#name AwsThing#name}
    */
    readonly name: string;
    /**
    * Docs at Terraform Registry: {@link https://x/docs/resources/thing_of_ours#s3_key AwsThing#s3_key}
    */
    readonly s3Key?: string[];
    /**
    * rule block
    *
    * Docs at Terraform Registry: {@link https://x/docs/resources/thing_of_ours#rule AwsThing#rule}
    */
    readonly rule?: AwsThing.RuleProperty[] | cdktn.IResolvable;
}
export declare class AwsThing extends cdktn.TerraformResource {
    static readonly tfResourceType = "aws_thing_of_ours";
    get arn(): string;
    get s3Key(): string[];
}
export declare namespace AwsThing {
    interface RuleProperty {
        /**
        * Docs at Terraform Registry: {@link https://x/docs/resources/thing_of_ours#days AwsThing#days}
        */
        readonly days: number;
        /**
        * rule block
        *
        * Docs at Terraform Registry: {@link https://x/docs/resources/thing_of_ours#rule AwsThing#rule}
        */
        readonly rule?: RuleProperty;
    }
}
'''


@pytest.fixture
def lists() -> dict:
    kind, name, resource = provider.read(DECLARATION)
    assert (kind, name) == ("resource", "aws_thing_of_ours")
    policy = Resource({"statement": Member(False, True, "", "S")}, ["json"], {"S": {n: Member(False, False) for n in ("sid", "actions", "resources", "effect")}})
    return {"resource": {name: resource}, "data": {"aws_iam_policy_document": policy}, "ephemeral": {}}


def test_a_declaration_is_read(lists: dict) -> None:
    thing = lists["resource"]["aws_thing_of_ours"]
    assert thing.members == {"name": Member(True, False, "scalar"), "s3_key": Member(False, False, "list"), "rule": Member(False, True, "", "RuleProperty")}
    assert thing.inner["RuleProperty"]["days"].required
    assert thing.readable == ["arn", "s3Key"]


def of(tmp_path: Path, lists: dict, text: str) -> list[str]:
    (tmp_path / "main.tf").write_text(text)
    return check.findings(tmp_path, lists)


GOOD = '''
variable "name" {
  description = "Its name."
  type        = string
  validation {
    condition     = var.name != ""
    error_message = "name: not empty."
  }
}

resource "aws_thing_of_ours" "this" {
  count = 2
  name  = "a-${var.name}"
  rule {
    days = 3
    rule {
      days = 4
    }
  }
  dynamic "rule" {
    for_each = [1]
    content {
      days = rule.value
    }
  }
}

output "arn" {
  description = "Its ARN."
  value       = aws_thing_of_ours.this[0].arn
}
'''


def test_a_good_folder_has_no_findings(tmp_path: Path, lists: dict) -> None:
    assert of(tmp_path, lists, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ('resource "aws_thing_of_ours" "this"', 'resource "aws_things" "this"', "the provider has no such resource"),
        ("count = 2", "colour = 2", "unknown argument colour"),
        ('name  = "a-${var.name}"', "", "argument name is missing"),
        ("days = 3", "", "argument days is missing"),
        ("days = 4", "days = 4\n      weeks = 1", "rule[0].rule[0]: unknown argument weeks"),
        ("days = rule.value", "days = rule.value\n      hours = 1", "unknown argument hours"),
        ("  rule {\n    days = 3", "  rules {\n    days = 3", "unknown block rules"),
        ("count = 2", 's3_key = "one"', "s3_key is a list"),
        ("count = 2", "s3_key {\n  }", "s3_key is an argument, written as a block"),
        ('name  = "a-${var.name}"', 'name = ["a-${var.name}"]', "name is a single value"),
        ('dynamic "rule" {', 'dynamic "rulers" {', "unknown block rulers"),
        ("this[0].arn", "this[0].arm", "has no attribute arm"),
        ("aws_thing_of_ours.this[0].arn", "aws_thing_of_ours.that[0].arn", "is read and not declared"),
        ('"a-${var.name}"', '"a-${var.nam}"', "var.nam is not declared"),
        ('"a-${var.name}"', '"a"', "variable name is declared and never used"),
        ('"a-${var.name}"', '"a-${var.name}-${local.x}"', "local.x is not declared"),
        ('"a-${var.name}"', '"a-${var.name}-${module.x.y}"', "module.x is read and not declared"),
        ('  description = "Its name."\n', "", "variable name is not described"),
        ("  type        = string\n", "", "variable name has no type"),
        ('  description = "Its ARN."\n', "", "output arn is not described"),
        ('validation {\n    condition     = var.name != ""\n    error_message = "name: not empty."\n  }', "", "variable name is not validated"),
    ],
)
def test_each_error_is_found(tmp_path: Path, lists: dict, old: str, new: str, finding: str) -> None:
    assert GOOD.count(old) == 1
    assert any(finding in found for found in of(tmp_path, lists, GOOD.replace(old, new)))


@pytest.mark.parametrize(
    ("call", "finding"),
    [
        ('name = "x"', None),
        ("", "variable name is missing"),
        ('name = "x"\n  colour = 1', "unknown variable colour"),
    ],
)
def test_calls_of_modules(tmp_path: Path, lists: dict, call: str, finding: str | None) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "main.tf").write_text(GOOD)
    output = 'output "x" {\n  description = "Its x."\n  value = module.inner.%s\n}\n'
    module = f'module "inner" {{\n  source = "./inner"\n  {call}\n}}\n'
    found = of(tmp_path, lists, module + output % "arn")
    assert (found == []) if finding is None else (len(found) == 1 and finding in found[0])
    assert any("has no output arm" in one for one in of(tmp_path, lists, module + output % "arm"))


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ('sid = "Why"\n    actions = ["s3:GetObject"]\n    resources = ["arn"]', None),
        ('actions = ["s3:GetObject"]\n    resources = ["arn"]', "no sid says why"),
        ('sid = "Why"\n    actions = ["s3:Get*"]\n    resources = ["arn"]', "s3:Get* is more than one action"),
        ('sid = "Why"\n    actions = ["s3:GetObject"]\n    resources = ["*"]', "any resource"),
        ('sid = "Why"\n    effect = "Deny"\n    actions = ["s3:*"]\n    resources = ["*"]', None),
        ('sid = "Why"\n    actions = ["ecr:GetAuthorizationToken"]\n    resources = ["*"]', None),
    ],
)
def test_policies(tmp_path: Path, lists: dict, statement: str, finding: str | None) -> None:
    found = of(tmp_path, lists, f'data "aws_iam_policy_document" "x" {{\n  statement {{\n    {statement}\n  }}\n}}\n')
    assert (found == []) if finding is None else (len(found) == 1 and finding in found[0])


def test_tables_follow_the_files(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "main.tf").write_text(GOOD)
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- begin: inner -->\n<!-- end: inner -->\nafter\n")
    args = [str(page), str(tmp_path / "inner")]
    assert docs.main(["--check", *args]) == 1
    assert docs.main(args) == 0 and docs.main(["--check", *args]) == 0
    assert "| `name` | Its name. | `string` | *must be given* |" in page.read_text()
    text = (tmp_path / "inner" / "main.tf").read_text()
    (tmp_path / "inner" / "main.tf").write_text(text.replace("Its name.", "Another name."))
    assert docs.main(["--check", *args]) == 1


def test_costs_follow_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "README.md"
    page.write_text("<!-- begin: costs -->\n<!-- end: costs -->\n")
    assert costs.main(["--check", str(page)]) == 1
    assert costs.main([str(page)]) == 0 and costs.main(["--check", str(page)]) == 0
    monkeypatch.setattr(costs, "NAT_HOUR", 1.0)
    assert costs.main(["--check", str(page)]) == 1
    one = costs.Task("x", 2, 4, 20, 60, 0)
    assert one.price(False) == pytest.approx(2 * 0.04048 + 4 * 0.004445)


def test_every_folder_of_the_stack_is_read() -> None:
    root = Path(__file__).parents[2] / "terraform"
    folders = {file.parent for file in root.rglob("*.tf") if ".terraform" not in file.parts}
    assert root in folders and len(folders) >= 11
    assert all(configuration.load(folder).terraform for folder in folders)


def test_findings_of_checkov_need_a_reason() -> None:
    finding = {"check_id": "CKV_1", "resource": "module.a.aws_x.y", "file_path": "/a.tf", "check_name": "Ensure x"}
    entry = {"check": "CKV_1", "resource": r".*aws_x\.y", "reason": "It is so because it must be."}
    assert accepted.compared([finding], [entry]) == []
    assert len(accepted.compared([finding], [])) == 1
    assert len(accepted.compared([], [entry])) == 1
    assert len(accepted.compared([finding | {"resource": "module.a.aws_x.yz"}], [entry])) == 2
    assert len(accepted.compared([finding], [entry | {"reason": "so"}])) == 1
