"""An intervention's answer belongs to its unit, what is done, the concept, the model and text."""

from __future__ import annotations

import msgspec

from rnnviz.core.cells.conditions import Health
from rnnviz.core.cells.intervention import Ablation, Effect
from rnnviz.session.cells import unit_summary
from rnnviz.work.jobs.interventions import Ablated
from tests.session.conftest import walk as default_walk


def ablate(request, context):
    one = request.intervention
    return Ablated(
        ablation=Ablation(
            intervention=one,
            predictions=len(request.text.read()) - 1,
            on=0,
            plain=Effect(1.0),
            changed=Effect(1.0 + 0.1 * one.unit + (0.5 if one.value else 0.0)),
            others=(Effect(1.05),) * 20,
            other_units=tuple(range(20)),
        )
    )


def test_an_answer_is_that_of_what_is_asked_now(make_session, library_folder):
    session = make_session(ablate=ablate)
    session.open_model(library_folder / "m.safetensors")
    session.open_path(library_folder / "resources" / "texts" / "a.txt")
    session.selection.select_unit(4, "hidden")
    cut = session.interventions.intervention("cut", 3.0)
    assert (cut.layer, cut.unit, cut.how, cut.value) == (1, 1, "hold", 0.0)

    session.interventions.request(cut)

    assert session.interventions.answer(cut).ablation.changed.loss == 1.1
    held = session.interventions.intervention("hold", 0.5)
    assert session.interventions.answer(held) is None
    session.selection.set_concept("position-in-line")
    assert session.interventions.answer(cut) is None
    session.selection.set_concept("inside-quotes")
    assert session.interventions.answer(cut) is not None
    session.open_path(library_folder / "resources" / "texts" / "b.txt")
    assert session.interventions.answer(cut) is None


def test_what_is_known_of_it_is_there_before_the_rest(make_session, library_folder):
    seen = []

    def in_parts(request, context):
        whole = ablate(request, context)
        alone = msgspec.structs.replace(whole.ablation, others=(), other_units=())
        context.progress(0, 1, Ablated(ablation=alone))
        return whole

    session = make_session(ablate=in_parts)
    session.open_model(library_folder / "m.safetensors")
    session.open_path(library_folder / "resources" / "texts" / "a.txt")
    session.selection.select_unit(4, "hidden")
    cut = session.interventions.intervention("cut", 0.0)

    def look():
        answer = session.interventions.answer(cut)
        seen.append(answer and len(answer.ablation.others))

    session.interventions.changed.connect(look)
    session.interventions.request(cut)
    told = [each for each in seen if each is not None]
    assert told[0] == 0 and told[-1] == 20


def test_a_gate_is_not_held(make_session, library_folder):
    session = make_session(ablate=ablate)
    session.open_model(library_folder / "m.safetensors")
    session.open_path(library_folder / "resources" / "texts" / "a.txt")
    session.selection.select_unit(2, "cell")
    assert session.interventions.intervention("cut", 0).state == "cell"
    session.selection.select_unit(2, "forget")
    assert session.interventions.intervention("cut", 0).state == "hidden"


def test_a_changed_network_has_recordings_and_samples_of_its_own(make_session, library_folder):
    walked = []

    def walk(request, context):
        walked.append(request.model.intervention)
        return default_walk(request, context)

    session = make_session(walk=walk, ablate=ablate)
    session.open_model(library_folder / "m.safetensors")
    session.open_path(library_folder / "resources" / "texts" / "a.txt")
    plain = session.recordings.recording.folder
    session.inspection.request_sample("a", 10, 1.0, 0, 1)
    session.selection.select_unit(4, "hidden")
    cut = session.interventions.intervention("cut", 0.0)

    session.interventions.show(cut)

    assert walked[-1] == cut and session.interventions.shown == cut
    assert session.recordings.recording.folder != plain
    assert session.selection.unit == 4 and session.inspection.sample == ""
    session.interventions.request(cut)
    assert session.interventions.answer(cut) is not None, "measured against the network as it is"

    session.interventions.show(None)

    assert session.recordings.recording.folder == plain


def test_nothing_is_odd_about_a_unit_that_the_person_holds(
    make_session, library_folder, monkeypatch
):
    monkeypatch.setattr(unit_summary, "condition", lambda values: Health("dead", "Dead."))
    session = make_session(ablate=ablate)
    session.open_model(library_folder / "m.safetensors")
    session.open_path(library_folder / "resources" / "texts" / "a.txt")
    session.selection.select_unit(4, "hidden")
    assert session.unit_summary.health.condition == "dead"
    for how, value, held in (("cut", 0.0, True), ("hold", 1.0, True), ("add", 1.0, False)):
        session.interventions.show(session.interventions.intervention(how, value))
        assert session.recordings.holds(4) is held
        assert bool(session.unit_summary.health.condition) is not held
        assert not session.recordings.holds(5)
    session.interventions.show(None)
    assert not session.recordings.holds(4)
