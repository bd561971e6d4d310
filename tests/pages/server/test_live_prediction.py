"""Live prediction: images over a WebSocket, answered in order, whatever is sent."""

from __future__ import annotations

import base64
import json
import math
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from nn.data.preprocess.pipeline import Preprocessed, Problem, preprocess
from nn.data.synthetic import handwriting
from nn.data.synthetic.render_strokes import render
from nn.errors import UserError
from nn.models import pretrained
from nn.network import Network
from nn.runs.worker.loop import work
from pages.common.canvas_image import png
from pages.server import assets, drawing, live_prediction, networks, shared_store
from tests.browser.hand import pen_path

PRETRAINED = ["", 0]


@pytest.fixture
def trained(store, quick, monkeypatch):
    monkeypatch.setattr(shared_store, "store", lambda: store)
    run = store.create(quick)
    for _ in work(store, run.id):
        pass
    return run


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def canvas(digit: int) -> dict[str, str]:
    sheet = render(pen_path(digit)).convert("RGB").resize((drawing.SIDE, drawing.SIDE))
    return {"png": encoded(png(sheet))}


def ask(images: list, models: list, id: object = 1) -> dict:
    request = json.dumps({"id": id, "images": images, "models": models})
    return json.loads(live_prediction.respond(request))


def test_a_drawing_is_preprocessed_and_predicted_as_the_script_does() -> None:
    answer = ask([canvas(7)], [PRETRAINED], id=42)
    expected = preprocess(drawing.decode(canvas(7)["png"]))
    [image] = answer["images"]
    assert answer["id"] == 42 and answer["version"] == assets.VERSION
    assert image["problem"] is None
    assert base64.b64decode(image["input"]) == expected.image.tobytes()
    [prediction] = answer["models"][0]["predictions"]
    np.testing.assert_allclose(
        prediction["probabilities"], pretrained.predict(expected).probabilities, atol=1e-6
    )
    assert int(np.argmax(prediction["probabilities"])) == 7


def test_an_input_is_used_unchanged() -> None:
    written = handwriting.make(1, seed=3).images[0]
    answer = ask([{"input": encoded(written.tobytes())}], [PRETRAINED])
    assert base64.b64decode(answer["images"][0]["input"]) == written.tobytes()


def test_activations_of_all_layers_are_sent_on_request(trained) -> None:
    request = {"id": 1, "images": [canvas(3)], "models": [[trained.id, None]], "with_layers": True}
    [model] = json.loads(live_prediction.respond(json.dumps(request)))["models"]
    layers = model["layers"]
    assert [len(layer) for layer in layers] == list(trained.spec.sizes)
    np.testing.assert_allclose(layers[-1], model["predictions"][0]["probabilities"], atol=1e-5)


def test_the_newest_snapshot_of_the_pretrained_model_is_its_only_one() -> None:
    assert ask([canvas(3)], [["", None]])["models"] == ask([canvas(3)], [PRETRAINED])["models"]


def test_what_is_no_digit_gets_its_problem() -> None:
    blank = {"png": encoded(png(Image.new("RGB", (drawing.SIDE, drawing.SIDE), "white")))}
    answer = ask([blank, canvas(3)], [PRETRAINED])
    assert [image["problem"] for image in answer["images"]] == [Problem.BLANK, None]
    assert not any(answer["models"][0]["predictions"][0]["probabilities"])


def test_models_are_predicted_side_by_side_at_a_step_and_at_the_newest(trained, store) -> None:
    step = store.snapshot_steps(trained.id)[0]
    models = [PRETRAINED, [trained.id, step], [trained.id, None], ["nonesuch", None]]
    found = [ask([canvas(5)], [model])["models"][0] for model in models]
    probabilities = [each["predictions"][0]["probabilities"] for each in found[:3]]
    assert len({tuple(each) for each in probabilities}) == 3
    assert "nonesuch" in found[3]["error"]
    assert len(ask([canvas(5)], 3 * models)["models"]) == live_prediction.MAX_MODELS


def test_an_image_is_classified_once_for_all_who_look_at_the_same_snapshot(
    trained, store, monkeypatch
) -> None:
    classified = []

    def predict(image: Preprocessed, network: Network, rule: object) -> pretrained.Prediction:
        classified.append(network)
        return real(image, network, rule)

    real = pretrained.predict
    monkeypatch.setattr(pretrained, "predict", predict)
    model = [trained.id, store.snapshot_steps(trained.id)[0]]
    first = ask([canvas(5)], [model])
    assert ask([canvas(5)], [model]) == first and len(classified) == 1
    ask([canvas(4)], [model])
    ask([canvas(5)], [[trained.id, None]])
    assert len(classified) == 3
    monkeypatch.setattr(live_prediction, "MAX_CACHED", 1)
    assert ask([canvas(4)], [model])["models"] != first["models"]
    assert ask([canvas(5)], [model]) == first and len(classified) == 5


def test_the_newest_network_is_loaded_once_for_all_who_want_it(store, quick, monkeypatch) -> None:
    monkeypatch.setattr(shared_store, "store", lambda: store)
    run = store.create(quick)
    training = work(store, run.id)
    next(training)
    first = networks.newest_network(run.id)
    assert networks.newest_network(run.id) is first
    for _ in training:
        pass
    last = networks.newest_network(run.id)
    assert (last.parameters == store.newest_snapshot(run.id).parameters).all()
    assert (last.parameters != first.parameters).any()
    store.delete(run.id)
    with pytest.raises(UserError, match=run.id):
        networks.newest_network(run.id)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "images", "models", "png", "input"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    )
)
def test_any_request_gets_an_answer(request) -> None:
    answer = json.loads(live_prediction.respond(json.dumps(request)))
    assert answer.get("error") or "models" in answer


@pytest.mark.parametrize("text", ["", "[", "7", '{"id": 1}', "[" * 100_000])
def test_what_is_no_request_gets_a_sentence(text) -> None:
    assert "Reload" in json.loads(live_prediction.respond(text))["error"]


@pytest.mark.parametrize("step", [math.inf, math.nan, 2**70, -1, "x", []])
def test_a_step_that_no_run_has_gets_a_sentence(trained, step) -> None:
    for run in ("", trained.id):
        [model] = ask([canvas(1)], [[run, step]])["models"]
        assert model.get("error") or not run  # the pretrained model has no steps


def test_a_broken_image_gets_a_sentence_with_its_id() -> None:
    answer = ask([{"png": "AAAA"}], [PRETRAINED], id=9)
    assert answer["id"] == 9 and "drawing" in answer["error"]


@pytest.fixture
def port() -> Iterator[int]:
    config = uvicorn.Config(
        Starlette(routes=[live_prediction.route]), host="localhost", port=0, log_level="error"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def client(port: int) -> ClientConnection:
    return connect(f"ws://localhost:{port}/predict", max_size=None)


def test_a_socket_answers_every_request_in_order(port) -> None:
    with client(port) as socket:
        for id in range(5):
            socket.send(json.dumps({"id": id, "images": [canvas(id)], "models": [PRETRAINED]}))
        assert [json.loads(socket.recv())["id"] for _ in range(5)] == [0, 1, 2, 3, 4]


def test_too_long_a_request_ends_the_connection(port) -> None:
    with client(port) as socket, pytest.raises(ConnectionClosed):
        socket.send(" " * (live_prediction.MAX_REQUEST + 1))
        socket.recv()


def test_there_is_a_limit_to_connections(port, monkeypatch) -> None:
    monkeypatch.setattr(live_prediction, "MAX_SOCKETS", 1)
    with client(port) as first:
        first.send(json.dumps({"id": 1, "images": [], "models": []}))
        first.recv()
        with client(port) as second, pytest.raises(ConnectionClosed):
            second.recv()
    with client(port) as third:
        third.send("{}")
        assert "error" in json.loads(third.recv())
