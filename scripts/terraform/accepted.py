"""Holds checkov's findings against terraform/checkov.toml: checkov … -o json | python accepted.py LIST"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path


def compared(failed: list[dict], accepted: list[dict]) -> list[str]:
    """Findings that are not accepted, and acceptances that no finding needs or that give no reason."""
    problems, needed = [], set()
    for finding in failed:
        fits = [
            nth for nth, entry in enumerate(accepted)
            if entry["check"] == finding["check_id"] and re.fullmatch(entry["resource"], finding["resource"])
        ]
        needed.update(fits)
        if not fits:
            problems.append(f"{finding['check_id']} {finding['resource']} ({finding['file_path']}): {finding['check_name']}")
    for nth, entry in enumerate(accepted):
        if nth not in needed:
            problems.append(f"{entry['check']} {entry['resource']}: accepted, but there is no such finding")
        if len(entry.get("reason", "")) < 20:
            problems.append(f"{entry['check']} {entry['resource']}: accepted without a reason")
    return problems


def main(args: list[str]) -> int:
    report = json.load(sys.stdin)
    reports = report if isinstance(report, list) else [report]
    failed = [finding for one in reports for finding in one["results"]["failed_checks"]]
    passed = sum(one["summary"]["passed"] for one in reports)
    if not passed:
        print("checkov checked nothing", file=sys.stderr)
        return 1
    problems = compared(failed, tomllib.loads(Path(args[0]).read_text())["accepted"])
    print("\n".join([*problems, f"checkov: {passed} checks passed, {len(failed)} findings accepted with a reason, {len(problems)} problems"]))
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
