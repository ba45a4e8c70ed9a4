"""The benchmarks measure the same thing in every library; no test asserts a time."""

import json
from types import ModuleType

import pytest

from autograd_mini import Graph
from benchmarks.growth import READERS, growth, network
from benchmarks.libraries import NAMES, OURS, loaded
from benchmarks.measure import cpu_seconds, interleaved, peak_bytes
from benchmarks.suite import SUITES, Figures, Target
from benchmarks.table import absolute, against_targets, as_json
from benchmarks.workloads import WORKLOADS, Workload, disagreement


@pytest.mark.parametrize("name", sorted(WORKLOADS))
def test_workload_runs_in_tiny(name):
    workload = WORKLOADS[name]
    library = loaded(OURS)
    assert workload.runs_on(library)
    if workload.agrees:
        workload.run(library, tiny=True)()


@pytest.mark.slow  # imports every peer, and JAX compiles
@pytest.mark.filterwarnings("ignore")  # the peers' own
@pytest.mark.parametrize("name", sorted(n for n, w in WORKLOADS.items() if w.agrees))
def test_libraries_agree(name):
    libraries = {
        n: library for n in (OURS, *NAMES) if (library := loaded(n)) is not None and WORKLOADS[name].runs_on(library)
    }
    assert disagreement(WORKLOADS[name], libraries, tiny=True) is None


def test_a_disagreement_names_the_library():
    def build(library):
        return lambda: [library.answer]

    good, bad = ModuleType("good"), ModuleType("bad")
    for library, answer in ((good, 1.0), (bad, 1.1)):
        library.answer, library.numbers = answer, float
    complaint = disagreement(Workload("sum", "a sum", build), {"good": good, "bad": bad})
    assert "sum: result 0 of bad" in complaint


@pytest.mark.parametrize("reader", sorted(READERS))
def test_growth_is_measured_of_every_reader(reader):
    ((n, seconds),) = growth(READERS[reader], [100])
    assert n == 100
    assert seconds > 0


@pytest.mark.parametrize("n", [100, 1_000, 10_000])
def test_growing_networks_are_about_as_large_as_they_say(n):
    assert 0.5 < len(Graph.of(network(n)).nodes) / n < 2


@pytest.mark.parametrize("target", [t for s in SUITES.values() for t in s], ids=str)
def test_target_is_of_a_workload_and_a_peer(target):
    assert target.workload in WORKLOADS
    assert target.peer in NAMES


def test_samples_are_taken_in_turns():
    called = []
    runs = {name: lambda name=name: called.append(name) for name in "ab"}
    samples = interleaved(runs, peak_bytes, rounds=4)
    assert called == list("abbaabba")
    assert {name: len(s) for name, s in samples.items()} == {"a": 4, "b": 4}


def test_cpu_seconds_are_per_call():
    assert cpu_seconds(lambda: None, 1000) < 1e-3


WORKLOAD = Workload("sum", "a sum of two", lambda library: None, units=2)
FIGURES = {"sum": Figures(WORKLOAD, {"ours": [2e-6, 4e-6, 6e-6], "torch": [8e-6, 8e-6, 8e-6]})}


def test_table_says_met_and_missed_and_leaves_a_missing_peer_blank():
    targets = [Target("sum", "torch", 0.5), Target("sum", "torch", 0.4), Target("sum", "jax", 0.5)]
    _, _, met, missed, blank = against_targets(targets, FIGURES).splitlines()
    assert cells(met) == ["a sum of two", "2 us", "torch", "4 us", "0.50", "0.25-0.75", "0.50", "met"]
    assert cells(missed)[-1] == "missed"
    assert cells(blank) == ["a sum of two", "2 us", "jax", "", "", "", "0.50", ""]
    assert "2 us" in absolute(FIGURES)
    kept = json.loads(json.dumps(as_json(targets, FIGURES)))
    assert [t["ratio"] for t in kept["targets"]] == [0.5, 0.5, None]


def cells(row):
    return [cell.strip() for cell in row.strip("|").split("|")]
