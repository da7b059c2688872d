import pytest
from engine_support import loud_cells_model

from explainer.core.base.memory import available_memory, describe_free_memory, memory_shared_by
from explainer.core.models.check import affordable_batch


def test_each_of_several_jobs_gets_its_share():
    alone = available_memory()
    with memory_shared_by(3):
        assert available_memory() == pytest.approx(alone / 3, rel=0.2)  # others take and give meanwhile
        with memory_shared_by(0):
            assert available_memory() == pytest.approx(alone, rel=0.2)
    assert available_memory() == pytest.approx(alone, rel=0.2)


def test_a_limit_of_the_process_itself_is_not_divided(monkeypatch):
    monkeypatch.setattr("explainer.core.base.memory._free_for_process", lambda: 1000)
    with memory_shared_by(3):
        assert available_memory() == 1000


def test_batches_are_planned_with_the_share():
    model = loud_cells_model()
    alone = affordable_batch(model, 1_000_000)
    with memory_shared_by(4):
        assert affordable_batch(model, 1_000_000) == pytest.approx(alone / 4, rel=0.2)


def test_words_say_who_shares():
    assert describe_free_memory(2_500_000_000) == "2.5 GB are free"
    with memory_shared_by(2):
        assert "2.5 GB are free for each of 2 parallel jobs (fewer workers" in describe_free_memory(
            2_500_000_000
        )
