"""The Class images page: its four views, what is watched, paused and cancelled, refusals."""

from __future__ import annotations

import json
import time

import pytest
from streamlit.testing.v1 import AppTest

import vizcore as vc
from tests.app.opening import code_of, open_page, texts
from vizcore.figures.class_image_words import neighbours_alike
from vizcore.records.ascent_options import MODERN, AscentOptions
from vizcore.ui import work

NETWORK = "zfnet_photos20"
PAGE = "class-images"
ENDLESS = "5000"


def jobs(at: AppTest) -> dict:
    return at.session_state["work.jobs"]


def over(at: AppTest, view: str = "classes") -> AppTest:
    """The page when its job is over."""
    _, job = jobs(at)[f"{PAGE}.{view}"]
    assert job.wait(60)
    at.run()
    assert not at.exception
    return at


def button(at: AppTest, label: str):
    return next(each for each in at.button if each.label == label)


def shown(at: AppTest):
    """The picture of the images."""
    drawn = [each.proto.imgs[0] for each in at.get("image")]
    return next(each for each in drawn if each.alt.startswith("Images for"))


def away_and_back(at: AppTest) -> None:
    """Another page, and this one again, as the navigation's links go."""
    for script in ("networks", "class_images"):
        at.query_params.clear()
        at.switch_page(f"../../pages/{script}.py").run()
        assert not at.exception


def after(at: AppTest, step: int) -> AppTest:
    """The page of a job that has made so many steps."""
    _, job = jobs(at)[f"{PAGE}.classes"]
    for _ in range(6000):
        if job.progress is not None and job.progress.done >= step:
            break
        time.sleep(0.01)
    at.run()
    assert not at.exception
    return at


@pytest.fixture(autouse=True)
def nothing_left():
    """What a test left at work is given up."""
    yield
    for person in work.engine().sessions():
        work.engine().cancel_session(person)


def test_classes_are_made_and_told():
    at = over(open_page(PAGE, network=NETWORK, classes="6,4", steps="8"))
    made = vc.class_images(NETWORK, [6, 4], options=AscentOptions(steps=8), device="cpu")
    own = sum(
        said.indices[0] == goal.target
        for goal, said in zip(made.goals, made.predictions, strict=True)
    )
    said = texts(at)
    assert f"After 8 steps the network recognises <b>{own} of its 2</b> own images" in said
    assert at.select_slider[0].value == 8
    figure = json.loads(at.get("plotly_chart")[0].proto.spec)
    named = {trace["name"]: trace for trace in figure["data"]}
    assert {"score", "penalty", "objective", "coffee", "cell"} == set(named)
    for _ in range(2):
        at.run()
        assert not at.exception
    assert not at.warning


def test_going_back_shows_an_earlier_frame_and_computes_nothing():
    at = over(open_page(PAGE, network=NETWORK, classes="6", steps="8"))
    before = work.engine().metrics()["steps_total"]
    last = shown(at)
    at.select_slider[0].set_value(0).run()
    assert not at.exception
    assert shown(at).url != last.url
    assert shown(at).alt == "Images for coffee after 0 steps"
    away_and_back(at)
    assert at.select_slider[0].value == 0
    assert work.engine().metrics()["steps_total"] == before


def test_the_address_says_the_step_and_whose_curves_are_drawn():
    query = {"network": NETWORK, "classes": "6,4", "steps": "8"}
    at = over(open_page(PAGE, **query, step="3", curves="1"))
    assert at.select_slider[0].value == 3
    assert shown(at).alt == "Images for coffee, cell after 3 steps"
    written = at.session_state["address.seen"]["written"]
    assert (written["step"], written["curves"]) == ("3", "1")
    at.select_slider[0].set_value(5).run()
    assert at.session_state["address.seen"]["written"]["step"] == "5"
    at.number_input(key=f"{PAGE}.steps").set_value(6).run()
    over(at)  # other images are shown as they came out
    assert at.select_slider[0].value == 6
    assert "step" not in at.session_state["address.seen"]["written"]


def test_a_step_that_was_not_kept_shows_the_nearest():
    at = over(open_page(PAGE, network=NETWORK, classes="6", steps="4", step="5000", curves="9"))
    assert at.select_slider[0].value == 4
    assert not at.warning


def test_pause_continue_cancel_and_start_again():
    at = after(open_page(PAGE, network=NETWORK, classes="6", steps=ENDLESS), 1)
    _, job = jobs(at)[f"{PAGE}.classes"]
    assert "for <b>coffee</b> scores" in texts(at)
    button(at, "Pause").click().run()
    assert job.state == "paused"
    assert button(at, "Continue")
    at.run()
    assert job.state == "paused"  # a page that is drawn anew wakes nobody
    button(at, "Continue").click().run()
    assert job.state in ("queued", "running")
    button(at, "Cancel").click().run()
    at.run()
    assert job.state == "cancelled"
    assert "was cancelled" in texts(at)
    assert at.select_slider[0].value == job.progress.partial.step
    at.run()
    assert jobs(at)[f"{PAGE}.classes"][1] is job  # not begun again by itself
    button(at, "Start again").click().run()
    at.run()
    assert jobs(at)[f"{PAGE}.classes"][1] is not job


def test_the_job_goes_on_while_what_only_shows_is_moved():
    at = after(open_page(PAGE, network=NETWORK, classes="6,4", steps=ENDLESS), 1)
    _, job = jobs(at)[f"{PAGE}.classes"]
    follow = next(each for each in at.selectbox if each.label == "Curves of")
    follow.set_value(1).run()
    away_and_back(at)
    assert jobs(at)[f"{PAGE}.classes"][1] is job
    assert job.state == "running"


def test_too_many_paused_is_said(monkeypatch: pytest.MonkeyPatch):
    from dataclasses import replace

    engine = work.engine()
    monkeypatch.setattr(engine, "limits", replace(engine.limits, paused=0))
    at = after(open_page(PAGE, network=NETWORK, classes="6", steps=ENDLESS), 1)
    button(at, "Pause").click().run()
    assert not at.exception
    assert any("You have 0 paused" in each.value for each in at.warning)


def test_a_row_of_lambdas():
    at = over(
        open_page(
            PAGE, network=NETWORK, view="lambda", **{"class": "6"}, lambdas="0,0.01", steps="6"
        ),
        "lambda",
    )
    made = vc.class_images(NETWORK, 6, [0.0, 0.01], AscentOptions(steps=6), device="cpu")
    assert "For <b>coffee</b>, 6 steps at λ = 0 reach a score of" in texts(at)
    assert f"<b>{float(made.scores_sn[-1, 0]):.3g}</b>" in texts(at)
    assert f"Neighbours are alike by {neighbours_alike(made)[0]:.2f} (cosine" in texts(at)
    figure = json.loads(at.get("plotly_chart")[0].proto.spec)
    assert [trace.get("name") for trace in figure["data"]][:2] == ["λ 0", "λ 0.01"]
    typed = next(each for each in at.multiselect if each.label == "Each λ")
    assert typed.value == ["0", "0.01"]


def test_channels_and_single_units():
    at = over(
        open_page(PAGE, network=NETWORK, view="unit", layer="conv2", channel="3,5", steps="4"),
        "unit",
    )
    assert "Of 2 channels of <code>conv2</code>, 4 steps drive channel" in texts(at)
    at = over(
        open_page(
            PAGE, network=NETWORK, view="unit", layer="conv2", channel="3", place="at", row="2",
            column="1", steps="4",
        ),
        "unit",
    )  # fmt: skip
    goal = jobs(at)[f"{PAGE}.unit"][1].result().goals[0]
    assert (goal.layer, goal.channel, goal.place) == ("conv2", 3, (2, 1))
    at = over(
        open_page(PAGE, network=NETWORK, view="unit", layer="fc6", channel="9", steps="4"), "unit"
    )
    assert "channel <b>9</b> of <code>fc6</code>" in texts(at)


def test_units_come_out_as_the_code_beside_them_makes_them():
    at = over(open_page(PAGE, network=NETWORK, view="unit", layer="conv2", channel="3", steps="3"),
              "unit")  # fmt: skip
    scope: dict = {}
    exec(code_of(at, PAGE), scope)
    found = jobs(at)[f"{PAGE}.unit"][1].result()
    assert "optimiser" not in code_of(at, PAGE)  # the usual one is the same everywhere
    assert scope["found"].images_nchw.tobytes() == found.images_nchw.tobytes()


def test_inversion_of_a_strip_of_layers():
    query = {"inverse-steps": "4", "layers": "fc8,conv1", "picture": "coffee"}
    at = over(open_page(PAGE, network=NETWORK, view="inversion", **query), "inversion")
    found = jobs(at)[f"{PAGE}.inversion"][1].result()
    assert found.layers == ("conv1", "fc8")  # in the network's order
    assert "has the photo's activations up to an error of" in texts(at)
    at.session_state[f"kept.open.{PAGE}.The numbers, image by image"] = True
    at.run()
    assert "<td>the photo</td>" in texts(at)
    assert "vc.invert(" in code_of(at, PAGE)


def test_the_presets_set_the_options_and_the_code_says_them():
    at = open_page(PAGE, network=NETWORK, classes="6", steps="5")
    method = next(each for each in at.selectbox if each.label == "Method")
    assert method.value == "published"
    method.set_value("modern").run()
    over(at)
    made = jobs(at)[f"{PAGE}.classes"][1].result()
    assert made.options == AscentOptions(
        **{name: getattr(MODERN, name) for name in AscentOptions.__dataclass_fields__}
        | {"steps": 5}
    )
    assert "basis='fourier'" in code_of(at, PAGE)
    jitter = next(each for each in at.number_input if each.label == "Jitter, pixels")
    jitter.set_value(2).run()
    assert next(each for each in at.selectbox if each.label == "Method").value == "own"


def test_the_code_runs_and_makes_the_same(capsys: pytest.CaptureFixture[str]):
    at = over(open_page(PAGE, network=NETWORK, classes="6", steps="3", jitter="1", start="photo"))
    found = jobs(at)[f"{PAGE}.classes"][1].result()
    scope: dict = {}
    exec(code_of(at, PAGE), scope)
    assert scope["found"].images_nchw.tobytes() == found.images_nchw.tobytes()
    assert "coffee" in capsys.readouterr().out


def test_everything_can_be_taken_home():
    at = over(open_page(PAGE, network=NETWORK, classes="6", steps="3"))
    labels = [each.proto.label for each in at.get("download_button")]
    assert labels[:3] == ["Picture, PNG", "Animation, GIF", "Animation, APNG"]
    assert len(labels) == 5


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"classes": "6,99"}, "There is no class number 99. Allowed: 0 to 19."),
        ({"view": "lambda", "class": "99"}, "There is no class number 99. Allowed: 0 to 19."),
        ({"view": "unit", "layer": "conv9"}, "There is no layer called 'conv9'"),
        ({"view": "unit", "layer": "conv2", "channel": "999"}, "'conv2' has no channel 999."),
        (
            {"view": "unit", "layer": "conv2", "channel": "1", "place": "at", "row": "77"},
            "The map has no row 77. Allowed: 0 to 15.",
        ),
        ({"view": "inversion", "layers": "conv1,nowhere"}, "There is no layer called 'nowhere'"),
    ],
)
def test_what_is_not_there_is_one_sentence(query: dict[str, str], said: str):
    at = open_page(PAGE, network=NETWORK, **query)
    assert said in texts(at)
    button(at, "Back to this page's defaults").click().run()
    assert not at.exception
    assert said not in texts(at)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"view": "films"}, "Allowed: classes, lambda, unit, inversion."),
        ({"classes": "coffee"}, "numbers with commas"),
        ({"lambdas": "0,-1"}, "numbers from 0 to 1e6"),
        ({"steps": "0"}, "a whole number from 1 to 5000"),
        ({"optimiser": "sgd"}, "Allowed: gradient, normalised, adam."),
    ],
)
def test_nonsense_in_the_address_is_named(query: dict[str, str], said: str):
    at = open_page(PAGE, network=NETWORK, **{"steps": "2", "classes": "6", **query})
    assert any(said in each.value for each in at.warning)


def test_random_weights_are_marked():
    at = over(open_page(PAGE, network=NETWORK, weights="random", classes="6", steps="2"))
    assert texts(at).count("Random weights, not trained") >= 2  # the answer and the caption


def test_the_unit_page_leads_here():
    at = open_page("unit", network=NETWORK, layer="conv2", channel="3", picture="coffee")
    link = next(each for each in at.get("page_link") if "excites unit 3" in each.proto.label)
    query = dict(each.split("=") for each in link.proto.query_string.split("&"))
    at = over(open_page(PAGE, **query, steps="2"), "unit")
    assert "channel <b>3</b> of <code>conv2</code>" in texts(at)
