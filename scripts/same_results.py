"""Whether two folders of results are the same, byte for byte; their manifests but for run id, times and memory.

usage: same_results.py A B
"""

import json
import sys
from pathlib import Path


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def timeless(value):
    """A manifest without what differs from run to run."""
    if isinstance(value, dict):
        return {key: timeless(entry) for key, entry in value.items() if key not in DIFFERENT}
    if isinstance(value, list):
        return [timeless(entry) for entry in value]
    return value


# Keys of a manifest that differ from run to run.
DIFFERENT = {"started", "finished", "seconds", "peak_memory_bytes", "run_id", "threads"}

a, b = (Path(name) for name in sys.argv[1:])
assert files(a) == files(b), f"only in one: {sorted(files(a) ^ files(b))}"
assert len(files(a)) > 20, f"{a} has only {sorted(files(a))}"
others = sorted(files(a) - {"manifest.json"})
differ = [name for name in others if (a / name).read_bytes() != (b / name).read_bytes()]
assert not differ, f"these files differ: {differ}"
left, right = (timeless(json.loads((folder / "manifest.json").read_text(encoding="utf-8"))) for folder in (a, b))
differ = [key for key in left.keys() | right.keys() if left.get(key) != right.get(key)]
assert not differ, f"the manifests differ in {differ}"
print(f"{len(others)} files and the manifest are the same")
