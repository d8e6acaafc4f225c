from __future__ import annotations

import statistics
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("stratum", "attribution", "sampler", "learning", "dashboard")


def sources():
    return [path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts]


def test_the_layer_contracts_hold():
    result = subprocess.run([Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_no_import_circle_even_for_types():
    """Of modules of one package, imports for type checking included."""
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=False)
    order = TopologicalSorter({module: graph.find_modules_directly_imported_by(module) for module in graph.modules})
    order.prepare()  # CycleError names the circle


def test_files_stay_small():
    sizes = {path: len(path.read_text().splitlines()) for path in sources() if path.read_text().strip()}
    assert statistics.median(sizes.values()) < 80
    assert not {path: size for path, size in sizes.items() if size > 300}


def test_nothing_is_kept_as_a_pickle():
    words = ("import pickle", "import joblib", "allow_pickle=True")
    assert not [path for path in sources() for word in words if word in path.read_text()]
