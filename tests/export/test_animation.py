"""Each frame of an animation shows the weights of its snapshot."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nn.analysis.neurons.weight_tiles import weight_tiles
from nn.errors import UserError
from nn.export import animation, network_diagram


def pixels(image, number):
    image.seek(number)
    return np.asarray(image.convert("RGB")).astype(int)


def color(weight):
    """The color of a weight from −1 to 1, computed independently: red, background, blue."""
    end = np.array(animation.POSITIVE if weight > 0 else animation.NEGATIVE)
    background = np.array(animation.NEUTRAL)
    return background + (end - background) * abs(weight) ** 0.8


@pytest.mark.parametrize("kind", ["gif", "webp"])
@pytest.mark.parametrize("neuron", [None, 0, 5])
def test_first_and_last_frame_show_the_first_and_last_weights(recorded, tmp_path, neuron, kind):
    store, run = recorded
    steps = store.snapshot_steps(run.id)
    animation.write_weight_wall(store, run.id, steps, tmp_path / f"a.{kind}", neuron, iter)
    with Image.open(tmp_path / f"a.{kind}") as moving:
        assert moving.format == kind.upper()
        count = moving.n_frames
        assert moving.info["loop"] == 0
        assert count <= min(len(steps), animation.MAX_FRAMES)
        for number, step in ((0, steps[0]), (count - 1, steps[-1])):
            shown = pixels(moving, number)
            weights = weight_tiles(store.snapshot(run.id, step).parameters, run.spec.sizes)[1] / 127
            across, scale = (4, animation.WIDTH // 120) if neuron is None else (1, 10)
            for n in range(6) if neuron is None else [neuron]:
                position = 0 if neuron is not None else n
                corner = [animation.MARGIN + 30 * scale * at for at in divmod(position, across)]
                for pixel in (0, 400, int(np.abs(weights[n]).argmax())):
                    y, x = (c + scale * at for c, at in zip(corner, divmod(pixel, 28), strict=True))
                    # Shades are rounded to steps of 8 in 127.
                    np.testing.assert_allclose(shown[y, x], color(weights[n, pixel]), atol=18)


def test_a_caption_tells_the_images_seen(recorded, tmp_path):
    store, run = recorded
    steps = store.snapshot_steps(run.id)
    animation.write_weight_wall(store, run.id, steps, tmp_path / "a.gif", 0, iter)
    with Image.open(tmp_path / "a.gif") as moving:
        lines = [pixels(moving, n)[-animation.CAPTION_HEIGHT :] for n in (0, moving.n_frames - 1)]
    assert all(line.min() < 60 for line in lines) and (lines[0] != lines[1]).any()


@pytest.mark.parametrize("hidden", [(), (1,), (1000,)])
def test_the_weight_wall_of_any_first_layer_fits_a_screen(record, tmp_path, hidden):
    store, run = record(*hidden)
    animation.write_weight_wall(store, run.id, [0], tmp_path / "a.gif", None, iter)
    with Image.open(tmp_path / "a.gif") as image:
        assert 200 < image.width < 1500 and image.height < 1500


@pytest.mark.parametrize("width", [300, 1500])
def test_width_and_number_of_frames_follow_the_arguments(recorded, tmp_path, width):
    store, run = recorded
    steps = store.snapshot_steps(run.id)
    animation.write_weight_wall(
        store, run.id, steps, tmp_path / "a.webp", None, iter, max_frames=3, width=width
    )
    with Image.open(tmp_path / "a.webp") as moving:
        assert moving.n_frames == 3
        assert 0.7 * width < moving.width < 1.1 * width


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_a_canceled_export_leaves_no_file(recorded, tmp_path, kind):
    def progress(steps):
        yield from steps[:2]
        raise KeyboardInterrupt

    store, run = recorded
    steps, path = store.snapshot_steps(run.id), tmp_path / f"a.{kind}"
    with pytest.raises(KeyboardInterrupt):
        animation.write_weight_wall(store, run.id, steps, path, None, progress)
    with pytest.raises(KeyboardInterrupt):
        animation.write_network_diagram(store, run.id, steps, path, progress)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_the_diagram_shows_the_first_and_the_last_snapshot(recorded, tmp_path, kind):
    store, run = recorded
    steps, path = store.snapshot_steps(run.id), tmp_path / f"a.{kind}"
    animation.write_network_diagram(store, run.id, steps, path, iter, max_frames=3, width=300)
    with Image.open(path) as moving:
        assert (moving.format, moving.n_frames, moving.width) == (kind.upper(), 3, 300)
        for number, step in ((0, steps[0]), (2, steps[-1])):
            shown = pixels(moving, number)
            weights = (
                network_diagram.shades(store.snapshot(run.id, step).parameters, run.spec.sizes, 300)
                / 127
            )
            between = np.abs(weights[:, 90:170])  # right of the input outline and left of all nodes
            y, x = np.unravel_index(between.argmax(), between.shape)
            np.testing.assert_allclose(shown[0, 0], animation.NEUTRAL, atol=2)
            np.testing.assert_allclose(shown[y, x + 90], color(weights[y, x + 90]), atol=18)


@pytest.mark.parametrize("hidden", [(), (1,), (1000,), (6, 1, 5, 4, 3)])
def test_the_diagram_of_any_network_is_drawn(record, tmp_path, hidden):
    store, run = record(*hidden)
    animation.write_network_diagram(store, run.id, [0], tmp_path / "a.gif", iter)
    with Image.open(tmp_path / "a.gif") as image:
        assert image.width == animation.WIDTH and image.height < animation.WIDTH


def test_a_neuron_that_does_not_exist_raises_a_user_error(recorded, tmp_path):
    store, run = recorded
    with pytest.raises(UserError, match="0 to 5; got 6"):
        animation.write_weight_wall(store, run.id, [0], tmp_path / "a.gif", 6, iter)


def test_an_image_of_the_weight_wall_shows_what_the_animation_ends_with(recorded, tmp_path):
    store, run = recorded
    animation.write_image(store, run.id, run.step, tmp_path / "a.png")
    animation.write_weight_wall(store, run.id, [run.step], tmp_path / "a.gif", None, iter)
    with Image.open(tmp_path / "a.png") as image, Image.open(tmp_path / "a.gif") as moving:
        assert image.format == "PNG"
        assert (pixels(image, 0) == pixels(moving, 0)).all()
