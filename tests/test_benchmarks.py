"""The benchmarks measure the same thing in every library; no test asserts a time."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from autograd_mini import Graph
from benchmarks import measure
from benchmarks.growth import READERS, growth, network
from benchmarks.libraries import NAMES, OURS, loaded, why_missing
from benchmarks.measure import Sample, interleaved, peak_bytes, seconds
from benchmarks.sizes import SIZES, measured_in_sizes
from benchmarks.suite import Figures, agreeing, figures
from benchmarks.table import absolute, against_targets, as_json, in_page, report, tally
from benchmarks.targets import ALSO, COLUMNS, SUITES, TARGETS, Target
from benchmarks.workloads import WORKLOADS, Workload, difference

ROOT = Path(__file__).parent.parent


@pytest.fixture
def hurried(monkeypatch):
    """Samples of one call, without warming up."""
    monkeypatch.setattr(measure, "WARM", 0.0)
    monkeypatch.setattr(measure, "SAMPLE", 0.0)


def installed(names):
    return {name: library for name in names if (library := loaded(name)) is not None}


@pytest.mark.parametrize("name", sorted(WORKLOADS))
@pytest.mark.usefixtures("hurried")
def test_workload_agrees_eager_and_compiled_and_is_measured(name):
    workload, libraries = WORKLOADS[name], installed(OURS)
    agreeing(workload, libraries)
    found = figures(workload, libraries, 2, tiny=True)
    assert not found.left_out
    assert list(found.samples) == [k for k, library in libraries.items() if workload.runs_on(library)]
    assert "ours" in found.samples
    assert all(len(samples) == 2 for samples in found.samples.values())


@pytest.mark.slow  # imports peers, and JAX compiles; tinygrad takes seconds for each
@pytest.mark.filterwarnings("ignore")  # the peers' own
@pytest.mark.parametrize("name", sorted(n for n, w in WORKLOADS.items() if w.agrees))
def test_workload_agrees_with_peers(name):
    able, left_out = agreeing(WORKLOADS[name], installed([n for n in NAMES if n not in ("torch_compile", "tinygrad")]))
    assert "ours" in able
    assert not left_out


@pytest.mark.slow  # imports every peer
def test_a_library_that_is_not_there_has_a_reason():
    assert all((loaded(name) is None) == bool(why_missing(name)) for name in NAMES)


def answering(answer, **names):
    return SimpleNamespace(CAN={"arrays"}, numbers=np.asarray, answer=answer, **names)


def fails():
    raise ValueError("no such thing\nand more")


ANSWER = Workload(
    "sum", "a sum", lambda library: lambda: [library.answer() if callable(library.answer) else library.answer]
)


def test_a_disagreement_is_an_error_that_names_the_library():
    with pytest.raises(AssertionError, match=r"sum, torch: result 0 has shape \(\) and differs by 0\.1 from \(\)"):
        agreeing(ANSWER, {"ours": answering(1.0), "torch": answering(1.1)})


@pytest.mark.usefixtures("hurried")
def test_a_peer_that_fails_is_left_out_with_the_reason():
    libraries = {"ours": answering(1.0), "torch": answering(fails)}
    assert agreeing(ANSWER, libraries)[1] == {"torch": "ValueError: no such thing"}
    found = figures(ANSWER, libraries, 1)
    assert found.left_out == {"torch": "ValueError: no such thing"}
    assert list(found.samples) == ["ours"]
    assert "- a sum, torch: `ValueError: no such thing`" in report([], {"sum": found}, [], "cpu", 1)


def test_a_failure_of_ours_is_an_error():
    with pytest.raises(ValueError, match="no such thing"):
        agreeing(ANSWER, {"ours": answering(fails)})


@pytest.mark.usefixtures("hurried")
def test_a_first_call_finds_nothing_that_was_compiled_before():
    forgotten = []
    library = answering(1.0, forget=lambda: forgotten.append(None))
    (took,) = figures(ANSWER, {"ours": library}, 1).first.values()
    assert len(took) == len(forgotten) == 3


@pytest.mark.parametrize(
    ("results", "complaint"),
    [
        ([np.ones(2)], None),
        ([np.ones(2) + 1e-12], None),
        ([np.ones(2) + 1e-3], "result 0 has shape (2,) and differs by 0.001 from (2,) of size 1"),
        ([np.ones(3)], "result 0 has shape (3,) and differs by inf from (2,) of size 1"),
        ([np.array([1.0, np.nan])], "result 0 has shape (2,) and differs by nan from (2,) of size 1"),
    ],
)
def test_difference_says_which_result_and_how_far(results, complaint):
    assert difference([np.ones(2)], results, 1e-9) == complaint


@pytest.mark.parametrize("reader", sorted(READERS))
def test_growth_is_measured_of_every_reader(reader):
    ((n, took),) = growth(READERS[reader], [100])
    assert n == 100
    assert took > 0


@pytest.mark.parametrize("n", [100, 1_000, 10_000])
def test_growing_networks_are_about_as_large_as_they_say(n):
    assert 0.5 < len(Graph.of(network(n)).nodes) / n < 2


@pytest.mark.usefixtures("hurried")
def test_workloads_are_measured_in_sizes():
    found = measured_in_sizes(["ours"], 1, ["chain"], tiny=True)
    assert list(found) == ["chain, 100", "chain, 1000", "chain, 10000"]
    assert all(set(f.samples) == {"ours"} for f in found.values())
    assert "scalar chain, per operation: n = 10,000" in absolute(found, "cpu")


@pytest.mark.parametrize("name", sorted(SIZES))
def test_what_grows_is_a_size_of_the_workload(name):
    size, values = SIZES[name]
    assert WORKLOADS[name].size[size] in values


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_target_is_of_a_workload_and_libraries(target):
    assert target.workload in WORKLOADS
    assert set(target.peers) < set(NAMES) - set(OURS)
    assert set(target.ours) <= set(OURS)


@pytest.mark.slow  # imports every peer
def test_libraries_of_a_target_can_do_its_workload():
    wanted = {(t.workload, name) for t in TARGETS for name in (*t.ours, *t.peers)}
    assert all(WORKLOADS[w].runs_on(library) for w, name in wanted if (library := loaded(name)) is not None)


@pytest.mark.parametrize("name", sorted(SUITES))
def test_a_part_has_the_columns_and_workloads_that_its_targets_need(name):
    assert all({*t.ours, *t.peers} <= set(COLUMNS[name]) for t in SUITES[name])
    assert set(ALSO[name]) <= set(WORKLOADS)


def test_samples_are_taken_in_turns():
    called = []
    runs = {name: lambda name=name: called.append(name) for name in "ab"}
    samples = interleaved(runs, peak_bytes, rounds=4)
    assert called == list("abbaabba")
    assert {name: len(s) for name, s in samples.items()} == {"a": 4, "b": 4}


def test_seconds_are_per_call():
    took = seconds(lambda: None, 1000)
    assert 0 <= took.cpu < 1e-3
    assert 0 < took.wall < 1e-2


def sampled(*microseconds):
    return [Sample(x * 1e-6, 2 * x * 1e-6) for x in microseconds]


FIGURES = {
    "sum": Figures(
        Workload("sum", "a sum of two, per op", lambda library: None),
        {"ours": sampled(2, 4, 6), "torch": sampled(8, 8, 8), "mygrad": sampled(9, 9, 9)},
        {"ours": 2, "torch": 2, "mygrad": 1},
        {"ours": [0.002], "torch": [0.01]},
    )
}
FIRST = Target("sum", ("torch",), 0.1, kind="first")


def test_table_says_met_and_missed_and_leaves_a_missing_peer_blank():
    targets = [Target("sum", ("torch",), 0.5), Target("sum", ("torch",), 0.4), Target("sum", ("jax",), 0.5), FIRST]
    _, _, met, missed, blank, first = against_targets(targets, FIGURES, "cpu").splitlines()
    assert cells(met) == ["a sum of two, per op", "eager", "2 us", "torch", "4 us", "0.50", "0.25-0.75", "0.50", "met"]
    assert cells(missed)[-1] == "**missed**"
    assert cells(blank) == ["a sum of two, per op", "eager", "2 us", "jax.jit", "", "", "", "0.50", ""]
    assert cells(first)[:7] == ["a sum of two", "eager", "2 ms", "torch", "10 ms", "0.20", ""]
    assert tally(targets, FIGURES, "cpu") == "1 targets met, 2 missed, 1 not measured."
    kept = json.loads(json.dumps(as_json(targets, FIGURES, "cpu")))
    assert [t["ratio"] for t in kept["targets"]] == [0.5, 0.5, None, pytest.approx(0.2)]
    assert kept["workloads"]["sum"]["samples_per_call"]["ours"][0] == {"cpu": 2e-6, "wall": 4e-6}


def test_the_fastest_of_several_counts():
    _, _, row = against_targets([Target("sum", ("mygrad", "torch", "jax"), 0.5)], FIGURES, "cpu").splitlines()
    assert cells(row)[3:5] == ["torch", "4 us"]


def test_a_row_has_every_library_and_each_clock_its_table():
    assert cells(absolute(FIGURES, "cpu").splitlines()[2]) == ["a sum of two, per op", "2 us", "4 us", "9 us"]
    assert cells(absolute(FIGURES, "wall").splitlines()[2]) == ["a sum of two, per op", "4 us", "8 us", "18 us"]
    assert cells(absolute(FIGURES, "first").splitlines()[2]) == ["a sum of two", "2 ms", "10 ms"]


def test_a_report_stands_between_its_markers_and_replaces_the_one_before():
    page = "before\n<!-- a -->\nold\n<!-- end of a -->\nafter\n"
    new = in_page(page, "a", "new")
    assert new == "before\n<!-- a -->\n\nnew\n\n<!-- end of a -->\nafter\n"
    assert in_page(new, "a", "new") == new
    with pytest.raises(ValueError, match="the page has not one <!-- b --> and one <!-- end of b -->"):
        in_page(page, "b", "new")


@pytest.mark.slow  # a process of its own, which sets how many threads there are
def test_the_command_prints_a_table_and_keeps_it(tmp_path):
    page, kept = tmp_path / "page.md", tmp_path / "figures.json"
    page.write_text("<!-- overhead, threads: 1 -->\n<!-- end of overhead, threads: 1 -->\n", encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks", "overhead", "--only", "step-scalars", "--against", "micrograd"]
    command += ["--rounds", "2", "--json", str(kept), "--markdown", str(page)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert "### Targets" in done.stdout
    assert done.stdout.strip() in page.read_text(encoding="utf-8")
    figures = json.loads(kept.read_text(encoding="utf-8"))
    assert len(figures["workloads"]["step-scalars"]["samples_per_call"]["ours"]) == 2
    (target,) = figures["targets"]
    assert (target["ratio"] is None) == (loaded("micrograd") is None)


def test_the_page_has_the_places_of_its_reports():
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert in_page(page, "everything, threads: 1", "x") != page


def cells(row):
    return [cell.strip() for cell in row.strip("|").split("|")]
