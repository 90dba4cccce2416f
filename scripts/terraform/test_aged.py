"""The stand-ins give what their modules give."""

from __future__ import annotations

from pathlib import Path

import aged
import pytest

STACK = Path(__file__).parents[2] / "terraform"


def test_nothing_newer_is_left(tmp_path: Path) -> None:
    assert aged.main([str(STACK), str(tmp_path / "copy")]) == 0
    texts = [file.read_text() for file in (tmp_path / "copy").rglob("*.tf")]
    assert len(texts) > 30
    for newer in ("~> 6", "secret_string_wo", 'ephemeral "', 'backend "s3"', "current.region\n"):
        assert not any(newer in text for text in texts), newer


def test_a_new_output_needs_a_stand_in(tmp_path: Path) -> None:
    (tmp_path / "outputs.tf").write_text('output "another" {\n  value = 1\n}\n')
    with pytest.raises(SystemExit, match="another"):
        aged.stubbed(tmp_path, "cluster")
