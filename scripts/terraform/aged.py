"""A copy of the stack that provider 3.39 can plan: python aged.py TERRAFORM COPY

What only newer providers have is replaced, so that Terraform itself can judge the rest: types, conditions, calls of modules, cycles, and whether
the number of everything is known before anything is made. The parts replaced are checked against the typed lists (`check.py`).
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

# Modules that use newer resources: their outputs, as unknown before an apply as the real ones.
STUBS = {
    "storage": {
        "results_bucket": "aws_s3_bucket.stub.id",
        "results_bucket_arn": "aws_s3_bucket.stub.arn",
        "cache_bucket": "aws_s3_bucket.stub.id",
        "cache_bucket_arn": "aws_s3_bucket.stub.arn",
        "mirror_url": '"https://${aws_s3_bucket.stub.bucket_regional_domain_name}/mirror"',
        "cloudfront_domain": "var.cloudfront ? aws_s3_bucket.stub.id : null",
    },
    "database": {
        "url_secret_arn": "aws_secretsmanager_secret.stub.arn",
        "identifier": "var.name",
        "address": "aws_secretsmanager_secret.stub.id",
        "security_group_id": "aws_security_group.stub.id",
    },
    "cluster": {"name": "aws_ecs_cluster.stub.name", "arn": "aws_ecs_cluster.stub.arn"},
}
RESOURCES = {
    "storage": 'resource "aws_s3_bucket" "stub" {\n  bucket = var.results_bucket\n}\n',
    # As in the module, the server does not wait for its clients.
    "database": 'resource "aws_security_group" "stub" {\n  vpc_id = var.vpc_id\n}\n\n'
    'resource "aws_security_group_rule" "stub" {\n  for_each = var.client_security_groups\n  type = "ingress"\n  protocol = "tcp"\n  from_port = 1\n'
    "  to_port = 1\n  security_group_id = aws_security_group.stub.id\n  source_security_group_id = each.value\n}\n\n"
    'resource "aws_secretsmanager_secret" "stub" {\n  name = "${var.name}/${aws_security_group.stub.id}/${join("", var.subnet_ids)}"\n}\n',
    "cluster": 'resource "aws_ecs_cluster" "stub" {\n  name = var.name\n}\n',
}

# Text of newer arguments, and what stands there instead.
NEWER = [
    (r'version = "~> 6\.0"', 'version = ">= 3.39"'),
    (r"data\.aws_region\.current\.region", "data.aws_region.current.name"),
    (r'^ephemeral "\w+" "\w+" {\n.*?^}\n', ""),
    (r"secret_string_wo +=.*$", 'secret_string = "stub"'),
    (r"^ *secret_string_wo_version +=.*\n", ""),
    (r'^  backend "s3" {\n.*?^  }\n', ""),
]


def stubbed(folder: Path, name: str) -> None:
    """Replaces all of a module but its variables; every output must have a stand-in."""
    declared = re.findall(r'^output "(\w+)"', (folder / "outputs.tf").read_text(), re.M)
    if sorted(declared) != sorted(STUBS[name]):
        raise SystemExit(f"module {name} has the outputs {declared}, its stand-in {list(STUBS[name])}: change scripts/terraform/aged.py")
    for file in folder.glob("*.tf"):
        if file.name not in ("variables.tf", "versions.tf"):
            file.unlink()
    outputs = "\n".join(f'output "{output}" {{\n  value = {value}\n}}\n' for output, value in STUBS[name].items())
    (folder / "main.tf").write_text(f"{RESOURCES[name]}\n{outputs}")


def main(args: list[str]) -> int:
    source, copy = map(Path, args)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(source, copy)
    for name in STUBS:
        stubbed(copy / "modules" / name, name)
    for file in copy.rglob("*.tf"):
        text = file.read_text()
        for pattern, replacement in NEWER:
            text = re.sub(pattern, replacement, text, flags=re.S | re.M if "ephemeral" in pattern or "backend" in pattern else re.M)
        file.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
